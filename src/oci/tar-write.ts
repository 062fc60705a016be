import { AttestdError } from '../support/foundation/errors.js';
import { compareText } from '../support/go/json.js';
import type { ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import { hasher, parseDigest } from './digest.js';
import { tarEnd as end, tarPadding as padding, tarHead } from './tar-head.js';

/** A file of an archive to write: bytes, or a blob, or neither for a folder. */
export interface TarRecord {
  readonly name: string;
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  readonly bytes?: Buffer;
  readonly descriptor?: Descriptor;
}

const fault = (message: string): AttestdError => new AttestdError('CORRUPT', message);

/**
 * Write a ustar archive, its files sorted by name, each name once, times and owners zero, so that equal images make equal
 * archives.
 *
 * @throws AttestdError CORRUPT while iterating, with the daemon's text, when a blob is not of its descriptor's size or
 *   digest; NOT_FOUND when it is gone
 */
export async function* writeTar(content: ContentStore, records: readonly TarRecord[]): AsyncGenerator<Buffer> {
  let last: string | undefined;
  for (const record of [...records].sort((a, b) => compareText(a.name, b.name))) {
    if (record.name === last) continue;
    last = record.name;
    yield header(record);
    if (record.bytes !== undefined) yield record.bytes;
    if (record.descriptor !== undefined) yield* blob(content, record.descriptor, record.name);
    yield padding(record.size);
  }
  yield end;
}

/** A ustar archive of files whose bytes are at hand, as `writeTar` writes it. */
export function tarOf(files: readonly (TarRecord & { readonly bytes: Buffer })[]): Buffer {
  const pieces = [...files]
    .sort((a, b) => compareText(a.name, b.name))
    .flatMap((file) => [header(file), file.bytes, padding(file.size)]);
  return Buffer.concat([...pieces, end]);
}

async function* blob(content: ContentStore, { digest, size }: Descriptor, name: string): AsyncGenerator<Buffer> {
  const { algorithm } = parseDigest(digest);
  const hash = hasher(algorithm);
  let left = size;
  for await (const chunk of await open(content, digest)) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    if (bytes.length > left) {
      // What fits is there, and the archive ends as if it were whole; only then comes the error.
      yield bytes.subarray(0, Math.max(left, 0));
      yield padding(size);
      yield end;
      throw fault('failed to copy to tar: archive/tar: write too long');
    }
    left -= bytes.length;
    yield bytes;
  }
  const calculated = `${algorithm}:${hash.digest('hex')}`;
  const wrong = calculated === digest ? undefined : `unexpected digest ${calculated} copied`;
  if (left === 0 && wrong !== undefined) {
    yield padding(size);
    yield end;
  }
  if (wrong !== undefined) throw fault(wrong);
  if (left !== 0) throw fault(`unexpected copy size for ${name}`);
}

async function open(content: ContentStore, digest: string): Promise<AsyncIterable<unknown>> {
  try {
    return await content.stream(digest);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `failed to copy to tar: ${error.message}`, { cause: error });
  }
}

const header = ({ name, mode, size }: TarRecord): Buffer =>
  tarHead({ name, mode, size: Math.max(size, 0), flag: name.endsWith('/') ? '5' : '0', uid: 0, gid: 0, mtime: 0 });
