import { AttestdError } from '../../errors.js';
import { type JsonObject, type JsonValue, sortKeys } from '../../go/json/render.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { present, walk } from '../../oci/walk.js';
import type { Context } from '../context.js';
import { usageSummaries } from '../images/list.js';
import { presentManifests } from '../images/manifests.js';
import { chainIds } from '../images/snapshots.js';
import type { UsageOptions, UsageType } from '../types.js';
import { has, still } from '../versions.js';

const everything: readonly UsageType[] = ['image', 'container', 'volume', 'build-cache'];

/** Member names of each object type: of the older part of the answer, and of the newer. */
const members: Readonly<Record<UsageType, readonly [older: string, newer: string]>> = {
  image: ['Images', 'ImageUsage'],
  container: ['Containers', 'ContainerUsage'],
  volume: ['Volumes', 'VolumeUsage'],
  'build-cache': ['BuildCache', 'BuildCacheUsage'],
};

/**
 * `GET /system/df` (docs/behaviour.md#the-daemon-itself): images are measured, and there are no containers, volumes or
 * build cache.
 *
 * @throws INVALID_ARGUMENT for an unknown type
 */
export async function diskUsage(context: Context, options: UsageOptions): Promise<JsonValue> {
  const { apiVersion } = options;
  const types = wantedTypes(options);
  const verbose = has(apiVersion, 'df.verbose') && options.verbose === true;
  const images = types.has('image') ? await imageUsage(context) : undefined;
  const older: Record<string, JsonValue | undefined> = { LayersSize: images?.totalSize || undefined };
  const newer: Record<string, JsonValue | undefined> = {};
  for (const type of everything) {
    if (!types.has(type)) continue;
    const [list, usage] = members[type];
    older[list] = type === 'image' ? (images?.items ?? []) : [];
    newer[usage] = type === 'image' ? images?.usage : {};
  }
  if (has(apiVersion, 'df.usage')) return verbose ? newer : { ...older, ...newer };
  if (!still(apiVersion, 'df.VirtualSize') || (images?.items ?? []).length === 0) return older;
  return sortKeys({ ...older, Images: images?.items.map((item) => ({ ...item, VirtualSize: item.Size })) });
}

function wantedTypes({ apiVersion, types }: UsageOptions): ReadonlySet<UsageType> {
  if (types === undefined || !has(apiVersion, 'df.type')) return new Set(everything);
  return new Set(
    types.map((type) => {
      const known = everything.find((candidate) => candidate === type);
      if (known === undefined) throw new AttestdError('INVALID_ARGUMENT', `unknown object type: ${type}`);
      return known;
    }),
  );
}

interface ImageUsage {
  readonly items: readonly JsonObject[];
  readonly totalSize: number;
  readonly usage: JsonObject;
}

async function imageUsage(context: Context): Promise<ImageUsage> {
  const summaries = await usageSummaries(context);
  const totalSize = await storedSize(context);
  let reclaimable = 0;
  for (const { body, sizes } of summaries) if (body.Containers === 0) reclaimable += sizes.total - sizes.shared;
  const items = summaries.map(({ body }) => body);
  const usage = {
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
