import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AttestdError } from '../errors.js';

/** How an archive is compressed. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** Bytes that tell a compression. */
const headLength = 10;

/** How bytes that begin like this are compressed. */
export function detectCompression(head: Uint8Array): Compression {
  return magics.find(([, magic]) => magic.every((byte, i) => head[i] === byte))?.[0] ?? 'none';
}

/** A stream whose first bytes were looked at. */
export interface Peeked {
  readonly compression: Compression;
  /** The whole stream, those bytes included. */
  readonly stream: Readable;
}

/** Find out how a stream is compressed without consuming it. */
export async function peekCompression(source: Readable): Promise<Peeked> {
  const pieces: Buffer[] = [];
  let length = 0;
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  while (length < headLength) {
    const next = await iterator.next();
    if (next.done === true) break;
    pieces.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(pieces);
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { compression: detectCompression(head), stream: Readable.from(all(), { objectMode: false }) };
}

/**
 * A stream without its compression, gzip or zstd; anything else comes through as it is.
 *
 * @throws INVALID_ARCHIVE for bzip2 and xz; a broken archive is an error of the returned stream
 */
export async function decompress(source: Readable): Promise<Readable> {
  const { compression, stream } = await peekCompression(source);
  if (compression === 'none') return stream;
  if (compression === 'zstd') return Readable.from(inflateZstd(stream), { objectMode: false });
  if (compression === 'gzip') {
    const gunzip = createGunzip();
    stream.on('error', (error) => gunzip.destroy(error));
    gunzip.on('close', () => stream.destroy());
    return stream.pipe(gunzip);
  }
  stream.destroy();
  throw new AttestdError('INVALID_ARCHIVE', `${compression} compression is not supported`);
}

async function* inflateZstd(source: Readable): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  let ready: Uint8Array[] = [];
  const inflater = new Decompress((piece) => ready.push(piece));
  const take = (): Uint8Array[] => {
    const taken = ready;
    ready = [];
    return taken;
  };
  for await (const piece of source as AsyncIterable<Buffer>) {
    inflater.push(piece);
    yield* take();
  }
  inflater.push(new Uint8Array(0), true);
  yield* take();
}
