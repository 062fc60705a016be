import { DigestCounter } from '../../oci/digest-counter.js';
import type { Context } from '../context.js';
import type { ImageFacts, Pass } from './facts.js';
import type { Listed } from './list.js';

/** How much images share. */
export interface SharedSizes {
  /** Bytes that an image shares with another of them: layers that are unpacked, and blobs, each counted once. */
  sizeOf(facts: ImageFacts): number;
}

/** Count what images have in common. @param pass of the list that they are in */
export async function sharedSizes(context: Context, listed: readonly Listed[], pass: Pass): Promise<SharedSizes> {
  const chains = new DigestCounter();
  const blobs = new DigestCounter();
  for (const one of listed) {
    const facts = one.facts ?? (await pass.of(one.image.target));
    for (const { chains: ids = [] } of facts.manifests) for (const id of ids) chains.add(id);
    for (const digest of contentOf(facts).keys()) blobs.add(digest);
  }
  const sizeOf = (facts: ImageFacts): number => {
    let size = 0;
    for (const { chains: ids = [] } of facts.manifests)
      for (const id of ids) if (chains.count(id) > 1) size += context.snapshots.usage(id) ?? 0;
    for (const [digest, bytes] of contentOf(facts)) if (blobs.count(digest) > 1) size += bytes;
    return size;
  };
  return { sizeOf };
}

/** Sizes of the blobs of an image's manifests, the first that is given of each. */
function contentOf({ manifests }: ImageFacts): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { content } of manifests)
    for (const { digest, size } of content) if (!found.has(digest)) found.set(digest, size);
  return found;
}
