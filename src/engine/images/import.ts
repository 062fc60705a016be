import type { Readable } from 'node:stream';
import type { ContentStore } from '../../oci/content-store.js';
import type { Descriptor, Platform } from '../../oci/descriptor.js';
import type { ImageConfig, RunConfig } from '../../oci/image-config.js';
import { danglingName } from '../../oci/index-file.js';
import { parsePlatform } from '../../oci/platform.js';
import { formatReference } from '../../oci/reference.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import type { Context } from '../context.js';
import { applyChanges } from '../dockerfile/changes.js';
import type { ImportOptions, StreamMessage } from '../types.js';
import { logImageEvent } from './events.js';
import { nameImage, repoTag } from './tag.js';
import { storeImage, storeLayer } from './write.js';

/**
 * `POST /images/create?fromSrc=-`: creates an image with one layer from an archive of files. Keeps gzip and zstd;
 * compresses anything else with gzip.
 *
 * @throws INVALID_PLATFORM, INVALID_REFERENCE, INVALID_ARGUMENT for bad parameters; INTERNAL for an unreadable archive,
 * after the image was stored
 */
export async function importImage(
  context: Context,
  archive: Readable,
  options: ImportOptions,
): Promise<AsyncIterable<StreamMessage>> {
  const { repo = '', tag = '', message } = options;
  const platform = options.platform ? parsePlatform(options.platform, context.host) : context.host;
  const reference = repoTag(repo, tag);
  const config = applyChanges(options.changes ?? []);
  await yieldIfDue();
  const lease = context.store.lease();
  let target: Descriptor;
  try {
    target = await storeImported(context, lease.content, archive, { platform, config, message });
    if (reference === undefined) await context.store.put(danglingName(target.digest), target);
    else await nameImage(context, reference, target);
  } catch (error) {
    await lease.end(true);
    throw error;
  }
  await lease.end();
  const name = reference === undefined ? danglingName(target.digest) : formatReference(reference);
  await unpack(context, target, name);
  await logImageEvent(context, target.digest, target.digest, 'import');
  return once({ status: target.digest });
}

/** The metadata of an imported image. */
interface ImportedAs {
  readonly platform: Platform;
  readonly config: RunConfig;
  readonly message: string | undefined;
}

/** Store the blobs of an imported image. @returns its manifest */
async function storeImported(
  context: Context,
  content: ContentStore,
  archive: Readable,
  { platform, config, message }: ImportedAs,
): Promise<Descriptor> {
  const layer = await storeLayer(content, archive);
  const created = context.clock().toISOString();
  const image: ImageConfig = {
    created,
    ...platform,
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created, comment: message || 'Imported from -' }],
    config,
  };
  return storeImage(content, image, [layer.descriptor]);
}

async function unpack({ snapshots }: Context, target: Descriptor, name: string): Promise<void> {
  try {
    await snapshots.unpack(target, name);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError('INTERNAL', `failed to unpack image: ${error.message}`, { cause: error });
  }
}

async function* once(message: StreamMessage): AsyncGenerator<StreamMessage> {
  yield message;
}
