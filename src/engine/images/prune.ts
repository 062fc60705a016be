import type { Descriptor } from '../../oci/descriptor.js';
import { isDangling } from '../../oci/index-file.js';
import { withReferrers } from '../../oci/labelled-referrers.js';
import { isConfigType, isIndexType, isManifestType } from '../../oci/media-types.js';
import type { ImageRecord } from '../../oci/store.js';
import { present, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { ImageDeleteResponseItem } from '../../support/foundation/types.js';
import { usedImages } from '../containers/create/users.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, flagOf } from '../filters.js';
import type { AnswerOf, Wire } from '../wire.js';
import { logNameEvent } from './events.js';
import { imageFilter } from './list-filters.js';
import { familiarNameOf, takeName } from './names.js';
import { deleteOrigin } from './remove.js';
import { chainIds } from './snapshots.js';

const knownFilters = ['dangling', 'label', 'label!', 'until'];

const running = new WeakSet<Context>();

/**
 * `POST /images/prune` (docs/reference/behavior/images.md#pruning-images): deletes dangling images or, with
 * `dangling=false`, all unused ones.
 *
 * @throws INVALID_ARGUMENT for a bad filter; CONFLICT during another prune
 */
export async function pruneImages(context: Context, filters: Filters): Promise<AnswerOf<'ImagePrune'>> {
  if (running.has(context)) throw new AttestdError('CONFLICT', 'a prune operation is already running');
  running.add(context);
  try {
    checkKeys(filters, knownFilters);
    const danglingOnly = flagOf(filters, 'dangling', true);
    const others = new Map([...filters].filter(([key]) => key !== 'dangling'));
    const passes = await imageFilter(context, others);
    const chosen: ImageRecord[] = [];
    for (const image of context.store.list())
      if ((!danglingOnly || isDangling(image)) && (await passes(image))) chosen.push(image);
    return await removeChosen(context, withoutUsed(context, chosen));
  } finally {
    running.delete(context);
  }
}

/**
 * Images without those that containers hold on to. Of several names for one that they know by its digest, the last one
 * stays, in the order of the names.
 */
function withoutUsed(context: Context, chosen: readonly ImageRecord[]): readonly ImageRecord[] {
  const used = usedImages(context);
  const names = new Map<string, number>();
  for (const { target } of context.store.list()) names.set(target.digest, (names.get(target.digest) ?? 0) + 1);
  const usedDigests = new Set<string>();
  const free = chosen.filter(({ name }) => !used.names.has(name));
  for (const { name, target } of [...free].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
    const remaining = names.get(target.digest) ?? 0;
    if (remaining > 1) names.set(target.digest, remaining - 1);
    else if (used.digests.has(target.digest)) usedDigests.add(name);
  }
  return free.filter(({ name }) => !usedDigests.has(name));
}

async function removeChosen(context: Context, chosen: readonly ImageRecord[]): Promise<AnswerOf<'ImagePrune'>> {
  const { store, snapshots } = context;
  const contents = new Map<ImageRecord, ImageContent>();
  const holders = new Map<string, number>();
  // References are counted only if an image is deleted.
  for (const image of chosen.length === 0 ? [] : store.list()) {
    const content = await contentOf(context, image);
    contents.set(image, content);
    for (const id of [...content.retained, ...[...content.chains].map(stackKey)])
      holders.set(id, (holders.get(id) ?? 0) + 1);
  }
  /** Drops one reference. Returns whether the blob or layer stack is now unreferenced. */
  const release = (id: string): boolean => {
    const remaining = (holders.get(id) ?? 1) - 1;
    holders.set(id, remaining);
    return remaining === 0;
  };
  const deleted: Wire<ImageDeleteResponseItem>[] = [];
  let reclaimed = 0;
  for (const image of chosen) {
    const { blobs, retained, chains } = contents.get(image) ?? (await contentOf(context, image));
    if (!(await takeName(store, image))) continue;
    deleteOrigin(context, image.target.digest);
    const familiar = familiarNameOf(image);
    logNameEvent(context, image, familiar, 'untag');
    deleted.push({ Untagged: familiar });
    const released = new Set([...retained].filter(release));
    const deletable = blobs.filter(({ digest }) => released.has(digest));
    const manifests = deletable.filter(({ mediaType }) => isManifestType(mediaType) || isIndexType(mediaType));
    for (const { digest } of manifests) deleted.push({ Deleted: digest });
    for (const { size } of deletable) reclaimed += size;
    for (const id of chains) if (release(stackKey(id))) reclaimed += snapshots.drop(id);
    if (manifests.length > 0) logNameEvent(context, image, familiar, 'delete');
  }
  await store.collect();
  return { ImagesDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimed };
}

/** The lowest layer's stack has the digest of its blob where that is not compressed; the two are not the same. */
function stackKey(chainId: string): string {
  return `stack ${chainId}`;
}

interface ImageContent {
  /** In walk order. A blob with several references counts each time, as in dockerd. */
  readonly blobs: readonly Descriptor[];
  /** Digests of those, and of the manifests that refer to them by labels, with theirs. */
  readonly retained: ReadonlySet<string>;
  readonly chains: ReadonlySet<string>;
}

/** Returns the existing blobs of an image and the ids of its readable layer stacks. */
async function contentOf({ manifests: documents, store, debug }: Context, image: ImageRecord): Promise<ImageContent> {
  const blobs: Descriptor[] = [];
  const retained = new Set<string>();
  const chains = new Set<string>();
  try {
    const collect = async (descriptor: Descriptor): Promise<void> => {
      blobs.push(descriptor);
      if (!isConfigType(descriptor.mediaType)) return;
      const { rootfs } = await documents.config(descriptor);
      for (const id of chainIds(rootfs.diff_ids ?? [])) chains.add(id);
    };
    await walk(image.target, present(documents, collect));
    const hold = present(documents, ({ digest }) => void retained.add(digest));
    await walk(image.target, withReferrers(hold, store.content), { once: true });
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    debug(`content of ${image.name} cannot be found: ${error.message}`);
  }
  return { blobs, retained, chains };
}
