import { AttestdError } from '../../errors.js';
import { renderJson, sortedMap, VerbatimJson } from '../../go/json/render.js';
import { goObject } from '../../go/json/value.js';
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
import type { ImageFacts, Pass } from './facts.js';
import { imageFilter } from './list-filters.js';
import { familiarDigested, imagesOf, parseNamed, parseNormalized } from './names.js';
import { type SharedSizes, sharedSizes } from './shared-size.js';
import { type DescribedManifest, describeManifest, type SummaryOptions } from './summary.js';

const knownFilters = ['dangling', 'label', 'label!', 'before', 'since', 'reference', 'until'];

type Names = readonly string[] | null;

/** An element of the list, as the description has it. */
export type ImageItem = Extract<Wire<ListedImage>, { readonly Id: string }>;

/** An entry of the list before the rules of older API versions. */
interface Entry {
  readonly tags: readonly string[] | undefined;
  readonly digests: readonly string[] | undefined;
  readonly containers: number;
  readonly body: (tags: Names, digests: Names, containers: number) => ImageItem;
}

/** A list whose elements are put together one after the other. */
export interface ImageList<Item> {
  readonly length: number;
  items(): AsyncIterable<Item>;
}

/** What the elements of a list say, beyond the images that they are of. */
interface Form {
  readonly apiVersion: string;
  readonly manifests: boolean;
  readonly statements: boolean;
  readonly identity: boolean;
  readonly sizes?: SharedSizes | undefined;
  /** Tells elements of this form from others; absent where they are not kept. */
  readonly key: string | undefined;
}

/**
 * `GET /images/json`: an entry for each target, newest first (docs/behaviour.md#listing-images). Elements are rendered, and
 * kept as such.
 *
 * @throws INVALID_ARGUMENT for a bad filter or `identity` without `manifests`; NOT_FOUND for an unknown image in before
 * or since
 */
export async function openList(context: Context, options: ListOptions): Promise<ImageList<VerbatimJson>> {
  const { apiVersion, filters = noFilters } = options;
  const manifests = options.manifests === true;
  if (options.identity === true && !manifests) {
    throw new AttestdError('INVALID_ARGUMENT', 'conflicting options: identity requires manifests=1');
  }
  checkKeys(filters, knownFilters);
  const statements =
    manifests &&
    context.channel === 'experimental' &&
    has(apiVersion, 'ImageManifestSummary.AttestationData.Statements');
  const identity = options.identity === true;
  // What others share, and who an image is of, changes without it; statements are long.
  const keep = !statements && !identity && options.sharedSize !== true;
  const key = keep ? `${apiVersion}${manifests ? ' manifests' : ''}` : undefined;
  const pass = await context.facts.begin(context);
  const listed = await newestFirst(context, options, pass, { apiVersion, manifests, statements, identity, key });
  const sizes = options.sharedSize === true ? await sharedSizes(context, listed, pass) : undefined;
  const form = { apiVersion, manifests, statements, identity, sizes, key };
  async function* items(): AsyncGenerator<VerbatimJson> {
    for (const one of listed) {
      const kept = key === undefined ? undefined : await context.lists.get(context, key, one, pass);
      const text =
        kept?.text ?? (await render(context, one, one.facts ?? (await pass.of(one.image.target)), form, pass));
      yield new VerbatimJson(text);
    }
  }
  return { length: listed.length, items };
}

/** The element of an image, kept where that can be. */
async function render(
  context: Context,
  one: Listed,
  facts: ImageFacts,
  { apiVersion, manifests, statements, identity, sizes, key }: Form,
  pass: Pass,
): Promise<Buffer> {
  const about = identity && { identity: one.image.target.digest };
  const described = await describe(context, facts, { statements, ...about });
  const entry = makeEntry(context, one, facts, described, manifests, sizes?.sizeOf(facts) ?? -1);
  const text = renderJson(finish(entry, apiVersion)).subarray(0, -1);
  // What came or went while it was made may not be told from what was there before.
  if (key !== undefined && facts.lasting && (await pass.holds(one.image.target)))
    context.lists.put(context, key, one, pass, { created: one.created, text });
  return text;
}

/** The whole list at once: see `openList`. */
export async function listImages(context: Context, options: ListOptions): Promise<readonly Wire<ListedImage>[]> {
  const found: Wire<ListedImage>[] = [];
  for await (const { bytes } of (await openList(context, options)).items()) found.push(JSON.parse(bytes.toString()));
  return found;
}

/** A target that is listed. */
export interface Listed extends Group {
  readonly created: number;
  /** What cannot be had again without reading the image anew. */
  readonly facts: ImageFacts | undefined;
}

/** @param form what elements say, where they are kept */
async function newestFirst(
  context: Context,
  options: ListOptions,
  pass: Pass,
  form?: Form,
): Promise<readonly Listed[]> {
  const groups = await groupByTarget(context, options);
  const listed: Listed[] = [];
  for (const group of groups) {
    const { image, tags } = group;
    const kept = form?.key === undefined ? undefined : await context.lists.get(context, form.key, group, pass);
    if (kept !== undefined) {
      listed.push({ image, tags, created: kept.created, facts: undefined });
      continue;
    }
    const facts = await pass.of(image.target);
    const one = { image, tags, created: facts.best?.created ?? 0, facts: facts.lasting ? undefined : facts };
    listed.push(one);
    // While the facts are at hand.
    if (form?.key !== undefined && facts.lasting) await render(context, one, facts, form, pass);
  }
  return listed.sort((a, b) => b.created - a.created);
}

/** An image's manifests with the containers and unpacked layers of the moment. */
interface Described {
  readonly rows: readonly DescribedManifest['row'][];
  readonly totalSize: number;
  readonly users: number;
}

async function describe(context: Context, { manifests }: ImageFacts, options: SummaryOptions): Promise<Described> {
  const rows: DescribedManifest['row'][] = [];
  let totalSize = 0;
  let users = 0;
  for (const facts of manifests) {
    const described = await describeManifest(context, facts, options);
    rows.push(described.row);
    totalSize += described.size;
    users += described.users;
  }
  return { rows, totalSize, users };
}

interface Group {
  readonly image: ImageRecord;
  readonly tags: readonly string[] | undefined;
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
  { lineage }: Context,
  { image, tags, created }: Listed,
  { best }: ImageFacts,
  { rows, totalSize, users }: Described,
  manifests: boolean,
  sharedSize: number,
): Entry {
  const { digest } = image.target;
  const named = parseNamed(image.name);
  const invalid = best !== undefined && named === undefined && !isDangling(image);
  return {
    tags: invalid ? [...(tags ?? []), image.name] : tags,
    digests: best === undefined ? [digest] : digestsOf(image),
    containers: best === undefined ? -1 : users,
    body: (repoTags, repoDigests, containers) => ({
      Containers: containers,
      Created: created,
      Id: digest,
      Labels: best === undefined ? null : sortedMap(best.labels),
      ParentId: lineage.parentOf(digest) ?? '',
      Descriptor: goObject(image.target, descriptorType),
      Manifests: manifests && rows.length > 0 ? rows : undefined,
      RepoDigests: repoDigests,
      RepoTags: repoTags,
      SharedSize: sharedSize,
      Size: totalSize,
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
export async function usageList(context: Context): Promise<ImageList<{ body: ImageItem; sizes: UsageSizes }>> {
  const pass = await context.facts.begin(context);
  const listed = await newestFirst(context, { apiVersion: '1.55' }, pass);
  const shared = await sharedSizes(context, listed, pass);
  async function* items(): AsyncGenerator<{ body: ImageItem; sizes: UsageSizes }> {
    for (const one of listed) {
      const facts = one.facts ?? (await pass.of(one.image.target));
      const described = await describe(context, facts, { statements: false });
      const sizes = { shared: shared.sizeOf(facts), total: described.totalSize };
      const entry = makeEntry(context, one, facts, described, false, sizes.shared);
      yield { body: entry.body(entry.tags ?? null, entry.digests ?? null, entry.containers), sizes };
    }
  }
  return { length: listed.length, items };
}

/** Sizes of an entry of `GET /system/df`, bytes. */
export interface UsageSizes {
  readonly shared: number;
  readonly total: number;
}
