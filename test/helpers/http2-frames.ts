/** Frames of HTTP/2 as bytes, for what no client library would send. */

/** What a client's connection begins with (RFC 9113, section 3.4). */
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Types of frames (RFC 9113, section 6). */
export const frames = { headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, continuation: 9 } as const;

/** A frame (RFC 9113, section 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
