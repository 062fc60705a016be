import type { Descriptor } from '../../oci/descriptor.js';
import { digestOf } from '../../oci/digest.js';
import type { ManifestCache } from '../../oci/manifest-cache.js';
import type { PlatformMatcher } from '../../oci/platform.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { countedCache } from '../counted-cache.js';
import { maxUnpackedLayers } from '../limits.js';
import { type UnpackedLayer, unpackLayer } from './layers.js';

/**
 * Returns the ids of a layer stack, bottom first. The id of one layer is its diff id; of more layers, the digest of the
 * id below and the diff id (image-spec, config.md, "Layer ChainID").
 */
export function chainIds(diffIds: readonly string[]): readonly string[] {
  const ids: string[] = [];
  for (const diffId of diffIds) {
    const below = ids.at(-1);
    ids.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return ids;
}

/** Result of an unpack: complete, not for this host's platform, or failed. */
type UnpackResult = 'unpacked' | 'packed' | 'failed';

/**
 * Sizes of unpacked layers. Images are never run from here, so only the sizes are kept. Images that the host can run
 * are unpacked on load, and count as unpacked when a store is opened.
 */
export class Snapshots {
  /** Changes whenever a total that was asked for may be another. */
  generation = 0;
  private readonly sizes = new Map<string, number>();
  /** Stacks that were asked for and are not unpacked. */
  private readonly missed = new Set<string>();
  private readonly layers = countedCache<UnpackedLayer>(maxUnpackedLayers);
  private readonly attempts = new Map<string, UnpackResult | Promise<UnpackResult>>();

  constructor(
    private readonly documents: ManifestCache,
    private readonly host: PlatformMatcher,
  ) {}

  /** Returns the bytes of one layer without those below it. Undefined if it is not unpacked. */
  usage(chainId: string): number | undefined {
    return this.sizes.get(chainId);
  }

  /** Bytes of a whole stack, by the ids of its layers, bottom first; 0 when it is not unpacked. */
  total(chains: readonly string[]): number {
    const top = chains.at(-1);
    if (top === undefined) return 0;
    for (const id of chains) if (!this.sizes.has(id)) this.missed.add(id);
    if (!this.sizes.has(top)) return 0;
    return chains.reduce((sum, id) => sum + (this.sizes.get(id) ?? 0), 0);
  }

  /**
   * Forget a stack that no image has any more.
   *
   * @returns the bytes of its top layer
   */
  drop(chainId: string): number {
    const size = this.sizes.get(chainId) ?? 0;
    this.sizes.delete(chainId);
    this.generation++;
    this.attempts.clear();
    return size;
  }

  /** Unpack an image manifest that the machine can run, once; failures leave it packed, as in a daemon. */
  async ensureUnpacked(manifest: Descriptor): Promise<UnpackResult> {
    const { digest } = manifest;
    const known = this.attempts.get(digest);
    if (known !== undefined) return known;
    const attempt = this.attempt(manifest).catch((): UnpackResult => 'failed');
    this.attempts.set(digest, attempt);
    const result = await attempt;
    if (this.attempts.get(digest) === attempt) this.attempts.set(digest, result);
    return result;
  }

  /** Restores the size of a layer that a previous process unpacked. */
  restore(chainId: string, size: number): void {
    if (!this.sizes.has(chainId)) this.set(chainId, size);
  }

  private set(chainId: string, size: number): void {
    this.sizes.set(chainId, size);
    if (this.missed.delete(chainId)) this.generation++;
  }

  private async attempt(manifest: Descriptor): Promise<UnpackResult> {
    const { config } = await this.documents.manifest(manifest);
    const platform = manifest.platform ?? (await this.documents.config(config));
    if (!this.host.match(platform)) return 'packed';
    await this.unpack(manifest, '');
    return 'unpacked';
  }

  /**
   * Unpack an image manifest.
   *
   * @param name the image's name, for the error
   * @param hashed blobs that were hashed a moment ago
   * @throws INTERNAL with the daemon's text (docs/reference/behavior/images.md#loading-images); NOT_FOUND, CORRUPT
   */
  async unpack(manifest: Descriptor, name: string, hashed: ReadonlySet<string> = new Set()): Promise<void> {
    const { config, layers = [] } = await this.documents.manifest(manifest);
    const diffIds = (await this.documents.config(config)).rootfs.diff_ids ?? [];
    if (diffIds.length !== layers.length)
      throw new AttestdError('INTERNAL', "number of layers and diffIDs don't match");
    const ids = chainIds(diffIds);
    const packed = layers
      .map((layer, i) => ({ layer, id: ids[i] as string, diffId: diffIds[i] as string }))
      .filter(({ id }) => !this.sizes.has(id));
    const begin = (at: number): Promise<UnpackedLayer> | undefined => {
      const next = packed[at];
      const begun = next && this.layer(next.layer, next.diffId, name, hashed);
      begun?.catch(() => undefined);
      return begun;
    };
    // The next layer is read while one is hashed.
    let next = begin(0);
    try {
      for (const [i, { id, diffId }] of packed.entries()) {
        const current = next as Promise<UnpackedLayer>;
        next = begin(i + 1);
        const unpacked = await current;
        if (unpacked.diffId !== diffId) {
          const found = `wrong diff id calculated on extraction "${unpacked.diffId}"`;
          throw new AttestdError('INTERNAL', `apply layer error for ${quote(name)}: ${found}`);
        }
        this.set(id, unpacked.size);
      }
    } finally {
      await next?.catch(() => undefined);
    }
  }

  private async layer(
    { digest }: Descriptor,
    diffId: string,
    name: string,
    hashed: ReadonlySet<string>,
  ): Promise<UnpackedLayer> {
    const known = this.layers.get(digest);
    if (known !== undefined) return known;
    try {
      const unpacked = await unpackLayer(this.documents.content, digest, hashed.has(digest));
      this.layers.set(digest, unpacked);
      return unpacked;
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      const what = `apply layer error for ${quote(name)}: failed to extract layer ${diffId}`;
      const missing = `NotFound: failed to get reader from content store: content digest ${digest}: not found`;
      const reason = error.code === 'NOT_FOUND' ? missing : error.message;
      throw new AttestdError('INTERNAL', `${what}: ${reason}`, { cause: error });
    }
  }
}
