import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { decompress, peekCompression } from '../../oci/compression.js';
import type { ContentStore } from '../../oci/content-store.js';
import { untilTarEnd } from '../../oci/tar-end.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { onDisk } from '../../support/sandbox/fs/node.js';
import { tarStream } from '../tar-stream.js';

/** Properties of an unpacked layer. */
export interface UnpackedLayer {
  /** Digest of the uncompressed archive. */
  readonly diffId: string;
  /** Bytes on a disk with blocks of 4 KiB. */
  readonly size: number;
}

/**
 * Reads a whole layer: hashes its archive and sums up the disk usage of its files.
 *
 * @param digest the layer's blob, compressed or not
 * @param isHashed whether the blob's hash was just verified. The digest of an uncompressed blob is then used unchanged.
 * @throws NOT_FOUND if the blob is missing; INVALID_ARCHIVE if it cannot be read
 */
export async function unpackLayer(content: ContentStore, digest: string, isHashed = false): Promise<UnpackedLayer> {
  const { compression, stream } = await peekCompression(await content.stream(digest));
  const isPlain = compression === 'none';
  const source = isPlain ? stream : await decompress(stream);
  if (isPlain && isHashed && digest.startsWith('sha256:')) return { diffId: digest, size: await measure(source) };
  const hash = createHash('sha256');
  const size = await measure(Readable.from(tee(source, hash), { objectMode: false }));
  return { diffId: `sha256:${hash.digest('hex')}`, size };
}

/** Reads a whole archive and sums up the disk usage of its files. */
async function measure(archive: Readable): Promise<number> {
  const extract = tarStream().extract();
  let size = 0;
  try {
    Readable.from(untilTarEnd(archive), { objectMode: false })
      .on('error', (error) => extract.destroy(error))
      .pipe(extract);
    for await (const entry of extract) {
      if (entry.header.type === 'file') size += onDisk(entry.header.size ?? 0);
      entry.resume();
    }
  } catch (error) {
    throw error instanceof AttestdError
      ? error
      : new AttestdError('INVALID_ARCHIVE', (error as Error).message, { cause: error });
  } finally {
    archive.destroy();
  }
  return size;
}

async function* tee(source: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}
