import type { Descriptor } from '../../oci/descriptor.js';
import { isDigest } from '../../oci/digest.js';
import { isConfigType, isIndexType, isLayerType, isManifestType } from '../../oci/media-types.js';
import type { JsonObject } from '../types.js';
import type { Emit } from './message-stream.js';

/** Milliseconds between two looks at what goes on, as in dockerd. */
const interval = 100;

/** Whether progress of a blob is shown: of all but the small documents that hold an image together. */
export function isShown({ mediaType }: Descriptor): boolean {
  return isLayerType(mediaType) || !(isIndexType(mediaType) || isManifestType(mediaType) || isConfigType(mediaType));
}

/** The first twelve hex digits of a digest, by which streams name a blob. */
export const shortId = (digest: string): string => digest.slice(digest.indexOf(':') + 1).slice(0, 12);

/** A message about a blob. */
export function emitProgress(emit: Emit, digest: string, status: string, progressDetail: JsonObject = {}): void {
  emit({ status, progressDetail, id: shortId(digest) });
}

/** Blobs whose progress is told at intervals rather than when it happens. */
export class Jobs {
  private readonly open = new Map<string, Descriptor>();

  /** Follow a blob, unless its digest is none. */
  add(descriptor: Descriptor): void {
    if (isDigest(descriptor.digest) && !this.open.has(descriptor.digest)) this.open.set(descriptor.digest, descriptor);
  }

  remove(digest: string): void {
    this.open.delete(digest);
  }

  list(): readonly Descriptor[] {
    return [...this.open.values()];
  }
}

/**
 * Look at what goes on at intervals while an act lasts, and once at its end.
 *
 * @throws whatever the act throws
 */
export async function reportWhile<T>(action: () => Promise<T>, report: () => void): Promise<T> {
  const timer = setInterval(report, interval);
  try {
    return await action();
  } finally {
    clearInterval(timer);
    report();
  }
}
