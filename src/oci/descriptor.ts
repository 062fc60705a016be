import { goBytes, goInt, goInt64, goString, map, named, pointer, slice, struct } from './json.js';

/** An OCI platform (image-spec, image-index.md), field names as on the wire. */
export interface Platform {
  architecture: string;
  os: string;
  'os.version'?: string;
  'os.features'?: string[];
  variant?: string;
}

/** An OCI content descriptor (image-spec, descriptor.md), field names as on the wire. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  /** Bytes. */
  size: number;
  urls?: string[];
  annotations?: Record<string, string>;
  /** Inline content, base64. */
  data?: string;
  platform?: Platform;
  artifactType?: string;
}

/** An OCI image index or a docker manifest list; fields in Go's order. */
export interface Index {
  schemaVersion: number;
  mediaType?: string;
  artifactType?: string;
  /** Undefined when the document has none or null. */
  manifests?: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/** An OCI image manifest or a docker schema2 manifest; fields in Go's order. */
export interface Manifest {
  schemaVersion: number;
  mediaType?: string;
  artifactType?: string;
  config: Descriptor;
  /** Undefined when the document has none or null. */
  layers?: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

export const platformType = struct<Platform>('v1.Platform', {
  architecture: goString,
  os: goString,
  'os.version?': goString,
  'os.features?': slice(goString),
  'variant?': goString,
});

export const descriptorType = struct<Descriptor>('v1.Descriptor', {
  mediaType: goString,
  digest: named('digest.Digest'),
  size: goInt64,
  'urls?': slice(goString),
  'annotations?': map(goString),
  'data?': goBytes,
  'platform?': pointer(platformType),
  'artifactType?': goString,
});

export const indexType = struct<Index>('v1.Index', {
  schemaVersion: goInt,
  'mediaType?': goString,
  'artifactType?': goString,
  manifests: slice(descriptorType),
  'subject?': pointer(descriptorType),
  'annotations?': map(goString),
});

export const manifestType = struct<Manifest>('v1.Manifest', {
  schemaVersion: goInt,
  'mediaType?': goString,
  'artifactType?': goString,
  config: descriptorType,
  layers: slice(descriptorType),
  'subject?': pointer(descriptorType),
  'annotations?': map(goString),
});

/** Media types that name an image manifest. */
export const manifestMediaTypes = {
  oci: 'application/vnd.oci.image.manifest.v1+json',
  docker: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

/** Media types that name an index or manifest list. */
export const indexMediaTypes = {
  oci: 'application/vnd.oci.image.index.v1+json',
  docker: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

/** Whether a descriptor points to an image manifest. */
export const isManifestType = (mediaType: string): boolean =>
  mediaType === manifestMediaTypes.oci || mediaType === manifestMediaTypes.docker;

/** Whether a descriptor points to an index or manifest list. */
export const isIndexType = (mediaType: string): boolean =>
  mediaType === indexMediaTypes.oci || mediaType === indexMediaTypes.docker;
