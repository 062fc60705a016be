import type { ImageMetadata } from './metadata-cache.js';
import type { ManifestMetadata } from './summary.js';

/**
 * Serialized manifest metadata. Blobs are indexes into the image's blobs, or the blobs themselves if the image does not
 * list them.
 */
interface Stored extends Omit<ManifestMetadata, 'content'> {
  readonly content: readonly (number | ManifestMetadata['content'][number])[];
}

/** Serialized image metadata, with each blob once. */
interface StoredMetadata extends Pick<ImageMetadata, 'best' | 'absent' | 'unpacked'> {
  readonly manifests: readonly Stored[];
  readonly blobs: readonly (readonly [string, number])[];
}

/** Lasting facts as text. */
export function encodeMetadata({ manifests, best, blobs, absent, unpacked }: ImageMetadata): string {
  const positions = new Map(blobs.map((blob, at) => [blob, at]));
  const stored: StoredMetadata = {
    manifests: manifests.map((one) => ({ ...one, content: one.content.map((blob) => positions.get(blob) ?? blob) })),
    blobs: blobs.map(({ digest, size }) => [digest, size]),
    absent,
    unpacked,
    ...(best && { best }),
  };
  return JSON.stringify(stored, (_, value) => (typeof value === 'bigint' ? undefined : value));
}

/** @param text a result of `encodeMetadata` */
export function decodeMetadata(text: string): ImageMetadata {
  const { manifests, best, blobs: written, absent, unpacked }: StoredMetadata = JSON.parse(text);
  const blobs = written.map(([digest, size]) => ({ digest, size }));
  const blobAt = (position: Stored['content'][number]): ManifestMetadata['content'][number] =>
    typeof position === 'number' ? (blobs[position] as (typeof blobs)[number]) : position;
  const all = manifests.map((one) => ({ ...one, content: one.content.map(blobAt) }));
  return { manifests: all, blobs, absent, unpacked, ...(best && { best }), lasting: true };
}
