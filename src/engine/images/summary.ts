import { AttestdError } from '../../errors.js';
import { VerbatimJson } from '../../go/json/render.js';
import { goObject } from '../../go/json/value.js';
import { annotations } from '../../intoto/annotations.js';
import { verbatimStatements } from '../../intoto/properties.js';
import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { isDigest } from '../../oci/digest.js';
import type { ImageConfig } from '../../oci/image-config.js';
import { descriptorType, type Manifest, platformType } from '../../oci/manifest.js';
import type { ManifestCache } from '../../oci/manifest-cache.js';
import { isIndexType, isLayerType, isManifestType } from '../../oci/media-types.js';
import type { PlatformMatcher } from '../../oci/platform.js';
import type { ImageRecord } from '../../oci/store.js';
import { manifestsOnly, present, reachable, walk } from '../../oci/walk.js';
import type { AttestationProperties, ImageManifestSummary } from '../../types.js';
import { usersOfManifest } from '../containers/users.js';
import type { Context } from '../context.js';
import type { Wire } from '../wire.js';
import { platformOfConfig } from './manifests.js';
import { chainIds } from './snapshots.js';

/** An image manifest with what its configuration says, as far as the store has it. */
export interface PlatformImage {
  readonly manifest: Descriptor;
  readonly config: ImageConfig | undefined;
}

/** What list and inspect say about an image as a whole. */
export interface ImageSummary {
  /** ManifestSummary of each manifest that can be reached. */
  readonly manifests: readonly Wire<ImageManifestSummary>[];
  /** The image manifest that fits best. */
  readonly best: PlatformImage | undefined;
  /** Bytes of blobs and of what is unpacked, over all platforms. */
  readonly totalSize: number;
  /** How many containers were made of its manifests. */
  readonly users: number;
  /** Chain ids of all layers, for the shared size. */
  readonly chains: readonly string[];
  /** Blobs that are present, for the shared size. */
  readonly content: readonly Descriptor[];
}

/** Whether to add the statements of attestation manifests (the proposal's `AttestationData.Statements`). */
export interface SummaryOptions {
  readonly statements: boolean;
}

/** Kind and data of a manifest. */
interface Described {
  readonly kind: 'image' | 'attestation' | 'unknown';
  readonly attestationData?: Wire<AttestationProperties>;
}

/**
 * Describe the manifests of an image and choose the best one for a platform; nested indexes are entered, and manifests
 * that the store lacks are reported as far as their descriptors go.
 *
 * @param matcher which platforms may be chosen, and which first
 * @throws CORRUPT when a present index or manifest is not what its media type says
 */
export async function summarize(
  context: Context,
  image: ImageRecord,
  matcher: PlatformMatcher,
  options: SummaryOptions,
): Promise<ImageSummary> {
  const summary = new SummaryBuilder(context, matcher, options);
  const { target } = image;
  if (isManifestType(target.mediaType)) await summary.add(target);
  else if (isIndexType(target.mediaType)) {
    const add = (manifest: Descriptor): Promise<void> => summary.add(manifest);
    await walk(target, reachable(context.documents, manifestsOnly(add)));
  }
  return summary;
}

class SummaryBuilder implements ImageSummary {
  readonly manifests: Wire<ImageManifestSummary>[] = [];
  readonly chains: string[] = [];
  readonly content: Descriptor[] = [];
  best: PlatformImage | undefined;
  totalSize = 0;
  users = 0;
  private bestPlatform: Platform | undefined;

  constructor(
    private readonly context: Context,
    private readonly matcher: PlatformMatcher,
    private readonly options: SummaryOptions,
  ) {}

  async add(manifest: Descriptor): Promise<void> {
    const { documents } = this.context;
    const available = await isAvailable(documents, manifest);
    if (available === undefined) return;
    const contentSize = await this.measure(manifest);
    const described = await this.describe(manifest);
    const common = {
      ID: manifest.digest,
      Descriptor: goObject(manifest, descriptorType),
      Available: available,
    };
    if (described.kind !== 'image') {
      const size = { Content: contentSize, Total: contentSize };
      const data = described.attestationData;
      this.manifests.push({ ...common, Size: size, Kind: described.kind, AttestationData: data });
      return;
    }
    const config = await configOf(documents, manifest);
    const platform = manifest.platform ?? (config?.os ? platformOfConfig(config) : { architecture: '', os: '' });
    const unpacked = await this.unpackedSize(manifest, config);
    this.totalSize += unpacked;
    const users = usersOfManifest(this.context, manifest.digest);
    this.users += users.length;
    this.manifests.push({
      ...common,
      Size: { Content: contentSize, Total: contentSize + unpacked },
      Kind: 'image',
      ImageData: {
        Platform: goObject(platform, platformType),
        Size: { Unpacked: unpacked },
        Containers: users.length === 0 ? null : users.map(({ id }) => id),
      },
    });
    this.consider({ manifest, config }, platform);
  }

  private consider(image: PlatformImage, platform: Platform): void {
    if (!this.matcher.match(platform)) return;
    if (this.bestPlatform !== undefined && !this.matcher.less(platform, this.bestPlatform)) return;
    this.best = image;
    this.bestPlatform = platform;
  }

  private async measure(manifest: Descriptor): Promise<number> {
    let size = 0;
    try {
      const count = (descriptor: Descriptor): void => {
        size += descriptor.size;
        this.content.push(descriptor);
      };
      await walk(manifest, present(this.context.documents, count));
    } catch (error) {
      this.context.debug(`content of ${manifest.digest} cannot be measured: ${(error as Error).message}`);
      return 0;
    }
    this.totalSize += size;
    return size;
  }

  private async unpackedSize(manifest: Descriptor, config: ImageConfig | undefined): Promise<number> {
    const diffIds = config?.rootfs.diff_ids;
    if (diffIds === undefined) return 0;
    this.chains.push(...chainIds(diffIds));
    const { snapshots } = this.context;
    await snapshots.settle(manifest);
    return snapshots.total(diffIds);
  }

  private async describe(manifest: Descriptor): Promise<Described> {
    const { documents } = this.context;
    const notes = manifest.annotations ?? {};
    if (!Object.hasOwn(notes, annotations.referenceType)) {
      return { kind: (await isPseudo(documents, manifest)) === false ? 'image' : 'unknown' };
    }
    const subject = notes[annotations.referenceDigest] ?? '';
    if (!isDigest(subject)) return { kind: 'unknown' };
    const statements = this.options.statements ? await this.statements(manifest) : [];
    const data = { For: subject, Statements: statements.length === 0 ? undefined : statements };
    return { kind: 'attestation', attestationData: data };
  }

  private async statements(manifest: Descriptor): Promise<readonly VerbatimJson[]> {
    const { documents, debug } = this.context;
    let decoded: Manifest;
    try {
      decoded = await documents.verifiedManifest(manifest);
    } catch (error) {
      debug('attestation manifest skipped', { digest: manifest.digest, reason: (error as Error).message });
      return [];
    }
    const statements = await verbatimStatements(decoded, documents.content, debug);
    return statements.map((bytes) => new VerbatimJson(bytes));
  }
}

/** Whether config and all layers are there; undefined when the manifest cannot be read, which hides it. */
export async function isAvailable(documents: ManifestCache, manifest: Descriptor): Promise<boolean | undefined> {
  try {
    return await availability(documents, manifest);
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
}

/**
 * Whether a manifest, its config and all layers are there.
 *
 * @throws CORRUPT when the manifest is not what its media type says
 */
export async function availability(documents: ManifestCache, manifest: Descriptor): Promise<boolean> {
  try {
    const { config, layers = [] } = await documents.manifest(manifest);
    const present = await Promise.all([config, ...layers].map(({ digest }) => documents.has(digest)));
    return present.every(Boolean);
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}

/**
 * Whether a manifest only borrows the image media type: an attestation, an unknown platform, or layers none of which is
 * a file system's; undefined when the manifest is not what its media type says.
 */
export async function isPseudo(documents: ManifestCache, manifest: Descriptor): Promise<boolean | undefined> {
  if (Object.hasOwn(manifest.annotations ?? {}, annotations.referenceType)) return true;
  if (manifest.platform?.os === 'unknown' && manifest.platform.architecture === 'unknown') return true;
  try {
    const { layers = [] } = await documents.manifest(manifest);
    return layers.length > 0 && !layers.some((layer) => isLayerType(layer.mediaType));
  } catch (error) {
    return error instanceof AttestdError && error.code === 'NOT_FOUND' ? false : undefined;
  }
}

/** The configuration of a manifest; undefined where it is absent or cannot be read. */
async function configOf(documents: ManifestCache, manifest: Descriptor): Promise<ImageConfig | undefined> {
  try {
    return await documents.config((await documents.manifest(manifest)).config);
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
}
