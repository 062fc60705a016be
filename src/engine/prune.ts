import { AttestdError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isDangling } from '../oci/index-file.js';
import { isConfigType, isIndexType, isManifestType } from '../oci/media-types.js';
import type { ImageRecord } from '../oci/store.js';
import type { Context } from './context.js';
import { checkKeys, type Filters, flagOf } from './filters.js';
import { logNameEvent } from './image-events.js';
import { imageFilter } from './list-filters.js';
import { walkPresent } from './manifests.js';
import { familiarNameOf } from './names.js';
import type { JsonObject } from './render.js';
import { chainIds } from './snapshots.js';

const knownFilters = ['dangling', 'label', 'label!', 'until'];

const running = new WeakSet<Context>();

/**
 * `POST /images/prune` (topics/prune): deletes dangling images, with `dangling=false` all that no container uses.
 *
 * @throws INVALID_ARGUMENT for a bad filter; CONFLICT while another prune runs
 */
export async function pruneImages(context: Context, filters: Filters): Promise<JsonObject> {
  if (running.has(context)) throw new AttestdError('CONFLICT', 'a prune operation is already running');
  running.add(context);
  try {
    checkKeys(filters, knownFilters);
    const danglingOnly = flagOf(filters, 'dangling', true);
    const others = new Map([...filters].filter(([key]) => key !== 'dangling'));
    const passes = await imageFilter(context, others);
    const chosen: ImageRecord[] = [];
    for (const image of context.store.list()) {
      if ((!danglingOnly || isDangling(image)) && (await passes(image))) chosen.push(image);
    }
    return await removeChosen(context, chosen);
  } finally {
    running.delete(context);
  }
}

async function removeChosen(context: Context, images: readonly ImageRecord[]): Promise<JsonObject> {
  const { documents, store, snapshots } = context;
  const deleted: JsonObject[] = [];
  let reclaimed = 0;
  for (const image of images) {
    const { blobs, chains } = await contentOf(context, image);
    const sizes = new Map([...chains].map((id) => [id, snapshots.usage(id) ?? 0]));
    await store.remove(image.name);
    await store.collect();
    await forgetSnapshots(context);
    const familiar = familiarNameOf(image);
    logNameEvent(context, image, familiar, 'untag');
    deleted.push({ Untagged: familiar });
    let gone = false;
    for (const { digest, mediaType, size } of blobs) {
      if (await documents.has(digest)) continue;
      reclaimed += size;
      if (!isManifestType(mediaType) && !isIndexType(mediaType)) continue;
      gone = true;
      deleted.push({ Deleted: digest });
    }
    for (const [id, size] of sizes) if (snapshots.usage(id) === undefined) reclaimed += size;
    if (gone) logNameEvent(context, image, familiar, 'delete');
  }
  return { ImagesDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimed };
}

interface ImageContent {
  readonly blobs: readonly Descriptor[];
  readonly chains: ReadonlySet<string>;
}

/** The blobs of an image that are there, and the ids of its layer stacks. */
async function contentOf({ documents }: Context, image: ImageRecord): Promise<ImageContent> {
  const blobs: Descriptor[] = [];
  const chains = new Set<string>();
  await walkPresent(documents, image.target, async (descriptor) => {
    blobs.push(descriptor);
    if (!isConfigType(descriptor.mediaType)) return;
    const { rootfs } = await documents.config(descriptor);
    for (const id of chainIds(rootfs.diff_ids ?? [])) chains.add(id);
  });
  return { blobs, chains };
}

/** Drop what is unpacked of images that are gone. */
export async function forgetSnapshots(context: Context): Promise<void> {
  const chains = new Set<string>();
  for (const image of context.store.list()) {
    try {
      for (const id of (await contentOf(context, image)).chains) chains.add(id);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      context.debug(`layers of ${image.name} cannot be found: ${error.message}`);
    }
  }
  context.snapshots.retain(chains);
}
