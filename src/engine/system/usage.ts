import { AttestdError } from '../../errors.js';
import type { JsonObject } from '../../go/json.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { present, walk } from '../../oci/walk.js';
import { listContainers } from '../containers/list.js';
import type { Context } from '../context.js';
import { noFilters } from '../filters.js';
import { type ImageItem, usageSummaries } from '../images/list.js';
import { presentManifests } from '../images/manifests.js';
import { chainIds } from '../images/snapshots.js';
import type { UsageOptions, UsageType } from '../types.js';
import { follows, still } from '../versions.js';
import { volumeObject } from '../volumes/store.js';
import { type AnswerOf, olderForm, type PartOf, undescribed } from '../wire.js';

const everything: readonly UsageType[] = ['image', 'container', 'volume', 'build-cache'];

/**
 * `GET /system/df` (docs/behaviour.md#the-daemon-itself): images, containers and volumes are measured; there is no
 * build cache.
 *
 * @throws INVALID_ARGUMENT for an unknown type
 */
export async function diskUsage(context: Context, options: UsageOptions): Promise<AnswerOf<'SystemDataUsage'>> {
  const { apiVersion } = options;
  const types = wantedTypes(options);
  const verbose = options.verbose === true;
  const images = types.has('image') ? await imageUsage(context) : undefined;
  const containers = types.has('container') ? await containerUsage(context) : undefined;
  const volumes = types.has('volume') ? volumeUsage(context) : undefined;
  const older = {
    LayersSize: images?.totalSize || undefined,
    Images: images?.items,
    Containers: containers?.items,
    Volumes: volumes?.items,
    BuildCache: types.has('build-cache') ? [] : undefined,
  };
  if (follows(apiVersion, 'df.usage')) {
    const newer = {
      ImageUsage: images?.usage,
      ContainerUsage: containers && figures(containers),
      VolumeUsage: volumes && figures(volumes),
      BuildCacheUsage: types.has('build-cache') ? {} : undefined,
    } satisfies AnswerOf<'SystemDataUsage'>;
    return verbose ? newer : { ...older, ...newer };
  }
  if (!still(apiVersion, 'df.VirtualSize') || (images?.items ?? []).length === 0) return undescribed(older);
  return olderForm({ ...older, Images: images?.items.map((item) => ({ ...item, VirtualSize: item.Size })) });
}

function wantedTypes({ types }: UsageOptions): ReadonlySet<UsageType> {
  if (types === undefined) return new Set(everything);
  return new Set(
    types.map((type) => {
      const known = everything.find((candidate) => candidate === type);
      if (known === undefined) throw new AttestdError('INVALID_ARGUMENT', `unknown object type: ${type}`);
      return known;
    }),
  );
}

/** What containers or volumes take of the disk. */
interface Usage {
  readonly items: readonly JsonObject[];
  readonly active: number;
  /** Bytes. */
  readonly total: number;
  readonly reclaimable: number;
}

async function containerUsage(context: Context): Promise<Usage> {
  // Not in the form of an older version, whatever the request's is.
  const list = { apiVersion: context.release.api, all: true, size: true, limit: 0, filters: noFilters };
  const items = (await listContainers(context, list)) as readonly JsonObject[];
  let total = 0;
  let reclaimable = 0;
  let active = 0;
  for (const { state, fileSystem } of context.containers.list()) {
    const size = fileSystem?.usage().writable ?? 0;
    total += size;
    if (state.running) active++;
    else reclaimable += size;
  }
  return { items: items.map((item) => ({ ...item, ImageManifestDescriptor: undefined })), active, total, reclaimable };
}

function volumeUsage({ volumes }: Context): Usage {
  let total = 0;
  let reclaimable = 0;
  let active = 0;
  const local = volumes.list().filter(({ options }) => Object.keys(options ?? {}).length === 0);
  for (const { users, fileSystem } of local) {
    const size = fileSystem.usage().root;
    total += size;
    if (users.size > 0) active++;
    else reclaimable += size;
  }
  return { items: local.map((volume) => volumeObject(volume, true)), active, total, reclaimable };
}

/** Figures that are zero are left out. */
function figures({ items, active, total, reclaimable }: Usage): JsonObject {
  return {
    ActiveCount: active || undefined,
    Items: items.length === 0 ? undefined : items,
    Reclaimable: reclaimable || undefined,
    TotalCount: items.length || undefined,
    TotalSize: total || undefined,
  };
}

interface ImageUsage {
  readonly items: readonly ImageItem[];
  readonly totalSize: number;
  readonly usage: PartOf<'SystemDataUsage', 'ImageUsage'>;
}

async function imageUsage(context: Context): Promise<ImageUsage> {
  const summaries = await usageSummaries(context);
  const totalSize = await storedSize(context);
  let reclaimable = 0;
  let active = 0;
  for (const { body, sizes } of summaries) {
    if (body.Containers === 0) reclaimable += sizes.total - sizes.shared;
    else if (body.Containers > 0) active++;
  }
  const items = summaries.map(({ body }) => body);
  const usage = {
    ActiveCount: active || undefined,
    Items: items.length === 0 ? undefined : items,
    Reclaimable: reclaimable || undefined,
    TotalCount: items.length || undefined,
    TotalSize: totalSize || undefined,
  };
  return { items, totalSize, usage };
}

/** Bytes of all blobs that images reach and of all that is unpacked, each counted once. */
async function storedSize(context: Context): Promise<number> {
  const { documents, snapshots, store } = context;
  const blobs = new Map<string, number>();
  const chains = new Set<string>();
  for (const image of store.list()) {
    try {
      for (const manifest of await presentManifests(documents, image)) {
        const { config } = await documents.manifest(manifest);
        if (!(await documents.has(config.digest))) continue;
        for (const id of chainIds((await documents.config(config)).rootfs.diff_ids ?? [])) chains.add(id);
      }
      const count = ({ digest, size }: Descriptor): void => {
        if (!blobs.has(digest)) blobs.set(digest, size);
      };
      await walk(image.target, present(documents, count));
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      context.debug(`disk usage of ${image.name} cannot be measured: ${error.message}`);
    }
  }
  let size = 0;
  for (const bytes of blobs.values()) size += bytes;
  for (const id of chains) size += snapshots.usage(id) ?? 0;
  return size;
}
