import type { OCIDescriptor } from '../support/foundation/types.js';
import { parseJson } from './json.js';
import { maxManifestBytes } from './limits.js';

/** The parts of an image index that the client reads. */
export interface IndexDocument {
  readonly manifests: readonly OCIDescriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** The parts of an image manifest that the client reads. */
export interface ManifestDocument {
  readonly artifactType?: string;
  readonly config?: OCIDescriptor;
  readonly layers: readonly OCIDescriptor[];
  readonly subject?: OCIDescriptor;
}

/** Parses a JSON object. Returns undefined for other JSON, invalid JSON and documents beyond the client's limits. */
export function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value = parseJson<unknown>(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 'document');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const parseDocument = (bytes: Uint8Array) => (bytes.length > maxManifestBytes ? undefined : parseObject(bytes));

const descriptors = (value: unknown): OCIDescriptor[] | undefined =>
  Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null) ? value : undefined;

/** Returns the predicate type annotated on a layer; empty if the layer is not a statement. */
export const predicateTypeOf = ({ annotations }: OCIDescriptor): string =>
  annotations?.['in-toto.io/predicate-type'] ?? '';

/** Parses an image index. Returns undefined if the bytes are not one. */
export function parseIndex(bytes: Uint8Array): IndexDocument | undefined {
  const document = parseDocument(bytes);
  const manifests = descriptors(document?.manifests);
  if (!document || !manifests) return undefined;
  return { manifests, annotations: (document.annotations ?? {}) as Record<string, string> };
}

/** Parses an image manifest. Returns undefined if the bytes are not one. */
export function parseManifest(bytes: Uint8Array): ManifestDocument | undefined {
  const document = parseDocument(bytes);
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
