import type { Descriptor } from './descriptor.js';
import { parseDigest } from './digest.js';
import type { TarRecord } from './tar-write.js';

/** The path of a blob in a layout. */
export function blobPath(digest: string): string {
  const { algorithm, encoded } = parseDigest(digest);
  return `blobs/${algorithm}/${encoded}`;
}

/** A blob as a file of an archive. */
export const blobRecord = (descriptor: Descriptor): TarRecord => ({
  name: blobPath(descriptor.digest),
  mode: 0o444,
  size: descriptor.size,
  descriptor,
});
