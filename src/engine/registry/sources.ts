import type { NamedReference } from '../../oci/reference.js';
import { countedCache } from '../counted-cache.js';
import { maxBlobSources } from '../limits.js';

/**
 * Which repositories have which blobs, as far as pulls and pushes have shown; a push then mounts a blob from one of them
 * instead of sending it. containerd keeps the same as labels, by host without its port.
 */
export class Sources {
  private readonly repositories = countedCache<ReadonlySet<string>>(maxBlobSources);

  /** Remember that a repository has a blob. */
  add(digest: string, { domain, path }: NamedReference): void {
    const key = keyOf(domain, digest);
    this.repositories.set(key, new Set([...(this.repositories.get(key) ?? []), path]));
  }

  /**
   * Returns the repository of the same registry that has a blob and shares the longest path prefix with the target. Of
   * equal ones, returns the last by name.
   *
   * @param digests the blob and its parents, whose repositories have the blob as well
   */
  candidate(digests: readonly string[], { domain, path }: NamedReference): string | undefined {
    for (const digest of digests) {
      const known = [...(this.repositories.get(keyOf(domain, digest)) ?? [])].filter((other) => other !== path).sort();
      let best: string | undefined;
      for (const other of known) if (best === undefined || common(other, path) >= common(best, path)) best = other;
      if (best !== undefined) return best;
    }
    return undefined;
  }
}

const keyOf = (domain: string, digest: string): string => `${domain.replace(/:\d+$/, '')} ${digest}`;

function common(a: string, b: string): number {
  const [first, second] = [a.split('/'), b.split('/')];
  let i = 0;
  while (i < first.length && i < second.length && first[i] === second[i]) i++;
  return i;
}
