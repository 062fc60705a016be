import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { decompress, peekCompression } from '../../oci/compression.js';
import type { ContentStore } from '../../oci/content-store.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { type ImageConfig, imageConfigType } from '../../oci/image-config.js';
import { type Manifest, manifestType } from '../../oci/manifest.js';
import { mediaTypes } from '../../oci/media-types.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import { type GoType, goValue, jsonRecord, marshalJson } from '../../support/go/json.js';

/** A layer that is in the store. */
export interface StoredLayer {
  readonly descriptor: Descriptor;
  /** Digest of the archive without compression. */
  readonly diffId: string;
}

/**
 * Writes a layer. Keeps gzip and zstd; compresses anything else with gzip.
 *
 * @throws INTERNAL for an unreadable archive, after it was stored
 */
export async function storeLayer(content: ContentStore, archive: Readable): Promise<StoredLayer> {
  const { compression, stream } = await peekCompression(archive);
  const isStoredAsIs = compression === 'gzip' || compression === 'zstd';
  const hash = createHash('sha256');
  async function* hashed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  const packed = isStoredAsIs ? stream : pack(hashed(await decompress(stream)));
  const { digest, size } = await content.ingest(Readable.from(packed, { objectMode: false }));
  const mediaType = compression === 'zstd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayerGzip;
  const descriptor = { mediaType, digest, size };
  if (isStoredAsIs) {
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
  const tree = goValue<T>(value as NoInfer<T>, type);
  await yieldIfDue();
  const text = jsonRecord(tree);
  await yieldIfDue();
  const { digest, size } = await content.ingest(Buffer.from(text));
  return { mediaType, digest, size };
}

/**
 * Writes an image's configuration and manifest. Its layers must exist.
 *
 * @param indent spaces of indentation of the manifest, as in dockerd's commits and builds
 * @returns the manifest's descriptor, which has no name yet
 */
export async function storeImage(
  content: ContentStore,
  config: ImageConfig,
  layers: readonly Descriptor[],
  indent = 0,
): Promise<Descriptor> {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: await storeJson(content, mediaTypes.ociConfig, config, imageConfigType),
    layers: [...layers],
  };
  const compact = marshalJson(manifest, manifestType);
  const bytes = Buffer.from(indent === 0 ? compact : JSON.stringify(JSON.parse(compact), undefined, indent));
  return { mediaType: mediaTypes.ociManifest, ...(await content.ingest(bytes)) };
}
