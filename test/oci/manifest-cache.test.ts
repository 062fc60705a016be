import { expect } from 'chai';
import type { Descriptor } from '../../src/oci/descriptor.js';
import { digestOf } from '../../src/oci/digest.js';
import { openOverlay } from '../../src/oci/layout.js';
import { largestDocument, ManifestCache } from '../../src/oci/manifest-cache.js';
import { mediaTypes } from '../../src/oci/media-types.js';
import type { ImageStore } from '../../src/oci/store.js';
import { failure } from '../engine/support.js';

describe('decoded documents', () => {
  let store: ImageStore;
  beforeEach(async () => {
    store = await openOverlay([]);
  });
  afterEach(() => store.close());

  const manifest = (bytes: Buffer): Descriptor => ({
    mediaType: mediaTypes.ociManifest,
    digest: digestOf(bytes),
    size: bytes.length,
  });

  it('are not remembered longer than their blobs are there', async () => {
    const documents = new ManifestCache(store.content);
    const bytes = Buffer.from('{"config":{"digest":"c"}}');
    await store.content.ingest(bytes);
    expect((await documents.children(manifest(bytes)))?.length).to.equal(1);
    await store.content.delete(digestOf(bytes));
    expect(await documents.children(manifest(bytes))).to.equal(undefined);
    expect((await failure(() => documents.manifest(manifest(bytes)))).code).to.equal('NOT_FOUND');
    await store.content.ingest(bytes);
    expect((await documents.children(manifest(bytes)))?.length).to.equal(1);
  });

  it("that are not what their media type says are the server's trouble", async () => {
    const documents = new ManifestCache(store.content);
    const bytes = Buffer.from('{"manifests":[]}');
    await store.content.ingest(bytes);
    const error = await failure(() => documents.manifest(manifest(bytes)));
    expect(error.httpStatus).to.equal(500);
    expect(error.message).to.match(
      /^manifest: invalid desc sha256:\w{64}: media-type: expected manifest but found index/,
    );
  });

  it('are at most 8 MiB long', async () => {
    const documents = new ManifestCache(store.content);
    const sized = (size: number): Buffer => {
      const empty = '{"config":{"digest":"c"},"annotations":{"a":""}}';
      return Buffer.from(empty.replace('""', `"${'x'.repeat(size - empty.length)}"`));
    };
    for (const [size, code] of [
      [largestDocument, undefined],
      [largestDocument + 1, 'CORRUPT'],
    ] as const) {
      const bytes = sized(size);
      await store.content.ingest(bytes);
      const outcome = documents.manifest(manifest(bytes)).then(
        () => undefined,
        (error: { code: string }) => error.code,
      );
      expect(await outcome).to.equal(code);
    }
  });
});
