import type { Readable } from 'node:stream';
import { AttestdError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { ImageConfig } from '../../oci/image-config.js';
import { danglingName } from '../../oci/index-file.js';
import { parsePlatform } from '../../oci/platform.js';
import { formatReference } from '../../oci/reference.js';
import type { Context } from '../context.js';
import { applyChanges } from '../dockerfile/changes.js';
import type { ImportOptions, StreamMessage } from '../types.js';
import { logImageEvent } from './events.js';
import { nameImage, repoTag } from './tag.js';
import { storeImage, storeLayer } from './write.js';

/**
 * `POST /images/create?fromSrc=-`: an image of one layer from an archive of files; gzip and zstd stay as they are,
 * anything else is compressed with gzip.
 *
 * @throws INVALID_PLATFORM, INVALID_REFERENCE, INVALID_ARGUMENT for bad parameters; INTERNAL for an archive that cannot
 * be read, after the image was stored
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
  const { store } = context;
  const { content } = store;
  const layer = await storeLayer(content, archive);
  const created = context.clock().toISOString();
  const image: ImageConfig = {
    created,
    ...platform,
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created, comment: message || 'Imported from -' }],
    config,
  };
  const target = await storeImage(content, image, [layer.descriptor]);
  if (reference === undefined) await store.put(danglingName(target.digest), target);
  else await nameImage(context, reference, target);
  const name = reference === undefined ? danglingName(target.digest) : formatReference(reference);
  await unpack(context, target, name);
  await logImageEvent(context, target.digest, target.digest, 'import');
  return once({ status: target.digest });
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
