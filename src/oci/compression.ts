import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AttestdError } from '../support/foundation/errors.js';
import { ByteReader } from './bytes.js';
import { unpackBy } from './unpack-program.js';
import { unzstd } from './zstd.js';

/** How a stream is compressed. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

const magics: readonly [Compression, Buffer][] = [
  ['gzip', Buffer.from([0x1f, 0x8b, 0x08])],
  ['bzip2', Buffer.from('BZh')],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
];

/** Bytes that are decompressed at a time: each time is a trip to another thread. */
const plainChunk = 256 << 10;

/** Bytes that `detectCompression` needs. */
export const magicLength = 10;

/** The compression of what begins with these bytes. */
export function detectCompression(head: Buffer): Compression {
  const found = magics.find(([, magic]) => head.subarray(0, magic.length).equals(magic));
  if (found !== undefined) return found[0];
  // A zstd stream may begin with frames that are to be skipped.
  const skippable = head.length >= 8 && (head.readUInt32LE() & 0xfffffff0) >>> 0 === 0x184d2a50;
  return skippable ? 'zstd' : 'none';
}

/** A stream whose first bytes were looked at. */
export interface Peeked {
  readonly compression: Compression;
  /** The whole stream, those bytes included. */
  readonly stream: Readable;
}

/** Find out how a stream is compressed without consuming it. */
export async function peekCompression(source: AsyncIterable<Buffer>): Promise<Peeked> {
  const reader = new ByteReader(source);
  const compression = detectCompression(await reader.peek(magicLength));
  return { compression, stream: Readable.from(reader.remaining(), { objectMode: false }) };
}

/**
 * A stream without its compression, whatever that is. bzip2 and xz need the programs of these names, as dockerd does for
 * xz, and so does zstd with a window above 8 MiB.
 *
 * @param limit bytes that may come out at most
 * @returns a stream that ends with INVALID_ARCHIVE when the archive is broken or too long, NOT_IMPLEMENTED when the program is not
 *   there
 */
export async function decompress(source: AsyncIterable<Buffer>, limit = unpackLimit()): Promise<Readable> {
  const { compression, stream } = await peekCompression(source);
  if (compression === 'none') return stream;
  const plain =
    compression === 'gzip'
      ? gunzip(stream)
      : compression === 'zstd'
        ? unzstd(stream, () => isGone(source))
        : unpackBy(compression, stream);
  return Readable.from(atMost(plain, limit), { objectMode: false });
}

/** Whether a stream was given up before its end, as a request's body is when its client leaves. */
const isGone = (source: AsyncIterable<Buffer>): boolean =>
  source instanceof Readable && source.destroyed && !source.readableEnded;

/** Bytes that may come out of a compressed stream, unless ATTESTD_UNPACK_LIMIT says otherwise. */
const usualLimit = 2 ** 31;

function unpackLimit(): number {
  const given = Number(process.env.ATTESTD_UNPACK_LIMIT);
  return Number.isSafeInteger(given) && given > 0 ? given : usualLimit;
}

/** The stream, ended with an error where it is longer than that. */
async function* atMost(source: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > limit)
      throw new AttestdError('INVALID_ARCHIVE', `more than ${limit} bytes come out of it (ATTESTD_UNPACK_LIMIT)`);
    yield chunk;
  }
}

async function* gunzip(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const plain = createGunzip({ chunkSize: plainChunk });
  // The error comes out of the loop below as well.
  pipeline(Readable.from(input, { objectMode: false }), plain, () => undefined);
  try {
    for await (const chunk of plain) yield chunk as Buffer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('Z_')) throw error;
    const message = code === 'Z_BUF_ERROR' ? 'unexpected EOF' : `gzip: ${(error as Error).message}`;
    throw new AttestdError('INVALID_ARCHIVE', message, { cause: error });
  }
}
