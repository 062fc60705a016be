import type { OCIDescriptor } from '../support/foundation/types.js';

/** What the client reads of an index. */
export interface IndexDocument {
  readonly manifests: readonly OCIDescriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** What the client reads of a manifest. */
export interface ManifestDocument {
  readonly artifactType?: string;
  readonly config?: OCIDescriptor;
  readonly layers: readonly OCIDescriptor[];
  readonly subject?: OCIDescriptor;
}

/** An object as JSON has it; undefined for other JSON and for what is none. */
export function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const descriptors = (value: unknown): OCIDescriptor[] | undefined =>
  Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null) ? value : undefined;

/** The predicate type that a layer of an attestation manifest is marked with; empty for what is no statement. */
export const predicateTypeOf = ({ annotations }: OCIDescriptor): string =>
  annotations?.['in-toto.io/predicate-type'] ?? '';

/** An image index; undefined when the bytes are none. */
export function parseIndex(bytes: Uint8Array): IndexDocument | undefined {
  const document = parseObject(bytes);
  const manifests = descriptors(document?.manifests);
  if (!document || !manifests) return undefined;
  return { manifests, annotations: (document.annotations ?? {}) as Record<string, string> };
}

/** An image manifest; undefined when the bytes are none. */
export function parseManifest(bytes: Uint8Array): ManifestDocument | undefined {
  const document = parseObject(bytes);
  if (!document || document.manifests !== undefined) return undefined;
  const layers = document.layers === undefined || document.layers === null ? [] : descriptors(document.layers);
  if (!layers) return undefined;
  const { artifactType, config, subject } = document;
  return {
    layers,
    ...(typeof artifactType === 'string' && { artifactType }),
    ...(typeof config === 'object' && config !== null && { config: config as OCIDescriptor }),
    ...(typeof subject === 'object' && subject !== null && { subject: subject as OCIDescriptor }),
  };
}
