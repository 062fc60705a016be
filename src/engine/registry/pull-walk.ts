import type { ContentStore } from '../../oci/content-store.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { checkMediaType, childrenOf } from '../../oci/manifest.js';
import { isConfigType, isIndexType, isLayerType, isManifestType } from '../../oci/media-types.js';
import type { PlatformMatcher } from '../../oci/platform.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Repository } from '../../support/registry-client/repository.js';
import type { Context } from '../context.js';
import { chainIds } from '../images/snapshots.js';
import type { Emit } from './message-stream.js';
import { emitProgress, isShown } from './progress.js';
import { Fetcher } from './pull-fetch.js';
import { PullProgress } from './pull-progress.js';
import { PullReferrers } from './pull-referrers.js';

/** Parameters of one pull. */
export interface PullOfImage {
  readonly context: Context;
  readonly repository: Repository;
  /** Stores content until the image has its name. */
  readonly content: ContentStore;
  readonly matcher: PlatformMatcher;
  readonly emit: Emit;
  /** The first message, sent once there is a manifest. */
  readonly hasGreeted: { readonly status: string; readonly id: string };
  /** The image's name, for errors. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Aborts all downloads. */
  readonly abort: () => void;
}

/** Descriptors that one pull follows at most: an image has a few hundred, a registry that lies may have no end of them. */
const maxDescriptors = 50_000;

const dockerSchema1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';

/**
 * Downloads an image as containerd does for dockerd: the resolved descriptor, the best manifest for the platform, its
 * configuration, layers and referrers. Siblings are downloaded concurrently. Layers follow their configuration and are
 * unpacked (docs/reference/registries.md#pull).
 */
export class PullWalk {
  /** Signatures that no index names. */
  readonly attached: Descriptor[] = [];
  /** Descriptors that the image needs, by digest. */
  readonly needed = new Map<string, Descriptor>();
  readonly progress: PullProgress;
  private readonly fetcher: Fetcher;
  private readonly referrers: PullReferrers;
  /** Layers by the configuration that they belong to, with the manifest that names both. */
  private readonly layers = new Map<string, { manifest: Descriptor; layers: readonly Descriptor[] }>();
  private readonly unpacking: Promise<void>[] = [];
  private chosen: Descriptor | undefined;
  private hasGreeted = false;
  /** The first error, which aborts everything else. */
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly pull: PullOfImage) {
    this.fetcher = new Fetcher(pull.repository, pull.content);
    this.referrers = new PullReferrers(pull.repository);
    this.progress = new PullProgress(this.fetcher, pull.context.snapshots, pull.emit);
  }

  /**
   * Downloads and unpacks the image.
   *
   * @throws NOT_FOUND if no manifest matches the platform; CORRUPT, INTERNAL with dockerd's texts
   */
  async run(target: Descriptor): Promise<void> {
    try {
      await this.dispatch([target]);
    } finally {
      await Promise.allSettled(this.unpacking);
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  /**
   * Whether the chosen manifest matches the platform, by its configuration if the index does not specify one. True
   * outside of an index.
   */
  async fits(): Promise<boolean> {
    if (this.chosen === undefined || this.chosen.platform !== undefined) return true;
    const { manifests: documents } = this.pull.context;
    return this.pull.matcher.match(await documents.config((await documents.manifest(this.chosen)).config));
  }

  /** The manifest that was taken from an index. */
  get manifest(): Descriptor | undefined {
    return this.chosen;
  }

  /** Whether layers to unpack were found. */
  get unpacked(): boolean {
    return this.unpacking.length > 0;
  }

  /** Downloads content again that was deleted after it was found here. */
  async complete(): Promise<void> {
    for (const descriptor of this.needed.values()) await this.fetcher.fetch(descriptor);
  }

  private async dispatch(descriptors: readonly Descriptor[]): Promise<void> {
    const all = descriptors.map(async (descriptor) => {
      try {
        await this.dispatch(await this.handle(descriptor));
      } catch (error) {
        this.fail(error);
      }
    });
    await Promise.all(all);
    if (this.failure !== undefined) throw this.failure.error;
  }

  private fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = { error };
    this.pull.abort();
  }

  /**
   * Downloads one descriptor.
   *
   * @returns the descriptors to download next
   */
  private async handle(descriptor: Descriptor): Promise<readonly Descriptor[]> {
    const { mediaType, digest } = descriptor;
    this.check();
    if (isShown(descriptor)) this.progress.jobs.add(descriptor);
    if (mediaType === dockerSchema1) throw schema1(this.pull.name);
    if (isLayerType(mediaType)) emitProgress(this.pull.emit, digest, 'Pulling fs layer');
    if (isManifestType(mediaType)) await this.atManifest(descriptor);
    await this.fetch(descriptor);
    if (!isManifestType(mediaType) && !isIndexType(mediaType)) return this.atBlob(descriptor);
    const children = await this.children(descriptor);
    if (!isManifestType(mediaType)) return children;
    const layers = children.filter((child) => isLayerType(child.mediaType));
    const others = children.filter((child) => !isLayerType(child.mediaType));
    for (const other of others) this.layers.set(other.digest, { manifest: descriptor, layers });
    return others;
  }

  private check(): void {
    if (this.failure !== undefined || this.pull.signal.aborted) throw new AttestdError('INTERNAL', 'context canceled');
  }

  private async atManifest(descriptor: Descriptor): Promise<void> {
    const { emit, hasGreeted: greeting } = this.pull;
    if (!this.hasGreeted) emit(greeting);
    this.hasGreeted = true;
    if (await this.isComplete(descriptor)) this.progress.hide();
  }

  /** Whether the store has an image manifest, its configuration and its layers. */
  private async isComplete(descriptor: Descriptor): Promise<boolean> {
    const { manifests: documents } = this.pull.context;
    if (!(await documents.has(descriptor.digest))) return false;
    try {
      checkMediaType(await this.pull.content.bytes(descriptor.digest), descriptor.mediaType);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      const what = `failed to check image ${descriptor.digest}: manifest: invalid desc ${descriptor.digest}`;
      throw new AttestdError('CORRUPT', `${what}: ${error.message}`, { cause: error });
    }
    const { config, layers = [] } = await documents.manifest(descriptor);
    for (const { digest } of [config, ...layers]) if (!(await documents.has(digest))) return false;
    return true;
  }

  private async fetch(descriptor: Descriptor): Promise<void> {
    const { context, signal } = this.pull;
    this.needed.set(descriptor.digest, descriptor);
    if (this.needed.size > maxDescriptors) throw new AttestdError('CORRUPT', 'the image has too many parts');
    await context.registries.downloads.run(async () => {
      this.check();
      await this.fetcher.fetch(descriptor);
    }, signal);
    if (!this.fetcher.fetched.has(descriptor.digest)) this.progress.found(descriptor.digest);
  }

  private async children(descriptor: Descriptor): Promise<readonly Descriptor[]> {
    const { content, matcher } = this.pull;
    const bytes = await content.bytes(descriptor.digest);
    const isIndex = isIndexType(descriptor.mediaType);
    const named = childrenOf(bytes, descriptor);
    const referring = await this.referrers.of(descriptor.digest, (one) => this.attached.push(one));
    if (isIndex) this.referrers.read(bytes);
    const fitting = [...named, ...referring].filter(
      ({ platform }) => platform === undefined || matcher.match(platform),
    );
    if (!isIndex) return fitting;
    const [best] = sortByPlatform(fitting, matcher);
    if (best === undefined) throw new AttestdError('NOT_FOUND', 'no match for platform in manifest: not found');
    if (isManifestType(best.mediaType)) this.chosen = best;
    return [best];
  }

  /** Starts to unpack once the configuration exists. */
  private atBlob({ mediaType, digest }: Descriptor): readonly Descriptor[] {
    const found = isConfigType(mediaType) ? this.layers.get(digest) : undefined;
    if (found === undefined || found.layers.length === 0) return [];
    this.unpacking.push(this.unpack(found.manifest, found.layers).catch((error: unknown) => this.fail(error)));
    return [];
  }

  private async unpack(manifest: Descriptor, layers: readonly Descriptor[]): Promise<void> {
    const { context, name } = this.pull;
    const { snapshots, manifests: documents } = context;
    const image = await documents.config((await documents.manifest(manifest)).config);
    const diffIds = image.rootfs.diff_ids ?? [];
    if (diffIds.length !== layers.length) {
      const reason = `number of layers and diffIDs don't match: ${layers.length} != ${diffIds.length}`;
      throw new AttestdError('INTERNAL', reason);
    }
    const ids = chainIds(diffIds);
    const missing: Descriptor[] = [];
    for (const [i, layer] of layers.entries()) {
      // A layer that is unpacked and whose blob exists is neither downloaded nor reported.
      this.needed.set(layer.digest, layer);
      if (snapshots.usage(ids[i] as string) !== undefined && (await documents.has(layer.digest))) continue;
      this.progress.follow(layer, ids[i] as string);
      missing.push(layer);
    }
    await this.dispatch(missing);
    this.check();
    await snapshots.unpack(manifest, name);
  }
}

/** Stable sort: preferred platforms first, descriptors without a platform last. */
function sortByPlatform(descriptors: readonly Descriptor[], matcher: PlatformMatcher): Descriptor[] {
  return [...descriptors].sort((a, b) => {
    if (a.platform === undefined) return b.platform === undefined ? 0 : 1;
    if (b.platform === undefined) return -1;
    if (matcher.less(a.platform, b.platform)) return -1;
    return matcher.less(b.platform, a.platform) ? 1 : 0;
  });
}

function schema1(name: string): AttestdError {
  const reason =
    'support for Docker Image manifest version 2, schema 1 has been removed. ' +
    `More information at https://docs.docker.com/go/deprecated-image-specs/`;
  return new AttestdError('INVALID_ARGUMENT', `${name}: ${reason}`);
}
