import type { Readable } from 'node:stream';
import { refuse } from './status.js';

/** Data bytes of a message of Read, as observed. */
export const messageSize = 1024 * 1024;

function varint(value: number, into: number[]): void {
  let rest = value;
  while (rest >= 0x80) {
    into.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  into.push(rest);
}

/**
 * What stands before the data in a ReadContentResponse. The generated encoder would copy the data; this leaves it where
 * it is.
 */
function responseHead(offset: number, length: number): Uint8Array {
  const head: number[] = [];
  if (offset > 0) {
    head.push(0x08);
    varint(offset, head);
  }
  head.push(0x12);
  varint(length, head);
  return Uint8Array.from(head);
}

/**
 * A blob as the messages of a Read: 1 MiB of data each, offsets counted from the first byte that was asked for. One
 * message is held at a time.
 *
 * @param source the bytes
 * @param size how many there must be
 * @throws GrpcStatusError Unknown when the bytes end early
 */
export async function* readResponses(source: Readable, size: number): AsyncGenerator<readonly Uint8Array[]> {
  let offset = 0;
  let parts: Buffer[] = [];
  let held = 0;
  for await (const chunk of source) {
    let rest = chunk as Buffer;
    while (rest.length > 0) {
      const wanted = Math.min(messageSize, size - offset);
      const piece = rest.subarray(0, wanted - held);
      rest = rest.subarray(piece.length);
      parts.push(piece);
      held += piece.length;
      if (held < wanted) continue;
      yield [responseHead(offset, held), ...parts];
      offset += held;
      parts = [];
      held = 0;
      if (offset >= size) return;
    }
  }
  if (offset < size) throw refuse('Unknown', 'unexpected EOF');
}
