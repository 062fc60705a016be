import { LRUCache } from 'lru-cache';
import { cacheSize } from '../../oci/cache-size.js';
import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { digestOf } from '../../oci/digest.js';
import { markOf } from '../../oci/digest-counter.js';
import type { ImageConfig } from '../../oci/image-config.js';
import { isConfigType, isIndexType, isManifestType } from '../../oci/media-types.js';
import type { PlatformMatcher } from '../../oci/platform.js';
import { manifestsOnly, present, reachable, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue, yieldToRequests } from '../../support/foundation/scheduler.js';
import { parseGoTime, unixSeconds } from '../../support/go/rfc3339.js';
import type { Context } from '../context.js';
import { BlobChanges, type BlobGeneration } from './blob-changes.js';
import { KnownImages } from './known-images.js';
import type { ImageMetadataFile } from './metadata-file.js';
import { decodeMetadata, encodeMetadata } from './metadata-text.js';
import { examineManifest, type ManifestMetadata } from './summary.js';

/**
 * Metadata derived from an image's content. Content never changes, so the metadata is valid as long as the same blobs
 * exist.
 */
export interface ImageMetadata {
  /** Of each manifest that can be reached and read. */
  readonly manifests: readonly ManifestMetadata[];
  /** Values that list shows, from the manifest that runs best on the host. Undefined if none runs. */
  readonly best?: { readonly created: number; readonly labels: Readonly<Record<string, string>> };
  /** Existing blobs in walk order, with repetitions. */
  readonly blobs: readonly Pick<Descriptor, 'digest' | 'size'>[];
  /** Referenced digests without a blob. */
  readonly absent: readonly string[];
  /** Bytes of unpacked layers by the ids of their stacks. */
  readonly unpacked: readonly (readonly [string, number])[];
  /** Whether the metadata is valid as long as the same blobs exist: no content is broken or skipped. */
  readonly lasting: boolean;
}

/** Estimated bytes of memory per character of the serialized form. */
const bytesPerCharacter = 2;

/** Minimum number of images for reading metadata in the background, and milliseconds between progress messages. */
const backgroundThreshold = 1000;
const reportIntervalMs = 5000;

/** Metadata of images, cached in memory and in a file next to the layout. Both caches are optional. */
export class ImageMetadataCache {
  readonly #cache = new LRUCache<string, ImageMetadata>({ maxSize: cacheSize('facts') });
  #known = new KnownImages();
  readonly #changes = new BlobChanges();
  #closed = false;

  /**
   * @param matcher the platforms that the host runs, best first
   *
   * @param file the persistent cache
   */
  constructor(
    private readonly matcher: PlatformMatcher,
    private readonly file?: ImageMetadataFile | undefined,
  ) {}

  /** Starts a pass over images. Images whose blobs changed since the last pass are read again. */
  async startPass(context: Context): Promise<Pass> {
    // Deleted images are never requested again.
    if (this.#known.isWasteful(context.store.list().length, backgroundThreshold)) this.#known = new KnownImages();
    const generation = await this.#changes.current(context.store.content);
    return {
      number: generation.number,
      of: (target) => this.#of(context, target, generation),
      isCurrent: async ({ digest }) =>
        this.#known.isCurrent(digest, generation) || (await this.#current(context, digest, generation)) !== undefined,
    };
  }

  /**
   * Reads missing metadata ahead of the first list, unless only a few images lack it.
   *
   * @param say receives progress messages
   */
  async prepare(context: Context, say: (message: string) => void): Promise<void> {
    if (this.file === undefined) return;
    await this.file.compact((digest) => context.store.withTarget(digest).length > 0);
    if (context.store.list().length < backgroundThreshold) return;
    const missing = new Map<string, Descriptor>();
    for (const { target } of context.store.list()) {
      await yieldToRequests();
      if (!(await this.file.has(target.digest))) missing.set(target.digest, target);
    }
    if (missing.size < backgroundThreshold) return;
    let reportedAt = Date.now();
    let done = 0;
    for (const target of missing.values()) {
      if (this.#closed) return;
      await yieldToRequests();
      await (await this.startPass(context)).of(target).catch(() => undefined);
      done++;
      if (Date.now() - reportedAt < reportIntervalMs) continue;
      reportedAt = Date.now();
      say(`reading images that were not served from this store before: ${done} of ${missing.size}`);
    }
  }

  /** Writes pending metadata and closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.file?.close();
  }

  async #of(context: Context, target: Descriptor, generation: BlobGeneration): Promise<ImageMetadata> {
    const { digest } = target;
    const known = await this.#current(context, digest, generation);
    if (known !== undefined) return known;
    const metadata = await readMetadata(context, target, this.matcher);
    if (metadata.lasting) this.#put(digest, metadata, generation);
    return metadata;
  }

  /** Returns cached metadata if it is current. */
  async #current(context: Context, digest: string, generation: BlobGeneration): Promise<ImageMetadata | undefined> {
    await yieldIfDue();
    const metadata = this.#cache.get(digest) ?? (await this.#read(context, digest));
    if (metadata === undefined) return undefined;
    if (this.#known.isCurrent(digest, generation)) return metadata;
    if (isUnchanged(generation, metadata)) {
      this.#markCurrent(digest, metadata, generation);
      return metadata;
    }
    this.#cache.delete(digest);
    this.#known.delete(digest);
    return undefined;
  }

  #markCurrent(digest: string, metadata: ImageMetadata, { number }: BlobGeneration): void {
    const marks = new Set([...metadata.blobs.map((blob) => blob.digest), ...metadata.absent].map(markOf));
    this.#known.add(digest, number, marks);
  }

  /** Returns the metadata in the file. */
  async #read({ snapshots }: Context, digest: string): Promise<ImageMetadata | undefined> {
    const text = await this.file?.read(digest);
    if (text === undefined) return undefined;
    // Not cached in memory: a pass requests each image only once, and the rendered elements are cached.
    const metadata = decodeMetadata(text);
    for (const [id, size] of metadata.unpacked) snapshots.restore(id, size);
    return metadata;
  }

  #put(digest: string, metadata: ImageMetadata, generation: BlobGeneration): void {
    // Two may have found out the same.
    const isCached = this.#cache.has(digest);
    const text = encodeMetadata(metadata);
    this.#cache.set(digest, metadata, { size: text.length * bytesPerCharacter });
    // If blobs changed during the read, the metadata is checked again later.
    if (isUnchanged(generation, metadata)) this.#markCurrent(digest, metadata, generation);
    if (!isCached) this.file?.append(digest, text);
  }
}

/** One way through images. */
export interface Pass {
  /** The same as the last pass's if no blob was added or deleted since. */
  readonly number: number;
  /** Whether the metadata of an image is known and current. */
  isCurrent(target: Descriptor): Promise<boolean>;
  /**
   * Returns the metadata of an image.
   *
   * @throws CORRUPT if an index or manifest does not match its media type
   */
  of(target: Descriptor): Promise<ImageMetadata>;
}

/** Whether all existing blobs still exist and all missing ones are still missing. */
const isUnchanged = ({ has }: BlobGeneration, { blobs, absent }: ImageMetadata): boolean =>
  blobs.every(({ digest }) => has(digest)) && !absent.some(has);

async function readMetadata(context: Context, target: Descriptor, matcher: PlatformMatcher): Promise<ImageMetadata> {
  const { manifests: documents, snapshots } = context;
  const manifests: ManifestMetadata[] = [];
  const unpacked: (readonly [string, number])[] = [];
  let lasting = true;
  let best: Best | undefined;
  const add = async (manifest: Descriptor): Promise<void> => {
    const examined = await examineManifest(context, manifest);
    if (examined === undefined) {
      lasting = false;
      return;
    }
    const { metadata: facts, config } = examined;
    manifests.push(facts);
    if (facts.platform === undefined) return;
    if (config === undefined) lasting &&= !(await documents.has(manifest.digest));
    if (facts.chains !== undefined) {
      const outcome = await snapshots.ensureUnpacked(manifest);
      if (outcome === 'failed' && facts.available) lasting = false;
      for (const id of outcome === 'packed' ? [] : facts.chains) {
        const size = snapshots.usage(id);
        if (size !== undefined) unpacked.push([id, size]);
      }
    }
    if (!matcher.match(facts.platform)) return;
    if (best !== undefined && !matcher.less(facts.platform, best.platform)) return;
    best = { platform: facts.platform, config };
  };
  if (isManifestType(target.mediaType)) await add(target);
  else if (isIndexType(target.mediaType)) await walk(target, reachable(documents, manifestsOnly(add)));
  const blobs: ImageMetadata['blobs'][number][] = [];
  const absent: string[] = [];
  try {
    const addBlob = ({ digest, size }: Descriptor): void => void blobs.push({ digest, size });
    await walk(target, present(documents, addBlob));
    const check = async (descriptor: Descriptor): Promise<void> => {
      if (!(await documents.has(descriptor.digest))) absent.push(descriptor.digest);
      else lasting &&= await isSound(context, descriptor);
    };
    await walk(target, reachable(documents, check), { once: true });
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    lasting = false;
  }
  // Manifests share one object per blob.
  const objects = new Map(blobs.map((blob) => [keyOf(blob), blob]));
  const shared = manifests.map((one) => ({
    ...one,
    content: one.content.map((blob) => objects.get(keyOf(blob)) ?? { digest: blob.digest, size: blob.size }),
  }));
  return { manifests: shared, ...displayedOf(best), blobs, absent, unpacked, lasting };
}

const keyOf = ({ digest, size }: ImageMetadata['blobs'][number]): string => `${digest} ${size}`;

/** The manifest that is liked best so far. */
interface Best {
  readonly platform: Platform;
  readonly config: ImageConfig | undefined;
}

function displayedOf(best: Best | undefined): Pick<ImageMetadata, 'best'> {
  if (best === undefined) return {};
  const { created, config } = best.config ?? {};
  const seconds = created === undefined ? 0 : unixSeconds(parseGoTime(created));
  return { best: { created: seconds, labels: config?.Labels ?? {} } };
}

/** Whether a document matches its digest. A document that does not is replaced when the image is loaded again. */
async function isSound({ manifests: documents }: Context, { digest, mediaType }: Descriptor): Promise<boolean> {
  if (!isManifestType(mediaType) && !isIndexType(mediaType) && !isConfigType(mediaType)) return true;
  return digestOf(await documents.content.bytes(digest), digest.split(':', 1)[0]) === digest;
}
