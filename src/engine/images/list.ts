import { isDangling } from '../../oci/index-file.js';
import { descriptorType } from '../../oci/manifest.js';
import { familiarString } from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import type { ImageSummary as ListedImage } from '../../support/foundation/types.js';
import { renderJson, sortedMap, VerbatimJson } from '../../support/go/json/render.js';
import { goObject } from '../../support/go/json/value.js';
import type { Context } from '../context.js';
import { checkKeys, noFilters } from '../filters.js';
import type { ListOptions } from '../types.js';
import { follows, has, still } from '../versions.js';
import { olderForm, type Wire } from '../wire.js';
import type { Group } from './list-cache.js';
import { imageFilter } from './list-filters.js';
import type { ImageMetadata, Pass } from './metadata-cache.js';
import { familiarDigested, imagesOf, parseNamed, parseNormalized } from './names.js';
import { SharedSizes } from './shared-size.js';
import { type DescribedManifest, describeManifest, type SummaryOptions, sizeOfManifest } from './summary.js';

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

/** A list whose elements are rendered one after the other. */
export interface ImageList<Item> {
  readonly length: number;
  items(): AsyncIterable<Item>;
}

/** Options that determine the content of elements. */
interface Form {
  readonly rules: Rules;
  readonly manifests: boolean;
  readonly statements: boolean;
  readonly identity: boolean;
  readonly sizes?: SharedSizes | undefined;
  /** Cache key of this form. Undefined if its elements are not cached. */
  readonly key: string | undefined;
}

/**
 * `GET /images/json`: an entry for each target, newest first (docs/reference/behavior/images.md#listing-images).
 * Rendered elements are cached.
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
  // Shared sizes and identities change independently of the image, and statements are long.
  const isCacheable = !statements && !identity && options.sharedSize !== true;
  const key = isCacheable ? `${apiVersion}${manifests ? ' manifests' : ''}` : undefined;
  const pass = await context.imageMetadata.startPass(context);
  const plain = { rules: rulesOf(apiVersion), manifests, statements, identity, key };
  const listed = await newestFirst(context, options, pass, plain);
  const sizes = options.sharedSize === true ? new SharedSizes(context.snapshots) : undefined;
  if (sizes !== undefined)
    for (const { image, metadata } of listed) sizes.add(image.target.digest, metadata ?? (await pass.of(image.target)));
  const form = { ...plain, sizes };
  async function* items(): AsyncGenerator<VerbatimJson> {
    for (const one of listed) {
      const kept = key === undefined ? undefined : await context.lists.get(context, key, one, pass);
      if (kept !== undefined) yield new VerbatimJson(Buffer.from(kept.text));
      else
        yield new VerbatimJson(
          await render(context, one, one.metadata ?? (await pass.of(one.image.target)), form, pass),
        );
    }
  }
  return { length: listed.length, items };
}

/** The element of an image, kept where that can be. */
async function render(
  context: Context,
  one: Listed,
  metadata: ImageMetadata,
  { rules, manifests, statements, identity, sizes, key }: Form,
  pass: Pass,
): Promise<Buffer> {
  const extra = identity && { identity: one.image.target.digest };
  const described = await describe(context, metadata, manifests ? { statements, ...extra } : undefined);
  const shared = (): number => sizes?.sizeOf(one.image.target.digest) ?? -1;
  const entry = makeEntry(context, one, metadata, described, shared);
  const text = renderJson(finish(entry, rules)).subarray(0, -1);
  // A change during the rendering makes the element uncertain, so it is not cached.
  if (key !== undefined && metadata.lasting && (await pass.isCurrent(one.image.target)))
    context.lists.put(context, key, one, pass, { created: one.created, text: text.toString() });
  return text;
}

/** Returns the whole list: see `openList`. */
export async function listImages(context: Context, options: ListOptions): Promise<readonly Wire<ListedImage>[]> {
  const found: Wire<ListedImage>[] = [];
  for await (const { bytes } of (await openList(context, options)).items()) found.push(JSON.parse(bytes.toString()));
  return found;
}

/** A target that is listed. */
export interface Listed extends Group {
  readonly created: number;
  /** Metadata that must be kept because reading it again is expensive. */
  readonly metadata: ImageMetadata | undefined;
}

/** @param form the form of cached elements */
async function newestFirst(
  context: Context,
  options: ListOptions,
  pass: Pass,
  form?: Form,
): Promise<readonly Listed[]> {
  const groups = await groupByTarget(context, options);
  const listed: Listed[] = [];
  for (const group of groups) {
    const { image, others } = group;
    const cached = form?.key === undefined ? undefined : await context.lists.get(context, form.key, group, pass);
    if (cached !== undefined) {
      listed.push({ image, others, created: cached.created, metadata: undefined });
      continue;
    }
    const facts = await pass.of(image.target);
    const one = { image, others, created: facts.best?.created ?? 0, metadata: facts.lasting ? undefined : facts };
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

/** @param options of the rows. Without options, no rows are returned. */
async function describe(context: Context, { manifests }: ImageMetadata, options?: SummaryOptions): Promise<Described> {
  const rows: DescribedManifest['row'][] = [];
  let totalSize = 0;
  let users = 0;
  for (const manifest of manifests) {
    const described = options === undefined ? undefined : await describeManifest(context, manifest, options);
    if (described !== undefined) rows.push(described.row);
    const added = described ?? sizeOfManifest(context, manifest);
    totalSize += added.size;
    users += added.users;
  }
  return { rows, totalSize, users };
}

/** One group a target: the last of its named images that passed the filters, and the others. */
async function groupByTarget(
  context: Context,
  { filters = noFilters, all = false }: ListOptions,
): Promise<readonly Group[]> {
  const passes = await imageFilter(context, filters);
  const groups = new Map<string, Group>();
  for (const image of context.store.list()) {
    const { digest } = image.target;
    // An untagged image is an intermediate step.
    if (!all && isDangling(image) && isStep(context, digest)) continue;
    if (!(await passes(image))) continue;
    const group = groups.get(digest);
    if (group === undefined || isDangling(group.image)) groups.set(digest, { image, others: none });
    else if (!isDangling(image)) groups.set(digest, { image, others: [...group.others, group.image] });
  }
  return [...groups.values()];
}

const none: readonly never[] = [];

/** Returns the tags of a group. Undefined if all its names are dangling. */
function tagsOf({ image, others }: Group): readonly string[] | undefined {
  if (isDangling(image)) return undefined;
  const tags = [...others, image].flatMap(({ name }) => {
    const named = parseNormalized(name);
    return named === undefined ? [] : [familiarString(named)];
  });
  return tags.length > 0 ? tags : undefined;
}

function isStep({ lineage, store }: Context, digest: string): boolean {
  return lineage.children(digest).some((child) => imagesOf(store, child).length > 0);
}

function makeEntry(
  { lineage }: Context,
  listed: Omit<Listed, 'metadata'>,
  { best }: Pick<ImageMetadata, 'best'>,
  { rows, totalSize, users }: Described,
  sharedSize: () => number,
): Entry {
  const { image, created } = listed;
  const tags = tagsOf(listed);
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
      Manifests: rows.length > 0 ? rows : undefined,
      RepoDigests: repoDigests,
      RepoTags: repoTags,
      SharedSize: sharedSize(),
      Size: totalSize,
    }),
  };
}

function digestsOf(image: ImageRecord): readonly string[] | undefined {
  const named = parseNamed(image.name);
  const digested = named === undefined ? undefined : familiarDigested(named, image.target.digest);
  return digested === undefined ? undefined : [digested];
}

/** Fields of elements in an API version, computed once per list. */
interface Rules {
  readonly containers: boolean;
  readonly none: boolean;
  readonly descriptor: boolean;
  readonly virtualSize: boolean;
}

const rulesOf = (apiVersion: string): Rules => ({
  containers: follows(apiVersion, 'list.Containers'),
  none: still(apiVersion, 'list.none'),
  descriptor: has(apiVersion, 'ImageSummary.Descriptor'),
  virtualSize: still(apiVersion, 'list.VirtualSize'),
});

/** Applies the differences of an API version. */
function finish({ tags, digests, containers, body }: Entry, rules: Rules): Wire<ListedImage> {
  const none = rules.none && (tags ?? []).length === 0 && (digests ?? []).length === 0;
  const missing = rules.none ? null : [];
  const repoTags = none ? ['<none>:<none>'] : (tags ?? missing);
  const repoDigests = none ? ['<none>@<none>'] : (digests ?? missing);
  const made = body(repoTags, repoDigests, rules.containers ? containers : -1);
  const described = rules.descriptor ? made : { ...made, Descriptor: undefined };
  return rules.virtualSize ? olderForm({ ...described, VirtualSize: made.Size }) : described;
}

/**
 * Entries as `GET /system/df` has them: without the rules of older API versions, shared sizes included.
 *
 * @param visit given each image that is listed with its facts, which are not kept
 */
export async function* usageList(
  context: Context,
  pass: Pass,
  visit: (image: ImageRecord, metadata: ImageMetadata) => Promise<void>,
): AsyncGenerator<{ body: ImageItem; sizes: UsageSizes }> {
  const shared = new SharedSizes(context.snapshots);
  const found: (Group & Pick<ImageMetadata, 'best'> & { readonly created: number; readonly described: Described })[] =
    [];
  for (const { image, others } of await groupByTarget(context, { apiVersion: context.release.api })) {
    const facts = await pass.of(image.target);
    shared.add(image.target.digest, facts);
    await visit(image, facts);
    const { best } = facts;
    found.push({
      image,
      others,
      created: best?.created ?? 0,
      described: await describe(context, facts),
      ...(best && { best }),
    });
  }
  // Shared sizes are known only after all images were visited.
  for (const one of found.sort((a, b) => b.created - a.created)) {
    await yieldIfDue();
    const sharedSize = shared.sizeOf(one.image.target.digest);
    const { tags, digests, containers, body } = makeEntry(context, one, one, one.described, () => sharedSize);
    const sizes = { shared: sharedSize, total: one.described.totalSize };
    yield { body: body(tags ?? null, digests ?? null, containers), sizes };
  }
}

/** Sizes of an entry of `GET /system/df`, bytes. */
export interface UsageSizes {
  readonly shared: number;
  readonly total: number;
}
