import type { StreamName } from '../logs/log.js';

/** Which stream a frame belongs to, by its first byte. */
const numbers: Readonly<Record<StreamName, number>> = { stdout: 1, stderr: 2 };
const headerLength = 8;

/**
 * A piece of a multiplexed stream (docs/reference/behavior/streams.md#streams): the stream's number, three zeros, the length in four bytes,
 * the most significant first, and the bytes.
 */
export function frame(stream: StreamName, bytes: Uint8Array): Buffer {
  const buffer = Buffer.allocUnsafe(headerLength + bytes.length);
  buffer.writeUInt32BE(numbers[stream] * 0x1000000, 0);
  buffer.writeUInt32BE(bytes.length, 4);
  buffer.set(bytes, headerLength);
  return buffer;
}
