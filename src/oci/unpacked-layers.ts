import { AttestdError } from '../errors.js';
import { compareText, decodeJson, goString, slice, struct } from '../go/json.js';
import { decompress } from './compression.js';
import type { Descriptor, Platform } from './descriptor.js';
import { hasher } from './digest.js';
import { childrenOf, platformType } from './manifest.js';
import { isConfigType, isIndexType, isLayerType, isManifestType } from './media-types.js';
import type { PlatformMatcher } from './platform.js';
import type { ContentStore, ImageStore } from './store.js';

interface RootFs {
  diff_ids?: string[] | undefined;
}

const configType = struct<{ rootfs: RootFs }>('v1.Image', {
  rootfs: struct<RootFs>('v1.RootFS', { diff_ids: slice(goString) }),
});

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
      for await (const digest of layersWith(store.content, target, host, diffId)) found.add(digest);
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
async function* layersWith(
  content: ContentStore,
  target: Descriptor,
  host: Pick<PlatformMatcher, 'match'>,
  diffId: string,
): AsyncGenerator<string> {
  for await (const { config, layers } of images(content, target)) {
    const document = await read(content, config.digest);
    if (document === undefined || !host.match(config.platform ?? decodeJson(document, platformType))) continue;
    const diffIds = decodeJson(document, configType).rootfs.diff_ids ?? [];
    for (const [i, layer] of layers.entries()) if (diffIds[i] === diffId) yield layer.digest;
  }
}

interface Image {
  readonly config: Descriptor & { platform?: Platform };
  readonly layers: readonly Descriptor[];
}

/** The images below a descriptor, as far as they are there; the configuration has the platform that the index gives. */
async function* images(content: ContentStore, descriptor: Descriptor): AsyncGenerator<Image> {
  if (!isIndexType(descriptor.mediaType) && !isManifestType(descriptor.mediaType)) return;
  const document = await read(content, descriptor.digest);
  if (document === undefined) return;
  const children = childrenOf(document, descriptor);
  if (isIndexType(descriptor.mediaType)) {
    for (const child of children) yield* images(content, child);
    return;
  }
  const [config, ...layers] = children;
  if (config === undefined || !isConfigType(config.mediaType) || !layers.every((layer) => isLayerType(layer.mediaType)))
    return;
  const { platform } = descriptor;
  yield { config: platform === undefined ? config : { ...config, platform }, layers };
}

/** Undefined for a blob that is not there. */
async function read(content: ContentStore, digest: string): Promise<Buffer | undefined> {
  try {
    return await content.bytes(digest);
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
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
