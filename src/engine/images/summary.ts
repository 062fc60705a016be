import { annotations } from '../../attestations/annotations.js';
import { verbatimStatements } from '../../attestations/properties.js';
import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { isDigest } from '../../oci/digest.js';
import type { ImageConfig } from '../../oci/image-config.js';
import { descriptorType, type Manifest, platformType } from '../../oci/manifest.js';
import type { ManifestCache } from '../../oci/manifest-cache.js';
import { isIndexType, isLayerType, isManifestType } from '../../oci/media-types.js';
import type { PlatformMatcher } from '../../oci/platform.js';
import type { ImageRecord } from '../../oci/store.js';
import { manifestsOnly, present, reachable, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { ImageManifestSummary } from '../../support/foundation/types.js';
import { VerbatimJson } from '../../support/go/json/render.js';
import { goObject } from '../../support/go/json/value.js';
import type { Container } from '../containers/container.js';
import { usersOfManifest } from '../containers/create/users.js';
import type { Context } from '../context.js';
import type { Wire } from '../wire.js';
import { identityOf } from './identity.js';
import { platformOfConfig } from './manifests.js';
import { chainIds } from './snapshots.js';

/** An image manifest with the contents of its configuration, as far as the store has it. */
export interface PlatformImage {
  readonly manifest: Descriptor;
  readonly config: ImageConfig | undefined;
}

/** The properties of an image as a whole in list and inspect. */
export interface ImageSummary {
  /** ManifestSummary of each manifest that can be reached. */
  readonly manifests: readonly Wire<ImageManifestSummary>[];
  /** The image manifest that fits best. */
  readonly best: PlatformImage | undefined;
  /** Bytes of blobs and unpacked layers of all platforms. */
  readonly totalSize: number;
  /** Number of containers created from its manifests. */
  readonly users: number;
}

/** Whether to add the statements of attestation manifests (the proposal's `AttestationData.Statements`). */
export interface SummaryOptions {
  readonly statements: boolean;
  /** Digest of the image. If set, manifests report their origin. */
  readonly identity?: string;
}

/** Metadata of one manifest and its content, independent of containers and unpacked layers. */
export interface ManifestMetadata {
  readonly manifest: Descriptor;
  /** Whether its configuration and all layers exist. */
  readonly available: boolean;
  /** Existing blobs, starting with the manifest. Empty if they cannot be measured. */
  readonly content: readonly Pick<Descriptor, 'digest' | 'size'>[];
  readonly kind: 'image' | 'attestation' | 'unknown';
  /** Digest of the manifest that an attestation is for. */
  readonly subject?: string;
  /** Set for an image. */
  readonly platform?: Platform;
  /** Ids of an image's layer stacks, bottom first; absent where its configuration cannot be read. */
  readonly chains?: readonly string[];
}

/**
 * Describes the manifests of an image and chooses the best one for a platform. Enters nested indexes; reports missing
 * manifests from their descriptors.
 *
 * @param matcher the acceptable platforms in order of preference
 * @throws CORRUPT if an index or manifest does not match its media type
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
    await walk(target, reachable(context.manifests, manifestsOnly(add)));
  }
  return summary;
}

/**
 * Returns the image manifest that `summarize` would choose, without describing all manifests.
 *
 * @param whole whether to require that all its content exists
 * @throws CORRUPT if an index or manifest does not match its media type
 */
export async function chooseImage(
  context: Context,
  { target }: ImageRecord,
  matcher: PlatformMatcher,
  whole = false,
): Promise<PlatformImage | undefined> {
  const choice = new Choice(matcher);
  const consider = async (manifest: Descriptor): Promise<void> => {
    const { manifests: documents } = context;
    const available = await isAvailable(documents, manifest);
    if (available === undefined || (whole && !available)) return;
    if ((await isPseudo(documents, manifest)) !== false) return;
    const config = await configOf(documents, manifest);
    if (config !== undefined) await context.snapshots.ensureUnpacked(manifest);
    choice.consider({ manifest, config }, ownPlatform(manifest, config));
  };
  if (isManifestType(target.mediaType)) await consider(target);
  else if (isIndexType(target.mediaType)) await walk(target, reachable(context.manifests, manifestsOnly(consider)));
  return choice.best;
}

/** The best of the images that were considered. */
class Choice {
  best: PlatformImage | undefined;
  private platform: Platform | undefined;

  constructor(private readonly matcher: PlatformMatcher) {}

  consider(image: PlatformImage, platform: Platform): void {
    if (!this.matcher.match(platform)) return;
    if (this.platform !== undefined && !this.matcher.less(platform, this.platform)) return;
    this.best = image;
    this.platform = platform;
  }
}

class SummaryBuilder implements ImageSummary {
  readonly manifests: Wire<ImageManifestSummary>[] = [];
  totalSize = 0;
  users = 0;
  private readonly choice: Choice;

  constructor(
    private readonly context: Context,
    matcher: PlatformMatcher,
    private readonly options: SummaryOptions,
  ) {
    this.choice = new Choice(matcher);
  }

  get best(): PlatformImage | undefined {
    return this.choice.best;
  }

  async add(manifest: Descriptor): Promise<void> {
    const examined = await examineManifest(this.context, manifest);
    if (examined === undefined) return;
    const { metadata: facts, config } = examined;
    if (facts.chains !== undefined) await this.context.snapshots.ensureUnpacked(manifest);
    const { row, size, users } = await describeManifest(this.context, facts, this.options);
    this.manifests.push(row);
    this.totalSize += size;
    this.users += users;
    if (facts.platform !== undefined) this.choice.consider({ manifest, config }, facts.platform);
  }
}

/** The platform of an image manifest: its descriptor's, else its configuration's, else an empty one. */
function ownPlatform(manifest: Descriptor, config: ImageConfig | undefined): Platform {
  return manifest.platform ?? (config?.os ? platformOfConfig(config) : { architecture: '', os: '' });
}

/** A manifest's facts, and the configuration of an image's. */
interface Examined {
  readonly metadata: ManifestMetadata;
  readonly config: ImageConfig | undefined;
}

/**
 * Look at a manifest of an image.
 *
 * @returns undefined when the manifest cannot be read, which hides it
 */
export async function examineManifest(context: Context, manifest: Descriptor): Promise<Examined | undefined> {
  const { manifests: documents } = context;
  const available = await isAvailable(documents, manifest);
  if (available === undefined) return undefined;
  const content = await measure(context, manifest);
  const notes = manifest.annotations ?? {};
  if (Object.hasOwn(notes, annotations.referenceType)) {
    const subject = notes[annotations.referenceDigest] ?? '';
    const kind = isDigest(subject) ? 'attestation' : 'unknown';
    return {
      metadata: { manifest, available, content, kind, ...(kind === 'attestation' && { subject }) },
      config: undefined,
    };
  }
  if ((await isPseudo(documents, manifest)) !== false)
    return { metadata: { manifest, available, content, kind: 'unknown' }, config: undefined };
  const config = await configOf(documents, manifest);
  const platform = ownPlatform(manifest, config);
  const diffIds = config?.rootfs.diff_ids;
  const chains = diffIds && chainIds(diffIds);
  return { metadata: { manifest, available, content, kind: 'image', platform, ...(chains && { chains }) }, config };
}

/** A manifest's part in the answer, with the bytes that it adds to its image's and its containers. */
export interface DescribedManifest {
  readonly row: Wire<ImageManifestSummary>;
  readonly size: number;
  readonly users: number;
}

/** Bytes and containers of a manifest. */
function referencedBy(
  context: Context,
  { manifest, content, platform, chains = [] }: ManifestMetadata,
): { readonly blobs: number; readonly unpacked: number; readonly containers: readonly Container[] } {
  const blobs = content.reduce((sum, blob) => sum + blob.size, 0);
  if (platform === undefined) return { blobs, unpacked: 0, containers: [] };
  return { blobs, unpacked: context.snapshots.total(chains), containers: usersOfManifest(context, manifest.digest) };
}

/** Returns a manifest's contribution to its image: bytes, including unpacked layers, and containers. */
export function sizeOfManifest(
  context: Context,
  metadata: ManifestMetadata,
): Pick<DescribedManifest, 'size' | 'users'> {
  const { blobs, unpacked, containers } = referencedBy(context, metadata);
  return { size: blobs + unpacked, users: containers.length };
}

/** Combines a manifest's metadata with the current containers and unpacked layers. */
export async function describeManifest(
  context: Context,
  metadata: ManifestMetadata,
  options: SummaryOptions,
): Promise<DescribedManifest> {
  const { manifest, kind, subject, platform } = metadata;
  const { blobs, unpacked, containers } = referencedBy(context, metadata);
  const size = blobs + unpacked;
  const users = containers.length;
  const common = {
    ID: manifest.digest,
    Descriptor: goObject(manifest, descriptorType),
    Available: metadata.available,
    Size: { Content: blobs, Total: size },
    Kind: kind,
  };
  if (platform === undefined) {
    const statements = options.statements && kind === 'attestation' ? await statementsOf(context, manifest) : [];
    const data = subject && { For: subject, Statements: statements.length === 0 ? undefined : statements };
    return { row: { ...common, AttestationData: data || undefined }, size, users };
  }
  const row = {
    ...common,
    ImageData: {
      Platform: goObject(platform, platformType),
      Identity:
        options.identity && metadata.available ? await identityOf(context, options.identity, platform) : undefined,
      Size: { Unpacked: unpacked },
      Containers: users === 0 ? null : containers.map(({ id }) => id),
    },
  };
  return { row, size, users };
}

/** Returns the existing blobs from a manifest on. */
async function measure({ manifests: documents, debug }: Context, manifest: Descriptor): Promise<readonly Descriptor[]> {
  const content: Descriptor[] = [];
  try {
    await walk(
      manifest,
      present(documents, (descriptor) => void content.push(descriptor)),
    );
    return content;
  } catch (error) {
    debug(`content of ${manifest.digest} cannot be measured: ${(error as Error).message}`);
    return [];
  }
}

async function statementsOf(
  { manifests: documents, debug }: Context,
  manifest: Descriptor,
): Promise<readonly VerbatimJson[]> {
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

/** Whether config and all layers exist. Undefined if the manifest is unreadable, which hides it. */
export async function isAvailable(documents: ManifestCache, manifest: Descriptor): Promise<boolean | undefined> {
  try {
    return await availability(documents, manifest);
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
}

/**
 * Whether a manifest, its config and all layers exist.
 *
 * @throws CORRUPT if the manifest does not match its media type
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
 * Whether a manifest uses the image media type for something else: an attestation, an unknown platform, or layers that
 * are not file systems. Undefined if the manifest does not match its media type.
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
