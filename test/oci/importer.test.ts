import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Descriptor } from '../../src/oci/descriptor.js';
import { digestOf } from '../../src/oci/digest.js';
import { exportImages } from '../../src/oci/exporter.js';
import { importArchive } from '../../src/oci/importer.js';
import { openOverlay } from '../../src/oci/layout.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { anyOf, only } from '../../src/oci/platform.js';
import { readTar } from '../../src/oci/tar.js';
import { collect, entry, pieces, tar } from './support/archives.js';
import { digests, write, writeImage, writeIndex, writeManifest } from './support/images.js';
import { rejected } from './support/rejected.js';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
const host = only(amd64);
const layout = '{"imageLayoutVersion":"1.0.0"}';

let store: LayoutStore;
beforeEach(async () => {
  store = await openOverlay([]);
});
afterEach(() => store.close());

/** Import, give the names, and end, as the engine does. */
async function load(archive: Buffer, wanted?: Parameters<typeof importArchive>[2]): Promise<Record<string, string>> {
  const { images, end } = await importArchive(pieces(archive), store, wanted);
  for (const { name, target } of images) await store.put(name ?? `moby-dangling@${target.digest}`, target);
  await end();
  return Object.fromEntries(images.map(({ name, target }) => [name ?? '', target.digest]));
}

async function save(targets: readonly { target: Descriptor; name?: string }[], platforms = anyOf([], host)) {
  return collect(await exportImages(store, targets, platforms));
}

async function files(archive: Buffer): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { name, content } of readTar(pieces(archive))) found.set(name, (await collect(content)).toString());
  return found;
}

/** An image of two platforms with an attestation manifest for the first. */
async function writeAttested(): Promise<{ index: Descriptor; first: Descriptor; attestation: Descriptor }> {
  const first = { ...(await writeImage(store.content, 'first')), platform: amd64 };
  const second = { ...(await writeImage(store.content, 'second')), platform: arm64 };
  const statement = await write(
    store.content,
    { _type: 'https://in-toto.io/Statement/v1' },
    'application/vnd.in-toto+json',
  );
  const config = await write(store.content, '{}', 'application/vnd.oci.image.config.v1+json');
  const attestation = {
    ...(await writeManifest(store.content, { config, layers: [statement] })),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': first.digest,
    },
  };
  return { index: await writeIndex(store.content, [first, second, attestation]), first, attestation };
}

describe('an archive of images', () => {
  const name = 'docker.io/library/app:1';

  it('comes back from the store as it went in, compressed or not', async () => {
    const { index } = await writeAttested();
    const archive = await save([{ target: index, name }]);
    const before = await digests(store.content);
    for (const bytes of [archive, gzipSync(archive)]) {
      await store.close();
      store = await openOverlay([]);
      expect(await load(bytes)).to.deep.equal({ [name]: index.digest });
      expect(await digests(store.content)).to.deep.equal(before);
      expect(await save([{ target: index, name }])).to.deep.equal(archive);
    }
  });

  it('is a layout with a manifest.json for the host platform', async () => {
    const { index } = await writeAttested();
    const found = await files(
      await save([
        { target: index, name },
        { target: index, name: 'docker.io/library/b:2' },
      ]),
    );
    expect([...found.keys()].filter((path) => !/[0-9a-f]{64}$/.test(path))).to.deep.equal([
      'blobs/',
      'blobs/sha256/',
      'index.json',
      'manifest.json',
      'oci-layout',
    ]);
    const [image] = JSON.parse(found.get('manifest.json') ?? '') as { RepoTags: string[]; Config: string }[];
    expect(image?.RepoTags).to.deep.equal(['app:1', 'b:2']);
    expect(JSON.parse(found.get(image?.Config ?? '') ?? '')).to.include(amd64);
  });

  it('of one platform carries its attestations as referrers', async () => {
    const { index, first, attestation } = await writeAttested();
    await store.put(name, index);
    const archive = await save([{ target: first, name }]);
    const { manifests } = JSON.parse((await files(archive)).get('index.json') ?? '') as { manifests: Descriptor[] };
    expect(
      manifests.map(({ digest, annotations }) => [digest, annotations?.['io.containerd.manifest.subject']]),
    ).to.deep.equal([
      [first.digest, undefined],
      [attestation.digest, first.digest],
    ]);
    await store.close();
    store = await openOverlay([]);
    expect(await load(archive)).to.deep.equal({ [name]: first.digest });
    expect(store.list()).to.have.length(1);
    expect(await digests(store.content)).to.include(attestation.digest);
    expect(await save([{ target: first, name }])).to.deep.equal(archive);
  });

  it('without a name is named by its digest', async () => {
    const image = await writeImage(store.content, 'a');
    const archive = await save([{ target: { ...image, annotations: { 'io.containerd.image.name': 'x' } } }]);
    expect(await load(archive)).to.deep.equal({ '': image.digest });
    expect((await files(archive)).get('manifest.json')).to.include('"RepoTags":null');
  });

  it('of which some platforms are wanted leaves nothing of the others', async () => {
    const { index } = await writeAttested();
    const archive = await save([{ target: index, name }]);
    const all = (await digests(store.content)).length;
    await store.close();
    store = await openOverlay([]);
    await load(archive, anyOf([amd64], host));
    expect(await digests(store.content)).to.have.length(all - 3);
    await load(archive);
    expect(await digests(store.content)).to.have.length(all);
    await load(archive, anyOf([amd64], host));
    expect(await digests(store.content)).to.have.length(all);
  });

  it('must have the manifests that are wanted', async () => {
    const index = await writeIndex(store.content, [
      { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('x'), size: 1, platform: amd64 },
    ]);
    const archive = await tar({
      'oci-layout': layout,
      'index.json': JSON.stringify({ schemaVersion: 2, manifests: [index] }),
      [`blobs/sha256/${index.digest.slice(7)}`]: await store.content.bytes(index.digest),
    });
    expect(await load(archive)).to.deep.equal({ '': index.digest });
    expect(await rejected(load(archive, anyOf([amd64], host)))).to.have.property('code', 'NOT_FOUND');
  });

  it('may hold blobs under wrong names, which count under their real digests', async () => {
    const image = await writeImage(store.content, 'a');
    const archive = await tar({
      'oci-layout': layout,
      'index.json': JSON.stringify({ schemaVersion: 2, manifests: [image] }),
      [`blobs/sha256/${'0'.repeat(64)}`]: await store.content.bytes(image.digest),
      'stray.txt': 'stray',
    });
    await store.close();
    store = await openOverlay([]);
    await load(archive);
    expect(await digests(store.content)).to.deep.equal([image.digest]);
  });

  it('is written once where it has the same tiny file many times, whatever its names are', async () => {
    const bytes = Buffer.from('{}');
    const target = await writeIndex(store.content, []);
    const index = JSON.stringify({ manifests: [target] });
    const names = Array.from({ length: 50 }, (_, i) => `blobs/${i}`);
    let writings = 0;
    const lease = store.lease.bind(store);
    store.lease = () => {
      const given = lease();
      const ingest = given.content.ingest.bind(given.content);
      given.content.ingest = (source, ...rest) => {
        if (Buffer.isBuffer(source) && source.equals(bytes)) writings++;
        return ingest(source, ...rest);
      };
      return given;
    };
    await load(
      await tar({
        'oci-layout': layout,
        'index.json': index,
        ...Object.fromEntries(names.map((name) => [name, bytes])),
      }),
    );
    expect(writings).to.equal(1);
  });

  it('is refused with more than 200,000 entries', async () => {
    const some = Buffer.concat(Array<Buffer>(1000).fill(entry('folder/', '5')));
    const many = async function* () {
      for (let i = 0; i <= 200; i++) yield some;
    };
    expect(await rejected(importArchive(many(), store))).to.have.property('code', 'INVALID_ARCHIVE');
  });

  it('leaves nothing in the store when it is refused', async () => {
    const archive = await tar({ 'a.bin': 'x'.repeat(300_000), 'manifest.json': '[{"Config":"none"}]' });
    expect(await rejected(load(archive))).to.have.property('code', 'INVALID_ARCHIVE');
    expect(await digests(store.content)).to.deep.equal([]);
  });
});

describe('a docker archive', () => {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });
  const images = (members: object): string =>
    JSON.stringify([{ Config: 'c.json', Layers: ['l/layer.tar'], ...members }]);

  it('becomes the manifest that containerd makes of it', async () => {
    const archive = await tar({
      'c.json': config,
      'l/layer.tar': 'layer',
      'manifest.json': images({ RepoTags: ['app'] }),
    });
    const loaded = await load(archive);
    const digest = loaded['docker.io/library/app:latest'] as string;
    expect((await store.content.bytes(digest)).toString()).to.equal(
      `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"${digestOf(config)}","size":${config.length}},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar","digest":"${digestOf('layer')}","size":5}]}`,
    );
    expect(await digests(store.content)).to.have.length(3);
  });

  it('has an image for each of its names, and one without a name', async () => {
    const manifest = JSON.stringify([
      { Config: 'c.json', RepoTags: ['app:1', 'host:5000/app:2'] },
      { Config: 'd.json', RepoTags: null, Layers: null },
    ]);
    const loaded = await load(await tar({ 'c.json': config, 'd.json': `${config} `, 'manifest.json': manifest }));
    expect(Object.keys(loaded)).to.deep.equal(['docker.io/library/app:1', 'host:5000/app:2', '']);
  });

  it('says which layers are compressed', async () => {
    const archive = await tar({ 'c.json': config, 'l/layer.tar': gzipSync('layer'), 'manifest.json': images({}) });
    const digest = (await load(archive))[''] as string;
    expect((await store.content.bytes(digest)).toString()).to.include('image.rootfs.diff.tar.gzip');
  });

  it('takes the layers that an unpacked image has, as they are compressed there', async () => {
    const config = await write(
      store.content,
      { ...amd64, rootfs: { type: 'layers', diff_ids: [digestOf('layer'), digestOf('lie')] } },
      'application/vnd.oci.image.config.v1+json',
    );
    const zipped = await write(store.content, gzipSync('layer'), 'application/vnd.oci.image.layer.v1.tar+gzip');
    const other = await write(store.content, gzipSync('other'), 'application/vnd.oci.image.layer.v1.tar+gzip');
    const image = { ...(await writeManifest(store.content, { config, layers: [zipped, other] })), platform: amd64 };
    await store.put('docker.io/library/there:1', await writeIndex(store.content, [image]));
    const layersOf = async (layer: string, platform: typeof amd64): Promise<Descriptor[]> => {
      const archive = await tar({ 'c.json': '{}', 'l/layer.tar': layer, 'manifest.json': images({}) });
      const { images: loaded, end } = await importArchive(pieces(archive), store, undefined, only(platform));
      const bytes = await store.content.bytes(loaded[0]?.target.digest ?? '');
      await end();
      return (JSON.parse(bytes.toString()) as { layers: Descriptor[] }).layers;
    };
    const mediaType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
    expect(await layersOf('layer', amd64)).to.deep.equal([{ ...zipped, mediaType }]);
    expect((await layersOf('layer', arm64))[0]?.digest).to.equal(digestOf('layer'));
    expect((await layersOf('lie', amd64))[0]?.digest).to.equal(digestOf('lie'));
  });

  it('may link to layers of other images', async () => {
    const link = entry('l/layer.tar', '2', '../m/layer.tar').subarray(0, 512);
    const rest = await tar({ 'c.json': config, 'm/layer.tar': 'layer', 'manifest.json': images({}) });
    const digest = (await load(Buffer.concat([link, rest])))[''] as string;
    expect((await store.content.bytes(digest)).toString()).to.include(digestOf('layer'));
  });

  it('gives way to the layout in the same archive', async () => {
    const image = await writeImage(store.content, 'a');
    const archive = await save([{ target: image, name: 'docker.io/library/app:1' }]);
    expect((await files(archive)).has('manifest.json')).to.equal(true);
    expect(await load(archive)).to.deep.equal({ 'docker.io/library/app:1': image.digest });
  });

  const faults: readonly [string, Readonly<Record<string, string>>, string][] = [
    ['nothing', {}, 'unrecognized image format'],
    ['no index', { 'oci-layout': layout }, 'missing index.json in OCI layout 1.0.0'],
    ['another layout version', { 'oci-layout': '{"imageLayoutVersion":"9.9"}' }, 'unsupported OCI version 9.9'],
    ['only an index', { 'index.json': '{}' }, 'unrecognized image format'],
    [
      'a broken index',
      { 'oci-layout': layout, 'index.json': 'not' },
      "invalid character 'o' in literal null (expecting 'u')",
    ],
    ['no manifests', { 'oci-layout': layout, 'index.json': '{"manifests":[]}' }, 'image might be filtered out'],
    [
      'a digest that is none',
      {
        'oci-layout': layout,
        'index.json':
          '{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"bad","size":1}]}',
      },
      'InvalidArgument: "bad" failed validation',
    ],
    ['no images', { 'manifest.json': '[]' }, 'image might be filtered out'],
    ['null for images', { 'manifest.json': 'null' }, 'unrecognized image format'],
    ['an empty manifest.json', { 'manifest.json': '' }, 'untar manifest "manifest.json": EOF'],
    ['half a manifest.json', { 'manifest.json': '[{' }, 'untar manifest "manifest.json": unexpected EOF'],
    [
      'a manifest.json of another shape',
      { 'manifest.json': '{} x' },
      'untar manifest "manifest.json": json: cannot unmarshal object into Go value of type []struct { Config string; RepoTags []string; Layers []string }',
    ],
    ['a missing config', { 'manifest.json': '[{"Config":"x.json"}]' }, 'image config "x.json" not found'],
    [
      'a missing layer',
      { 'c.json': config, 'manifest.json': images({}) },
      'failed to resolve layers: layer "l/layer.tar" not found',
    ],
    [
      'an invalid name',
      { 'c.json': config, 'l/layer.tar': '', 'manifest.json': images({ RepoTags: ['A B'] }) },
      'normalize image ref "A B": invalid reference format: repository name (library/A B) must be lowercase',
    ],
    [
      'a config that is no JSON',
      { 'c.json': 'nope', 'l/layer.tar': '', 'manifest.json': images({}) },
      "unable to resolve platform: invalid character 'o' in literal null (expecting 'u')",
    ],
  ];
  for (const [what, members, message] of faults)
    it(`with ${what} is refused in the daemon's words`, async () => {
      expect((await rejected(load(await tar(members)))).message).to.equal(message);
    });

  it('that is cut short says by how much', async () => {
    const archive = (await tar({ 'a.bin': 'x'.repeat(892) })).subarray(0, 1024);
    expect((await rejected(load(archive))).message).to.equal(
      'failed to ingest "a.bin": short read: expected 892 bytes but got 512: unexpected EOF',
    );
  });
});

describe('exporting images', () => {
  it('leaves out what is missing', async () => {
    const image = await writeImage(store.content, 'a');
    await store.content.delete(digestOf('a'));
    const found = await files(await save([{ target: image }]));
    expect([...found.keys()].filter((path) => /[0-9a-f]{64}$/.test(path))).to.deep.equal([
      `blobs/sha256/${image.digest.slice(7)}`,
    ]);
    await store.content.delete(image.digest);
    const nothing = await files(await save([{ target: image }]));
    expect(nothing.get('index.json')).to.include('"manifests":null');
    expect(nothing.has('manifest.json')).to.equal(false);
  });

  it('cannot name a nested index in manifest.json', async () => {
    const inner = await writeIndex(store.content, [await writeImage(store.content, 'a')]);
    const error = await rejected(save([{ target: await writeIndex(store.content, [inner]) }]));
    expect(error.message).to.equal('unable to create manifests file: invalid checksum digest format');
  });

  it('needs a manifest of the platform', async () => {
    const index = await writeIndex(store.content, []);
    expect(await rejected(save([{ target: index }]))).to.have.property('code', 'NOT_FOUND');
    const blob = await write(store.content, 'x');
    expect(await rejected(save([{ target: blob }]))).to.have.property('code', 'INVALID_ARGUMENT');
  });

  it('ends with an error when a blob is not what its descriptor says', async () => {
    const layer = await write(store.content, 'x'.repeat(1000), 'application/vnd.oci.image.layer.v1.tar');
    const config = await write(store.content, '{}', 'application/vnd.oci.image.config.v1+json');
    const sized = (size: number) => writeManifest(store.content, { config, layers: [{ ...layer, size }] });
    expect((await rejected(save([{ target: await sized(10) }]))).message).to.equal(
      'failed to copy to tar: archive/tar: write too long',
    );
    expect((await rejected(save([{ target: await sized(2000) }]))).message).to.match(/^unexpected copy size for blobs/);
  });

  it('leaves out layers that may not be handed on', async () => {
    const layer = await write(store.content, 'x', 'application/vnd.oci.image.layer.nondistributable.v1.tar');
    const config = await write(store.content, '{}', 'application/vnd.oci.image.config.v1+json');
    const found = await files(
      await save([{ target: await writeManifest(store.content, { config, layers: [layer] }) }]),
    );
    expect([...found.keys()]).to.not.include(`blobs/sha256/${layer.digest.slice(7)}`);
  });
});
