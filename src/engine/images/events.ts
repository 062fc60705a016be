import type { ImageRecord } from '../../oci/store.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { bestManifest } from './manifests.js';
import { resolveImage } from './names.js';

/** Actions of image events. */
export type ImageAction = 'create' | 'delete' | 'import' | 'load' | 'pull' | 'push' | 'save' | 'tag' | 'untag';

/**
 * Logs an image event with the image's name and, if its configuration is readable, its labels
 * (docs/reference/behavior/daemon.md#events).
 *
 * @param id the image's digest
 * @param name the name in the event, usually the digest
 */
export async function logImageEvent(context: Context, id: string, name: string, action: ImageAction): Promise<void> {
  const labels = await labelsOf(context, id);
  context.events.log('image', action, { id, attributes: { ...labels, name } });
}

/** Report that something happened to a name, without looking at the image behind it. */
export function logNameEvent(context: Context, image: ImageRecord, name: string, action: ImageAction): void {
  context.events.log('image', action, { id: image.target.digest, attributes: { name } });
}

async function labelsOf(context: Context, id: string): Promise<Readonly<Record<string, string>>> {
  const { manifests: documents, store } = context;
  try {
    const manifest = await bestManifest(context, resolveImage(store, id), 'strict', undefined);
    const config = await documents.config((await documents.manifest(manifest)).config);
    return config.config.Labels ?? {};
  } catch (error) {
    if (error instanceof AttestdError) return {};
    throw error;
  }
}
