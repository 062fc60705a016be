import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Descriptor } from '../../src/oci/descriptor.js';
import { digestOf } from '../../src/oci/digest.js';
import { DigestIds } from '../../src/oci/digest-ids.js';
import { Graph } from '../../src/oci/graph.js';
import { openLayout } from '../../src/oci/layout.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { digests, temporaryFolder, write, writeImage, writeIndex, writeManifest } from './support/images.js';

describe('numbers of digests', () => {
  it('are the same for the same digest only, whatever digests there are', () => {
    const seed = fc.nat(3000);
    const sha256 = seed.map((number) => digestOf(Buffer.from(String(number))));
    const sha512 = seed.map((number) => digestOf(Buffer.from(String(number)), 'sha512'));
    // All but the last digit is the same.
    const near = fc.nat(15).map((digit) => `sha256:${'7'.repeat(63)}${digit.toString(16)}`);
    const odd = fc.constantFrom('', 'sha256:', `sha256:${'A'.repeat(64)}`, `sha256:${'0'.repeat(64)}`, 'x');
    fc.assert(
      fc.property(fc.array(fc.oneof(sha256, sha512, near, odd), { maxLength: 2500 }), (all) => {
        const ids = new DigestIds();
        const model = new Map<string, number>();
        for (const digest of all) {
          expect(ids.find(digest)).to.equal(model.get(digest));
          const id = ids.of(digest);
          expect(id).to.equal(model.get(digest) ?? model.size);
          model.set(digest, id);
        }
        expect(ids.size).to.equal(model.size);
        for (const [digest, id] of model) expect([ids.find(digest), ids.digest(id)]).to.deep.equal([id, digest]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what images consist of', () => {
  let folder: string;
  let store: LayoutStore;

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await openLayout(folder);
  });

  afterEach(() => store.close());

  const blobOf = (digest: string): string => join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length));

  it('is the same as one finds by following descriptors, the first time and again', async () => {
    const images = [await writeImage(store.content, 'one'), await writeImage(store.content, 'two')];
    const inner = await writeIndex(store.content, images);
    const referrer = await writeManifest(store.content, {
      config: await write(store.content, {}, 'application/vnd.oci.empty.v1+json'),
      layers: [await write(store.content, 'signature')],
      subject: images[0],
    });
    const missing = { ...(images[0] as Descriptor), digest: digestOf('missing') };
    const roots = [await writeIndex(store.content, [inner, missing]), inner, await writeImage(store.content, 'three')];
    const graph = new Graph(store.manifests);
    const expected = await graph.reach(roots, [referrer]);
    for (let time = 0; time < 2; time++) {
      const found = await graph.digests(roots, [referrer]);
      expect([found.count, found.broken]).to.deep.equal([expected.digests.size, false]);
      for (const digest of expected.digests) expect(found.has(digest), digest).to.equal(true);
      expect(found.has(digestOf('other'))).to.equal(false);
    }
  });

  it('is kept where another image calls a manifest a layer', async () => {
    const image = await writeImage(store.content, 'kept');
    const config = await write(store.content, {}, 'application/vnd.oci.image.config.v1+json');
    const layer = { ...image, mediaType: 'application/vnd.oci.image.layer.v1.tar' };
    await store.put('docker.io/library/a:1', await writeManifest(store.content, { config, layers: [layer] }));
    await store.put('docker.io/library/b:1', image);
    const all = await digests(store.content);
    expect(await store.collect()).to.deep.equal([]);
    expect(await digests(store.content)).to.deep.equal(all);
  });

  it('has what descriptors carry themselves', async () => {
    const image = await writeImage(store.content, 'kept');
    const data = (await store.content.bytes(image.digest)).toString('base64');
    await store.put('docker.io/library/a:1', await writeIndex(store.content, [{ ...image, data }]));
    await store.content.delete(image.digest);
    expect(await store.collect()).to.deep.equal([]);
  });

  it('is not known while a manifest is broken, and is again once that is sound', async () => {
    const image = await writeImage(store.content, 'kept');
    await store.put('docker.io/library/a:1', await writeIndex(store.content, [image]));
    await write(store.content, 'garbage');
    await rename(blobOf(image.digest), join(folder, 'aside'));
    await writeFile(blobOf(image.digest), '{}');
    const graph = new Graph(store.manifests);
    const roots = store.list().map(({ target }) => target);
    expect((await graph.digests(roots, [])).broken).to.equal(true);
    await rename(join(folder, 'aside'), blobOf(image.digest));
    const { broken, count } = await graph.digests(roots, []);
    expect([broken, count]).to.deep.equal([false, 4]);
  });

  it('is less once a document is gone that led to it', async () => {
    const image = await writeImage(store.content, 'gone');
    await store.put('docker.io/library/a:1', await writeIndex(store.content, [image]));
    expect(await store.collect()).to.deep.equal([]);
    await store.content.delete(image.digest);
    expect(await store.collect()).to.have.lengthOf(2);
  });
});
