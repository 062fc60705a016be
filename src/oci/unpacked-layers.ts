import { AttestdError } from '../support/foundation/errors.js';
import { compareText } from '../support/go/json.js';
import { decompress } from './compression.js';
import type { ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import { hasher } from './digest.js';
import type { ManifestCache } from './manifest-cache.js';
import { isConfigType, isLayerType } from './media-types.js';
import type { PlatformMatcher } from './platform.js';
import type { ImageStore } from './store.js';
import { manifestsOnly, present, walk } from './walk.js';

/**
 * The layer blob that a daemon would use for an uncompressed layer that it is given: it has noted the diff IDs of all
 * layers that it unpacked, and prefers the blob that it has, compressed as it may be. (Seen on a daemon: a docker archive
 * of an image that is there already becomes a manifest over the layers that are there.)
 *
 * @param host which images a daemon unpacks
 * @param diffId digest of the layer's uncompressed content
 */
export async function findUnpackedLayer(
  store: ImageStore,
  host: Pick<PlatformMatcher, 'match'>,
  diffId: string,
): Promise<{ digest: string; size: number } | undefined> {
  const found = new Set<string>();
  for (const { target } of store.list()) {
    try {
      for (const digest of await layersWith(store.manifests, target, host, diffId)) found.add(digest);
    } catch (error) {
      // What cannot be decoded was not unpacked either.
      if (!(error instanceof AttestdError)) throw error;
    }
  }
  // Of several, the daemon's walk over its blobs ends with the last.
  for (const digest of [...found].sort(compareText).reverse()) {
    const info = await store.content.info(digest);
    if (info !== undefined && (await diffIdOf(store.content, digest)) === diffId) return { digest, size: info.size };
  }
  return undefined;
}

/** Digests of an image's layers that should have a diff ID. */
async function layersWith(
  manifests: ManifestCache,
  target: Descriptor,
  host: Pick<PlatformMatcher, 'match'>,
  diffId: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  const search = async (descriptor: Descriptor): Promise<void> => {
    const [config, ...layers] = (await manifests.children(descriptor)) ?? [];
    if (config === undefined || !isConfigType(config.mediaType) || !(await manifests.has(config.digest))) return;
    if (!layers.every((layer) => isLayerType(layer.mediaType))) return;
    const { rootfs, ...platform } = await manifests.config(config);
    if (!host.match(descriptor.platform ?? platform)) return;
    for (const [i, layer] of layers.entries()) if (rootfs.diff_ids?.[i] === diffId) found.push(layer.digest);
  };
  await walk(target, present(manifests, manifestsOnly(search)));
  return found;
}

async function diffIdOf(content: ContentStore, digest: string): Promise<string | undefined> {
  const hash = hasher();
  try {
    for await (const chunk of await decompress(await content.stream(digest))) hash.update(chunk as Buffer);
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
  return `sha256:${hash.digest('hex')}`;
}
