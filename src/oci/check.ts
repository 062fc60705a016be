import type { Descriptor } from './descriptor.js';
import { hasher, parseDigest } from './digest.js';
import { withReferrers } from './labelled-referrers.js';
import type { ImageStore } from './store.js';
import { walk } from './walk.js';

/** A blob, as a check reports it. */
export interface CheckedBlob {
  readonly digest: string;
  /** Bytes on disk. */
  readonly size: number;
}

/** What a check found. */
export interface StoreReport {
  readonly images: number;
  readonly blobs: number;
  /** Bytes of all blobs. */
  readonly bytes: number;
  /** Blobs that are not what their digest says. */
  readonly broken: readonly CheckedBlob[];
  /** Digests that images lead to and that are not there, as of platforms that were not loaded. */
  readonly absent: readonly string[];
  /** Names of images whose own manifest or index is absent or broken. */
  readonly unusable: readonly string[];
  /** Blobs that no image leads to. */
  readonly orphans: readonly CheckedBlob[];
  /** Whether the broken blobs were deleted, so that loading or pulling their images brings them again. */
  readonly repaired: boolean;
}

/**
 * Check a store: hash every blob, and follow every name.
 *
 * @param store nobody else writes to it
 * @param repair delete broken blobs; names stay, and work again when their images are loaded again
 * @throws INTERNAL or a system error when the store cannot be read
 */
export async function checkStore(store: ImageStore, repair = false): Promise<StoreReport> {
  const present = new Map<string, number>();
  const broken = new Map<string, number>();
  for await (const { digest, size } of store.content.list()) {
    present.set(digest, size);
    if (!(await isSound(store, digest))) broken.set(digest, size);
  }
  const reached = await reachedDigests(store);
  const unusable = store
    .list()
    .filter(({ target }) => !present.has(target.digest) || broken.has(target.digest))
    .map(({ name }) => name);
  if (repair) for (const digest of broken.keys()) await store.content.delete(digest);
  const orphans = [...present].filter(([digest]) => !reached.has(digest) && !broken.has(digest));
  return {
    images: store.list().length,
    blobs: present.size,
    bytes: [...present.values()].reduce((sum, size) => sum + size, 0),
    broken: [...broken].map(toBlob),
    absent: [...reached].filter((digest) => !present.has(digest)).sort(),
    unusable,
    orphans: orphans.map(toBlob),
    repaired: repair && broken.size > 0,
  };
}

const toBlob = ([digest, size]: readonly [string, number]): CheckedBlob => ({ digest, size });

async function isSound({ content }: ImageStore, digest: string): Promise<boolean> {
  const { algorithm, encoded } = parseDigest(digest);
  const hash = hasher(algorithm);
  for await (const chunk of await content.stream(digest)) hash.update(chunk as Buffer);
  return hash.digest('hex') === encoded;
}

/** Everything that names lead to, those that refer to it included; what cannot be read leads nowhere. */
async function reachedDigests(store: ImageStore): Promise<ReadonlySet<string>> {
  const reached = new Set<string>();
  const visit = async (descriptor: Descriptor): Promise<readonly Descriptor[]> => {
    reached.add(descriptor.digest);
    return (await store.manifests.children(descriptor).catch(() => undefined)) ?? [];
  };
  const roots = store.list().map(({ target }) => target);
  await walk(roots, withReferrers(visit, store.content), { once: true });
  return reached;
}
