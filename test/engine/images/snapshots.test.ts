import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { unpackLayer } from '../../../src/engine/images/layers.js';
import { chainIds, Snapshots } from '../../../src/engine/images/snapshots.js';
import type { ContentStore } from '../../../src/oci/content-store.js';
import type { Descriptor, Platform } from '../../../src/oci/descriptor.js';
import { digestOf } from '../../../src/oci/digest.js';
import { openOverlay } from '../../../src/oci/layout.js';
import { ManifestCache } from '../../../src/oci/manifest-cache.js';
import { mediaTypes } from '../../../src/oci/media-types.js';
import { only } from '../../../src/oci/platform.js';
import type { ImageStore } from '../../../src/oci/store.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { tar } from '../../oci/support/archives.js';
import { failure } from '../support.js';

const amd64 = { os: 'linux', architecture: 'amd64' };

describe('Unpacked layers', () => {
  let store: ImageStore;
  let snapshots: Snapshots;
  beforeEach(async () => {
    store = await openOverlay([]);
    snapshots = new Snapshots(new ManifestCache(store.content), only(amd64));
  });
  afterEach(() => store.close());

  async function put(mediaType: string, value: Buffer | object): Promise<Descriptor> {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
    return { mediaType, ...(await store.content.ingest(bytes)) };
  }

  async function image(
    layers: readonly Buffer[],
    diffIds: readonly string[],
    platform: Platform = amd64,
  ): Promise<Descriptor> {
    const config = await put(mediaTypes.ociConfig, { ...platform, rootfs: { type: 'layers', diff_ids: diffIds } });
    const stored = await Promise.all(layers.map((layer) => put(mediaTypes.ociLayerGzip, layer)));
    return put(mediaTypes.ociManifest, { schemaVersion: 2, config, layers: stored });
  }

  it('are known by the digest of all below them', () => {
    const [first, second, third] = chainIds(['sha256:a', 'sha256:b', 'sha256:c']);
    expect(first).to.equal('sha256:a');
    expect(second).to.equal(digestOf('sha256:a sha256:b'));
    expect(third).to.equal(digestOf(`${second} sha256:c`));
    expect(chainIds([])).to.deep.equal([]);
  });

  it('measure the blocks of their files, compressed or not', async () => {
    const layer = await tar({ 'a.txt': 'x', 'b.txt': 'y'.repeat(5000), 'empty.txt': '' });
    for (const bytes of [layer, gzipSync(layer)]) {
      const { digest } = await store.content.ingest(bytes);
      expect(await unpackLayer(store.content, digest)).to.deep.equal({ diffId: digestOf(layer), size: 12_288 });
    }
  });

  it('are not hashed again where they are not compressed and were hashed a moment ago', async () => {
    const layer = await tar({ 'a.txt': 'x' });
    const other = await tar({ 'a.txt': 'y' });
    const [plain, packed] = await Promise.all(
      [layer, gzipSync(layer)].map(async (bytes) => (await store.content.ingest(bytes)).digest),
    );
    // What a second look would find is told from what was found before.
    const changed: ContentStore = Object.create(store.content, {
      stream: { value: async (digest: string) => Readable.from([digest === plain ? other : gzipSync(other)]) },
    });
    const look = async (digest: string, isHashed: boolean): Promise<string> =>
      (await unpackLayer(changed, digest, isHashed)).diffId;
    expect(await look(plain as string, true)).to.equal(plain);
    expect(await look(plain as string, false)).to.equal(digestOf(other));
    expect(await look(packed as string, true)).to.equal(digestOf(other));
  });

  it('add up to the size of an image that the machine runs', async () => {
    const layers = [await tar({ a: '1' }), await tar({ b: '2' })];
    const diffIds = layers.map((layer) => digestOf(layer));
    await snapshots.ensureUnpacked(
      await image(
        layers.map((layer) => gzipSync(layer)),
        diffIds,
      ),
    );
    expect(snapshots.total(chainIds(diffIds))).to.equal(8192);
    expect(snapshots.usage(chainIds(diffIds)[1] as string)).to.equal(4096);
    expect(snapshots.drop(chainIds(diffIds)[1] as string)).to.equal(4096);
    expect(snapshots.total(chainIds(diffIds))).to.equal(0);
  });

  it('do not exist for another machine, or where a layer is missing or broken', async () => {
    const layer = await tar({ a: '1' });
    const diffIds = [digestOf(layer)];
    await snapshots.ensureUnpacked(await image([layer], diffIds, { os: 'linux', architecture: 's390x' }));
    await snapshots.ensureUnpacked(await image([gzipSync(layer).subarray(0, 30)], diffIds));
    await snapshots.ensureUnpacked(await image([], diffIds));
    expect(snapshots.total(chainIds(diffIds))).to.equal(0);
  });

  it('must be what the configuration says', async () => {
    const manifest = await image([await tar({ a: '1' })], [digestOf('other')]);
    const error = await failure(() => snapshots.unpack(manifest, 'some:name'));
    expect(error.code).to.equal('INTERNAL');
    expect(error.message).to.match(
      /^apply layer error for "some:name": wrong diff id calculated on extraction "sha256:\w{64}"$/,
    );
  });

  it('that are missing are reported in the words of the daemon', async () => {
    const layer = await tar({ a: '1' });
    const manifest = await image([layer], [digestOf('x')]);
    await store.content.delete(digestOf(layer));
    expect((await failure(() => snapshots.unpack(manifest, 'n'))).message).to.equal(
      `apply layer error for "n": failed to extract layer ${digestOf('x')}: NotFound: failed to get reader from content store: content digest ${digestOf(layer)}: not found`,
    );
  });

  it('that cannot be read are reported by their diff id', async () => {
    const diffId = digestOf('x');
    const error = await failure(async () => snapshots.unpack(await image([Buffer.from('no tar')], [diffId]), 'n'));
    expect(error).to.be.instanceOf(AttestdError);
    expect(error.message).to.include(`apply layer error for "n": failed to extract layer ${diffId}: `);
  });
});
