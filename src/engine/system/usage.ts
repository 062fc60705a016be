import type { Descriptor } from '../../oci/descriptor.js';
import { DigestCounter } from '../../oci/digest-counter.js';
import { isIndexType, isManifestType } from '../../oci/media-types.js';
import type { ImageRecord } from '../../oci/store.js';
import { present, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { renderJson, VerbatimJson } from '../../support/go/json/render.js';
import type { JsonObject } from '../../support/go/json.js';
import { listContainers } from '../containers/list.js';
import type { Context } from '../context.js';
import { noFilters } from '../filters.js';
import { type ImageItem, usageList } from '../images/list.js';
import { presentManifests } from '../images/manifests.js';
import type { ImageMetadata, Pass } from '../images/metadata-cache.js';
import { pack, unpack } from '../images/packed-text.js';
import { chainIds } from '../images/snapshots.js';
import type { UsageOptions, UsageType } from '../types.js';
import { follows, still } from '../versions.js';
import { volumeObject } from '../volumes/store.js';
import { type AnswerOf, olderForm, type PartOf, undescribed } from '../wire.js';

const everything: readonly UsageType[] = ['image', 'container', 'volume', 'build-cache'];

/**
 * `GET /system/df` (docs/reference/behavior/daemon.md#daemon-information): measures images, containers and volumes. The
 * build cache is always empty.
 *
 * @throws INVALID_ARGUMENT for an unknown type
 */
export async function diskUsage(context: Context, options: UsageOptions): Promise<AnswerOf<'SystemDataUsage'>> {
  const { apiVersion } = options;
  const types = requestedTypes(options);
  const verbose = options.verbose === true;
  const old = !follows(apiVersion, 'df.usage') && still(apiVersion, 'df.VirtualSize');
  const images = types.has('image') ? await imageUsage(context, old) : undefined;
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
  return old && images !== undefined && images.count > 0 ? olderForm(older) : undescribed(older);
}

function requestedTypes({ types }: UsageOptions): ReadonlySet<UsageType> {
  if (types === undefined) return new Set(everything);
  return new Set(
    types.map((type) => {
      const known = everything.find((candidate) => candidate === type);
      if (known === undefined) throw new AttestdError('INVALID_ARGUMENT', `unknown object type: ${type}`);
      return known;
    }),
  );
}

/** Disk usage of containers or volumes. */
interface Usage {
  readonly items: readonly JsonObject[];
  readonly active: number;
  /** Bytes. */
  readonly total: number;
  readonly reclaimable: number;
}

async function containerUsage(context: Context): Promise<Usage> {
  // Items always have the current version's form, regardless of the request's version.
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
    const size = fileSystem.bytes();
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
  readonly count: number;
  readonly items: readonly ImageItem[] | readonly VerbatimJson[];
  readonly totalSize: number;
  readonly usage: PartOf<'SystemDataUsage', 'ImageUsage'>;
}

/** @param old whether to add the members of older API versions, whose keys are sorted */
async function imageUsage(context: Context, old: boolean): Promise<ImageUsage> {
  const pass = await context.imageMetadata.startPass(context);
  const stored = new StoredSize(context);
  const objects: ImageItem[] = [];
  // An answer has them twice, so they are rendered once.
  const texts: VerbatimJson[] = [];
  let reclaimable = 0;
  let active = 0;
  const add = (image: ImageRecord, metadata: ImageMetadata): Promise<void> => stored.add(image, metadata);
  for await (const { body, sizes } of usageList(context, pass, add)) {
    if (body.Containers === 0) reclaimable += sizes.total - sizes.shared;
    else if (body.Containers > 0) active++;
    if (old) {
      const widened = { ...body, VirtualSize: body.Size };
      objects.push(widened);
    } else texts.push(texts.length < unpackedItems ? new VerbatimJson(renderedItem(body)) : packedItem(body));
  }
  for (const image of context.store.list())
    if (!stored.has(image)) await stored.add(image, await metadataOf(image, pass));
  const items = old ? objects : texts;
  const count = items.length;
  const totalSize = stored.bytes;
  const usage = {
    ActiveCount: active || undefined,
    Items: count === 0 ? undefined : items,
    Reclaimable: reclaimable || undefined,
    TotalCount: count || undefined,
    TotalSize: totalSize || undefined,
  };
  return { count, items, totalSize, usage };
}

/** Number of images whose rendered form stays unpacked. */
const unpackedItems = 2000;

/** Returns a rendered image. */
export const renderedItem = (body: ImageItem): Buffer => renderJson(body).subarray(0, -1);

/** Returns a rendered image in packed form. */
export function packedItem(body: ImageItem): VerbatimJson {
  const id = body.Id;
  const packed = pack(renderedItem(body).toString(), id);
  return new VerbatimJson(() => Buffer.from(unpack(packed, id)));
}

/** An image's facts; undefined where it is broken. */
async function metadataOf({ target }: ImageRecord, pass: Pass): Promise<ImageMetadata | undefined> {
  try {
    return await pass.of(target);
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
}

/** Bytes of all blobs that images reach and of all that is unpacked, each counted once. */
class StoredSize {
  bytes = 0;
  readonly #targets = new Set<string>();
  readonly #blobs = new DigestCounter();
  readonly #chains = new DigestCounter();

  constructor(private readonly context: Context) {}

  /** Whether an image was added, or another with its target. */
  has({ target }: ImageRecord): boolean {
    return this.#targets.has(target.digest);
  }

  async add(image: ImageRecord, facts: ImageMetadata | undefined): Promise<void> {
    this.#targets.add(image.target.digest);
    const { mediaType } = image.target;
    if (facts?.lasting === true && (isManifestType(mediaType) || isIndexType(mediaType))) {
      this.#count({ blobs: facts.blobs, chains: facts.manifests.flatMap(({ chains = [] }) => chains) });
    } else for (const content of await measured(this.context, image)) this.#count(content);
  }

  #count({ blobs, chains }: Measured): void {
    for (const id of chains) if (this.#chains.add(id) === 1) this.bytes += this.context.snapshots.usage(id) ?? 0;
    for (const blob of blobs) if (this.#blobs.add(blob.digest) === 1) this.bytes += blob.size;
  }
}

interface Measured {
  readonly blobs: readonly Pick<Descriptor, 'digest' | 'size'>[];
  readonly chains: readonly string[];
}

/** The blobs and layer stacks of an image that is broken, as far as they can be read. */
async function measured(context: Context, image: ImageRecord): Promise<readonly Measured[]> {
  const { manifests: documents } = context;
  const found: Measured[] = [];
  try {
    for (const manifest of await presentManifests(documents, image)) {
      const { config } = await documents.manifest(manifest);
      if (!(await documents.has(config.digest))) continue;
      found.push({ blobs: [], chains: chainIds((await documents.config(config)).rootfs.diff_ids ?? []) });
    }
    const count = (blob: Descriptor): void => void found.push({ blobs: [blob], chains: [] });
    await walk(image.target, present(documents, count));
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    context.debug(`disk usage of ${image.name} cannot be measured: ${error.message}`);
  }
  return found;
}
