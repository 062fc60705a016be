import { AttestdError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { present, walk } from '../../oci/walk.js';
import type { Context } from '../context.js';
import { type ImageItem, usageSummaries } from '../images/list.js';
import { presentManifests } from '../images/manifests.js';
import { chainIds } from '../images/snapshots.js';
import type { UsageOptions, UsageType } from '../types.js';
import { has, still } from '../versions.js';
import { type AnswerOf, olderForm, type PartOf, undescribed } from '../wire.js';

const everything: readonly UsageType[] = ['image', 'container', 'volume', 'build-cache'];

/**
 * `GET /system/df` (docs/behaviour.md#the-daemon-itself): images are measured, and there are no containers, volumes or
 * build cache.
 *
 * @throws INVALID_ARGUMENT for an unknown type
 */
export async function diskUsage(context: Context, options: UsageOptions): Promise<AnswerOf<'SystemDataUsage'>> {
  const { apiVersion } = options;
  const types = wantedTypes(options);
  const verbose = has(apiVersion, 'df.verbose') && options.verbose === true;
  const images = types.has('image') ? await imageUsage(context) : undefined;
  const none = (type: UsageType): readonly [] | undefined => (types.has(type) ? [] : undefined);
  const older = {
    LayersSize: images?.totalSize || undefined,
    Images: images?.items,
    Containers: none('container'),
    Volumes: none('volume'),
    BuildCache: none('build-cache'),
  };
  if (has(apiVersion, 'df.usage')) {
    const empty = (type: UsageType): Record<string, never> | undefined => (types.has(type) ? {} : undefined);
    const newer = {
      ImageUsage: images?.usage,
      ContainerUsage: empty('container'),
      VolumeUsage: empty('volume'),
      BuildCacheUsage: empty('build-cache'),
    } satisfies AnswerOf<'SystemDataUsage'>;
    return verbose ? newer : { ...older, ...newer };
  }
  if (!still(apiVersion, 'df.VirtualSize') || (images?.items ?? []).length === 0) return undescribed(older);
  return olderForm({ ...older, Images: images?.items.map((item) => ({ ...item, VirtualSize: item.Size })) });
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
  readonly items: readonly ImageItem[];
  readonly totalSize: number;
  readonly usage: PartOf<'SystemDataUsage', 'ImageUsage'>;
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
