import { AttestdError } from '../support/foundation/errors.js';
import {
  decodeJson,
  type GoType,
  goBytes,
  goInt,
  goInt64,
  goRaw,
  goString,
  map,
  named,
  pointer,
  slice,
  struct,
} from '../support/go/json.js';
import type { Descriptor, Platform } from './descriptor.js';
import { isIndexType, isManifestType } from './media-types.js';

/** An image index or Docker manifest list (image-spec, image-index.md). */
export interface Index {
  schemaVersion: number;
  mediaType?: string;
  artifactType?: string;
  manifests?: Descriptor[] | undefined;
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/** An image manifest (image-spec, manifest.md). */
export interface Manifest {
  schemaVersion: number;
  mediaType?: string;
  artifactType?: string;
  config: Descriptor;
  layers?: Descriptor[] | undefined;
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/** digest.Digest */
export const digestType: GoType<string> = named('digest.Digest');

/** v1.Platform */
export const platformType: GoType<Platform> = struct<Platform>('v1.Platform', {
  architecture: goString,
  os: goString,
  'os.version?': goString,
  'os.features?': slice(goString),
  'variant?': goString,
});

/** v1.Descriptor */
export const descriptorType: GoType<Descriptor> = struct<Descriptor>('v1.Descriptor', {
  mediaType: goString,
  digest: digestType,
  size: goInt64,
  'urls?': slice(goString),
  'annotations?': map(goString),
  'data?': goBytes,
  'platform?': pointer(platformType),
  'artifactType?': goString,
});

/** v1.Index */
export const indexType: GoType<Index> = struct<Index>('v1.Index', {
  schemaVersion: goInt,
  'mediaType?': goString,
  'artifactType?': goString,
  manifests: slice(descriptorType),
  'subject?': pointer(descriptorType),
  'annotations?': map(goString),
});

/** v1.Manifest */
export const manifestType: GoType<Manifest> = struct<Manifest>('v1.Manifest', {
  schemaVersion: goInt,
  'mediaType?': goString,
  'artifactType?': goString,
  config: descriptorType,
  layers: slice(descriptorType),
  'subject?': pointer(descriptorType),
  'annotations?': map(goString),
});

interface Outline {
  mediaType?: string;
  config?: Buffer | undefined;
  layers?: Buffer | undefined;
  manifests?: Buffer | undefined;
  fsLayers?: Buffer | undefined;
}

const outlineType = struct<Outline>('images.unknownDocument', {
  'mediaType?': goString,
  'config?': goRaw,
  'layers?': goRaw,
  'manifests?': goRaw,
  'fsLayers?': goRaw,
});

/**
 * Check that a document is what its media type says, as containerd does before it looks for children: a manifest holds
 * no `manifests`, an index neither `config` nor `layers`.
 *
 * @throws INVALID_JSON, INVALID_ARGUMENT with containerd's text
 */
export function checkMediaType(document: Uint8Array, mediaType: string): void {
  const outline = decodeJson(document, outlineType);
  const found = outline.mediaType ?? '';
  if (outline.fsLayers !== undefined) throw new AttestdError('INVALID_ARGUMENT', 'media-type: schema 1 not supported');
  if (isManifestType(mediaType) && (outline.manifests !== undefined || isIndexType(found))) {
    throw new AttestdError('INVALID_ARGUMENT', `media-type: expected manifest but found index (${mediaType})`);
  }
  if (
    isIndexType(mediaType) &&
    (outline.config !== undefined || outline.layers !== undefined || isManifestType(found))
  ) {
    throw new AttestdError('INVALID_ARGUMENT', `media-type: expected index but found manifest (${mediaType})`);
  }
}

/** Layers and annotations of a manifest, which are decoded in one go: a real image has at most some hundred. */
const mostElements = 10_000;

/**
 * Decode an image manifest.
 *
 * @throws INVALID_JSON with Go's text, or where it has more than 10,000 layers and annotations
 */
export const decodeManifest = (document: Uint8Array): Manifest => decodeJson(document, manifestType, mostElements);

/**
 * What a manifest or index refers to: config and layers, or manifests. Anything else has no children.
 *
 * @param document the bytes behind the descriptor
 * @throws INVALID_JSON, INVALID_ARGUMENT with containerd's text
 */
export function childrenOf(document: Uint8Array, descriptor: Descriptor): readonly Descriptor[] {
  const { mediaType, digest } = descriptor;
  if (!isManifestType(mediaType) && !isIndexType(mediaType)) return [];
  try {
    checkMediaType(document, mediaType);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `children: invalid desc ${digest}: ${error.message}`, { cause: error });
  }
  if (isIndexType(mediaType)) return decodeJson(document, indexType).manifests ?? [];
  const manifest = decodeManifest(document);
  return [manifest.config, ...(manifest.layers ?? [])];
}
