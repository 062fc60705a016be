import { createHash, randomBytes } from 'node:crypto';
import { same } from '../expect.js';
import type { Dock } from './dock.js';
import type { Stream } from './stream.js';

/** Value that a server's key is hashed with (RFC 6455, section 1.3). */
const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A frame of a client, masked as clients have to (RFC 6455, section 5.2). */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const head = Buffer.from([0x80 | opcode, 0x80 | payload.length]);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
}

/** Payloads of the whole frames that a server sent, with their opcodes. */
export function serverFrames(bytes: Buffer): { readonly opcode: number; readonly payload: Buffer }[] {
  const frames: { opcode: number; payload: Buffer }[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const opcode = (bytes[at] ?? 0) & 0x0f;
    let length = (bytes[at + 1] ?? 0) & 0x7f;
    at += 2;
    if (length === 126 && at + 2 <= bytes.length) {
      length = bytes.readUInt16BE(at);
      at += 2;
    } else if (length >= 126) break;
    if (at + length > bytes.length) break;
    frames.push({ opcode, payload: bytes.subarray(at, at + length) });
    at += length;
  }
  return frames;
}

/** Text of the data frames so far. */
export function messages(bytes: Buffer): string {
  const data = serverFrames(bytes).filter(({ opcode }) => opcode <= 2);
  return Buffer.concat(data.map(({ payload }) => payload)).toString('utf8');
}

/** Headers of a client's handshake, but for its key. */
export const handshake = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  Origin: 'http://localhost',
  'Sec-WebSocket-Version': '13',
} as const;

/**
 * Opens a WebSocket.
 * @throws Unmet if the handshake's answer is wrong
 */
export async function openWebSocket(d: Dock, path: string, query: Readonly<Record<string, string>>): Promise<Stream> {
  const key = randomBytes(16).toString('base64');
  const headers = { ...handshake, 'Sec-WebSocket-Key': key };
  const stream = await d.hijack(path, { method: 'GET', query, headers, upgrade: false });
  stream.is(101);
  const accepted = createHash('sha1').update(`${key}${magic}`).digest('base64');
  same(stream.header('Sec-WebSocket-Accept'), accepted, 'Sec-WebSocket-Accept');
  return stream;
}
