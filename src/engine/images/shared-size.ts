import type { Context } from '../context.js';
import type { ImageSummary } from './summary.js';

/** Bytes of each image that it shares with another of them: layers that are unpacked, and blobs, each counted once. */
export function sharedSizes(context: Context, summaries: readonly ImageSummary[]): readonly number[] {
  const chains = new Map<string, number>();
  const blobs = new Map<string, number>();
  for (const summary of summaries) {
    for (const id of summary.chains) chains.set(id, (chains.get(id) ?? 0) + 1);
    for (const digest of new Set(summary.content.map((descriptor) => descriptor.digest))) {
      blobs.set(digest, (blobs.get(digest) ?? 0) + 1);
    }
  }
  return summaries.map((summary) => {
    let size = 0;
    for (const id of summary.chains) if ((chains.get(id) ?? 0) > 1) size += context.snapshots.usage(id) ?? 0;
    const seen = new Set<string>();
    for (const { digest, size: bytes } of summary.content) {
      if ((blobs.get(digest) ?? 0) < 2 || seen.has(digest)) continue;
      seen.add(digest);
      size += bytes;
    }
    return size;
  });
}
