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
