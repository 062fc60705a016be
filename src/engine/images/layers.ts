import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AttestdError } from '../../errors.js';
import { decompress } from '../../oci/compression.js';
import type { ContentStore } from '../../oci/content-store.js';
import { tarStream } from '../tar-stream.js';

/** What a layer is once it is unpacked. */
export interface UnpackedLayer {
  /** Digest of the uncompressed archive. */
  readonly diffId: string;
  /** Bytes on a disk with blocks of 4 KiB. */
  readonly size: number;
}

const block = 4096;

/**
 * Read a layer to its end: hash what is in it, and add up what its files take on disk.
 *
 * @param digest the layer's blob, compressed or not
 * @throws NOT_FOUND when the blob is not there; INVALID_ARCHIVE when it cannot be read
 */
export async function unpackLayer(content: ContentStore, digest: string): Promise<UnpackedLayer> {
  const source = await decompress(await content.stream(digest));
  const hash = createHash('sha256');
  const extract = tarStream().extract();
  const hashed = Readable.from(tee(source, hash), { objectMode: false });
  let size = 0;
  try {
    hashed.on('error', (error) => extract.destroy(error)).pipe(extract);
    for await (const entry of extract) {
      if (entry.header.type === 'file') size += Math.ceil((entry.header.size ?? 0) / block) * block;
      entry.resume();
    }
    // The archive may end before the stream does; the hash is over all of it.
    for await (const _ of hashed);
  } catch (error) {
    throw error instanceof AttestdError
      ? error
      : new AttestdError('INVALID_ARCHIVE', (error as Error).message, { cause: error });
  } finally {
    hashed.destroy();
  }
  return { diffId: `sha256:${hash.digest('hex')}`, size };
}

async function* tee(source: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    hash.update(piece);
    yield piece;
  }
}
