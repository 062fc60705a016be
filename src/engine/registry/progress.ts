import type { Descriptor } from '../../oci/descriptor.js';
import { isDigest } from '../../oci/digest.js';
import { isConfigType, isIndexType, isLayerType, isManifestType } from '../../oci/media-types.js';
import type { JsonObject } from '../types.js';
import type { Emit } from './message-stream.js';

/** Milliseconds between two progress reports, as in dockerd. */
const interval = 100;

/** Whether a blob's progress is shown. The small documents of an image are hidden. */
export function isShown({ mediaType }: Descriptor): boolean {
  return isLayerType(mediaType) || !(isIndexType(mediaType) || isManifestType(mediaType) || isConfigType(mediaType));
}

/** Returns the first twelve hex digits of a digest, the name of a blob in streams. */
export const shortId = (digest: string): string => digest.slice(digest.indexOf(':') + 1).slice(0, 12);

/** A message about a blob. */
export function emitProgress(emit: Emit, digest: string, status: string, progressDetail: JsonObject = {}): void {
  emit({ status, progressDetail, id: shortId(digest) });
}

/** Blobs whose progress is reported at intervals. */
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
 * Runs an action and calls `report` at intervals and at the end.
 *
 * @throws the action's errors
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
