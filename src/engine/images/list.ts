import { AttestdError } from '../../errors.js';
import { sortedMap } from '../../go/json/render.js';
import { goObject } from '../../go/json/value.js';
import { parseGoTime, unixSeconds } from '../../go/rfc3339.js';
import { isDangling } from '../../oci/index-file.js';
import { descriptorType } from '../../oci/manifest.js';
import { familiarString } from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import type { ImageSummary as ListedImage } from '../../types.js';
import type { Context } from '../context.js';
import { checkKeys, noFilters } from '../filters.js';
import type { ListOptions } from '../types.js';
import { follows, has, still } from '../versions.js';
import { olderForm, type Wire } from '../wire.js';
import { imageFilter } from './list-filters.js';
import { matcherFor } from './manifests.js';
import { familiarDigested, imagesOf, parseNamed, parseNormalized } from './names.js';
import { sharedSizes } from './shared-size.js';
import { type ImageSummary, summarize } from './summary.js';

const knownFilters = ['dangling', 'label', 'label!', 'before', 'since', 'reference', 'until'];

type Names = readonly string[] | null;

/** An element of the list, as the description has it. */
export type ImageItem = Extract<Wire<ListedImage>, { readonly Id: string }>;

/** An entry of the list before the rules of older API versions. */
interface Entry {
  readonly created: number;
  readonly tags: readonly string[] | undefined;
  readonly digests: readonly string[] | undefined;
  readonly containers: number;
  readonly body: (tags: Names, digests: Names, containers: number) => ImageItem;
}

/**
 * `GET /images/json`: an entry for each target, newest first (docs/behaviour.md#listing-images).
 *
 * @throws INVALID_ARGUMENT for a bad filter or `identity` without `manifests`; NOT_FOUND for an unknown image in before
 * or since
 */
export async function listImages(context: Context, options: ListOptions): Promise<readonly Wire<ListedImage>[]> {
  const { apiVersion, filters = noFilters } = options;
  const manifests = options.manifests === true;
  if (options.identity === true && !manifests) {
    throw new AttestdError('INVALID_ARGUMENT', 'conflicting options: identity requires manifests=1');
  }
  checkKeys(filters, knownFilters);
  const groups = await groupByTarget(context, options);
  const statements =
    manifests &&
    context.channel === 'experimental' &&
    has(apiVersion, 'ImageManifestSummary.AttestationData.Statements');
  const matcher = matcherFor(context, 'strict', undefined);
  const summaries = await Promise.all(
    groups.map(async ({ image }) => summarize(context, image, matcher, { statements })),
  );
  const shared = options.sharedSize === true;
  const sizes = shared ? sharedSizes(context, summaries) : undefined;
  const entries = groups.map(({ image, tags }, i) =>
    makeEntry(image, tags, summaries[i] as ImageSummary, manifests, sizes?.[i] ?? -1),
  );
  entries.sort((a, b) => b.created - a.created);
  return entries.map((entry) => finish(entry, apiVersion));
}

interface Group {
  image: ImageRecord;
  tags: string[] | undefined;
}

/** One group a target: the last of its named images, and the names of all that passed the filters. */
async function groupByTarget(
  context: Context,
  { filters = noFilters, all = false }: ListOptions,
): Promise<readonly Group[]> {
  const passes = await imageFilter(context, filters);
  const groups = new Map<string, Group>();
  for (const image of context.store.list()) {
    const { digest } = image.target;
    // Without a name, it is a step on the way to another one.
    if (!all && isDangling(image) && isStep(context, digest)) continue;
    if (!(await passes(image))) continue;
    const group = groups.get(digest);
    if (isDangling(image)) {
      if (group === undefined) groups.set(digest, { image, tags: undefined });
      continue;
    }
    const named = parseNormalized(image.name);
    const tags = named === undefined ? group?.tags : [...(group?.tags ?? []), familiarString(named)];
    groups.set(digest, { image, tags });
  }
  return [...groups.values()];
}

function isStep({ lineage, store }: Context, digest: string): boolean {
  return lineage.children(digest).some((child) => imagesOf(store, child).length > 0);
}

function makeEntry(
  image: ImageRecord,
  tags: readonly string[] | undefined,
  summary: ImageSummary,
  manifests: boolean,
  sharedSize: number,
): Entry {
  const { best } = summary;
  const { digest } = image.target;
  const created = best?.config?.created;
  const seconds = created === undefined ? 0 : unixSeconds(parseGoTime(created));
  const named = parseNamed(image.name);
  const invalid = best !== undefined && named === undefined && !isDangling(image);
  return {
    created: seconds,
    tags: invalid ? [...(tags ?? []), image.name] : tags,
    digests: best === undefined ? [digest] : digestsOf(image),
    containers: best === undefined ? -1 : summary.users,
    body: (repoTags, repoDigests, containers) => ({
      Containers: containers,
      Created: seconds,
      Id: digest,
      Labels: best === undefined ? null : sortedMap(best.config?.config.Labels ?? {}),
      ParentId: '',
      Descriptor: goObject(image.target, descriptorType),
      Manifests: manifests && summary.manifests.length > 0 ? summary.manifests : undefined,
      RepoDigests: repoDigests,
      RepoTags: repoTags,
      SharedSize: sharedSize,
      Size: summary.totalSize,
    }),
  };
}

function digestsOf(image: ImageRecord): readonly string[] | undefined {
  const named = parseNamed(image.name);
  const digested = named === undefined ? undefined : familiarDigested(named, image.target.digest);
  return digested === undefined ? undefined : [digested];
}

/** Apply what an API version lacks, or still has. */
function finish(entry: Entry, apiVersion: string): Wire<ListedImage> {
  const { tags, digests } = entry;
  const containers = follows(apiVersion, 'list.Containers') ? entry.containers : -1;
  const old = still(apiVersion, 'list.none');
  const none = old && (tags ?? []).length === 0 && (digests ?? []).length === 0;
  const missing = old ? null : [];
  const repoTags = none ? ['<none>:<none>'] : (tags ?? missing);
  const repoDigests = none ? ['<none>@<none>'] : (digests ?? missing);
  const body = entry.body(repoTags, repoDigests, containers);
  const described = has(apiVersion, 'ImageSummary.Descriptor') ? body : { ...body, Descriptor: undefined };
  if (!still(apiVersion, 'list.VirtualSize')) return described;
  return olderForm({ ...described, VirtualSize: body.Size });
}

/** Entries as `GET /system/df` has them: without the rules of older API versions, shared sizes included. */
export async function usageSummaries(context: Context): Promise<readonly { body: ImageItem; sizes: UsageSizes }[]> {
  const groups = await groupByTarget(context, { apiVersion: '1.55' });
  const matcher = matcherFor(context, 'strict', undefined);
  const summaries = await Promise.all(
    groups.map(({ image }) => summarize(context, image, matcher, { statements: false })),
  );
  const shared = sharedSizes(context, summaries);
  const entries = groups.map(({ image, tags }, i) => {
    const summary = summaries[i] as ImageSummary;
    const entry = makeEntry(image, tags, summary, false, shared[i] as number);
    const body = entry.body(entry.tags ?? null, entry.digests ?? null, entry.containers);
    return { created: entry.created, body, sizes: { shared: shared[i] as number, total: summary.totalSize } };
  });
  return entries.sort((a, b) => b.created - a.created);
}

/** Sizes of an entry of `GET /system/df`, bytes. */
export interface UsageSizes {
  readonly shared: number;
  readonly total: number;
}
