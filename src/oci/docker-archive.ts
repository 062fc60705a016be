import { AttestdError } from '../support/foundation/errors.js';
import { decodeJson, type GoType, goInt, goString, marshalJson, slice, struct } from '../support/go/json.js';
import { quote } from '../support/go/quote.js';
import { ByteReader } from './bytes.js';
import { detectCompression, magicLength } from './compression.js';
import type { ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import { digestOf } from './digest.js';
import { imageNameAnnotation, refNameKey } from './index-file.js';
import { descriptorType, indexType, platformType } from './manifest.js';
import { mediaTypes } from './media-types.js';
import { normalizePlatform } from './platform.js';
import { formatReference, parseDockerReference, refNameAnnotation } from './reference.js';

/** An image in the manifest.json of a docker archive. */
export interface DockerImage {
  readonly Config: string;
  readonly RepoTags?: string[] | undefined;
  readonly Layers?: string[] | undefined;
}

/** The manifest.json of a docker archive. */
export const dockerImagesType = slice(
  struct<DockerImage>('struct { Config string; RepoTags []string; Layers []string }', {
    Config: goString,
    RepoTags: slice(goString),
    Layers: slice(goString),
  }),
);

interface DockerManifest {
  schemaVersion: number;
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
}

const dockerManifestType = struct<DockerManifest>('struct', {
  schemaVersion: goInt,
  mediaType: goString,
  config: descriptorType,
  layers: slice(descriptorType) as GoType<Descriptor[]>,
});

interface Files {
  readonly blobs: Map<string, Descriptor>;
  readonly links: ReadonlyMap<string, string>;
}

/** The blob to use for a layer of a diff ID instead of the one that the archive has. */
type LayerFinder = (diffId: string) => Promise<{ digest: string; size: number } | undefined>;

/**
 * Write the manifests that a docker archive stands for, and an index over them, byte for byte as containerd does, so that
 * images have the digests that they have on a daemon.
 *
 * @param images the archive's manifest.json
 * @param files its other files, with what they became in the store
 * @param findLayer finds layers that the store has already, in whatever compression
 * @throws AttestdError INVALID_ARCHIVE when a file is missing, INVALID_JSON or INVALID_REFERENCE
 */
export async function convertDockerArchive(
  images: readonly DockerImage[],
  files: Files,
  content: ContentStore,
  findLayer: LayerFinder,
): Promise<Descriptor> {
  for (const [name, target] of files.links) {
    const blob = files.blobs.get(target);
    if (blob === undefined) throw missing(`no target for symlink layer from ${quote(name)} to ${quote(target)}`);
    files.blobs.set(name, blob);
  }
  const manifests: Descriptor[] = [];
  for (const image of images) {
    const manifest = await writeManifest(image, files, content, findLayer);
    if ((image.RepoTags ?? []).length === 0) manifests.push(manifest);
    for (const tag of image.RepoTags ?? []) {
      const name = normalize(tag);
      const annotations = { [imageNameAnnotation]: name, [refNameKey]: refNameAnnotation(name) };
      manifests.push({ ...manifest, annotations });
    }
  }
  const index = { schemaVersion: 2, ...(manifests.length > 0 && { manifests }) };
  return inlineIndex(Buffer.from(marshalJson(index, indexType)));
}

/** The descriptor of an index that is not written: only its images are to be kept. */
export const inlineIndex = (bytes: Buffer): Descriptor => ({
  mediaType: mediaTypes.ociIndex,
  digest: digestOf(bytes),
  size: bytes.length,
  data: bytes.toString('base64'),
});

async function writeManifest(
  image: DockerImage,
  files: Files,
  content: ContentStore,
  findLayer: LayerFinder,
): Promise<Descriptor> {
  const blob = files.blobs.get(image.Config);
  if (blob === undefined) throw missing(`image config ${quote(image.Config)} not found`);
  const config = { ...blob, mediaType: mediaTypes.dockerConfig };
  const layers: Descriptor[] = [];
  for (const name of image.Layers ?? []) {
    const blob = files.blobs.get(name);
    if (blob === undefined) throw missing(`failed to resolve layers: layer ${quote(name)} not found`);
    const layer = { ...blob, ...(await findLayer(blob.digest)) };
    const stream = new ByteReader(await content.stream(layer.digest, { length: magicLength }));
    const plain = detectCompression(await stream.peek(magicLength));
    const isCompressed = plain === 'gzip' || plain === 'zstd';
    layers.push({ ...layer, mediaType: isCompressed ? mediaTypes.dockerLayerGzip : mediaTypes.dockerLayer });
    await stream.close();
  }
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config, layers };
  const json = marshalJson(manifest, dockerManifestType);
  const written = await content.ingest(Buffer.from(json));
  return { mediaType: mediaTypes.dockerManifest, ...written, platform: await platformOf(config, content) };
}

async function platformOf(config: Descriptor, content: ContentStore) {
  try {
    return normalizePlatform(decodeJson(await content.bytes(config.digest), platformType));
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `unable to resolve platform: ${error.message}`, { cause: error });
  }
}

function normalize(tag: string): string {
  try {
    return formatReference(parseDockerReference(tag));
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `normalize image ref ${quote(tag)}: ${error.message}`, { cause: error });
  }
}

const missing = (message: string): AttestdError => new AttestdError('INVALID_ARCHIVE', message);
