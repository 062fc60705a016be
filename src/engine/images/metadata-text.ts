import type { ImageMetadata } from './metadata-cache.js';
import type { ManifestFacts } from './summary.js';

/** A manifest's facts, its blobs by their places among the image's, or as they are where they are not among these. */
interface Stored extends Omit<ManifestFacts, 'content'> {
  readonly content: readonly (number | ManifestFacts['content'][number])[];
}

/** The facts of an image as they are written: each blob once. */
interface StoredFacts extends Pick<ImageMetadata, 'best' | 'absent' | 'unpacked'> {
  readonly manifests: readonly Stored[];
  readonly blobs: readonly (readonly [string, number])[];
}

/** Lasting facts as text. */
export function encodeMetadata({ manifests, best, blobs, absent, unpacked }: ImageMetadata): string {
  const places = new Map(blobs.map((blob, at) => [blob, at]));
  const stored: StoredFacts = {
    manifests: manifests.map((one) => ({ ...one, content: one.content.map((blob) => places.get(blob) ?? blob) })),
    blobs: blobs.map(({ digest, size }) => [digest, size]),
    absent,
    unpacked,
    ...(best && { best }),
  };
  return JSON.stringify(stored, (_, value) => (typeof value === 'bigint' ? undefined : value));
}

/** @param text what `encodeFacts` made */
export function decodeMetadata(text: string): ImageMetadata {
  const { manifests, best, blobs: written, absent, unpacked }: StoredFacts = JSON.parse(text);
  const blobs = written.map(([digest, size]) => ({ digest, size }));
  const blobAt = (place: Stored['content'][number]): ManifestFacts['content'][number] =>
    typeof place === 'number' ? (blobs[place] as (typeof blobs)[number]) : place;
  const all = manifests.map((one) => ({ ...one, content: one.content.map(blobAt) }));
  return { manifests: all, blobs, absent, unpacked, ...(best && { best }), lasting: true };
}
