import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { AttestdError } from '../../errors.js';
import { type GoType, marshalJson } from '../../go/json.js';
import { decompress, peekCompression } from '../../oci/compression.js';
import type { ContentStore } from '../../oci/content-store.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { type ImageConfig, imageConfigType } from '../../oci/image-config.js';
import { danglingName } from '../../oci/index-file.js';
import { type Manifest, manifestType } from '../../oci/manifest.js';
import { mediaTypes } from '../../oci/media-types.js';
import { parsePlatform } from '../../oci/platform.js';
import { formatReference } from '../../oci/reference.js';
import type { Context } from '../context.js';
import { applyChanges } from '../dockerfile/changes.js';
import type { ImportOptions, StreamMessage } from '../types.js';
import { logImageEvent } from './events.js';
import { nameImage, repoTag } from './tag.js';

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
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: await storeJson(content, mediaTypes.ociConfig, image, imageConfigType),
    layers: [layer.descriptor],
  };
  const target = await storeJson(content, mediaTypes.ociManifest, manifest, manifestType);
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

interface StoredLayer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
}

async function storeLayer(content: ContentStore, archive: Readable): Promise<StoredLayer> {
  const { compression, stream } = await peekCompression(archive);
  const kept = compression === 'gzip' || compression === 'zstd';
  const hash = createHash('sha256');
  async function* hashed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of source) {
      hash.update(piece);
      yield piece;
    }
  }
  const packed = kept ? stream : pack(hashed(await decompress(stream)));
  const { digest, size } = await content.ingest(Readable.from(packed, { objectMode: false }));
  const mediaType = compression === 'zstd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayerGzip;
  const descriptor = { mediaType, digest, size };
  if (kept) {
    try {
      for await (const _ of hashed(await decompress(await content.stream(digest))));
    } catch (error) {
      throw new AttestdError('INTERNAL', (error as Error).message, { cause: error });
    }
  }
  return { descriptor, diffId: `sha256:${hash.digest('hex')}` };
}

/** gzip, with errors of the source passed on. */
function pack(source: AsyncIterable<Buffer>): Readable {
  return pipeline(Readable.from(source, { objectMode: false }), createGzip(), () => undefined);
}

async function storeJson<T>(content: ContentStore, mediaType: string, value: T, type: GoType<T>): Promise<Descriptor> {
  const { digest, size } = await content.ingest(Buffer.from(marshalJson(value, type)));
  return { mediaType, digest, size };
}
