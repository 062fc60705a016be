import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { importImage } from '../../../src/engine/images/import.js';
import { inspectImage } from '../../../src/engine/images/inspect.js';
import { listImages } from '../../../src/engine/images/list.js';
import { loadImages } from '../../../src/engine/images/load.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { image } from '../../../src/testing/image.js';
import { tar } from '../../oci/support/archives.js';
import { digests } from '../../oci/support/images.js';
import { all, history, load, loadWith, openEngine, parsed, refusal, type TestEngine } from '../support.js';

const arm64 = { os: 'linux', architecture: 'arm64' };
const amd64 = { os: 'linux', architecture: 'amd64' };
const riscv64 = { os: 'linux', architecture: 'riscv64' };

describe('Loading images', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await openEngine();
  });
  afterEach(() => test.close());

  it('tells the name of each image', async () => {
    expect(await load(test.context, 'two-names')).to.deep.equal([
      { stream: 'Loaded image: two-names:latest\n' },
      { stream: 'Loaded image: two-names:second\n' },
    ]);
  });

  it('tells the digest of an image without a name, which dangles', async () => {
    const [message] = await load(test.context, 'dangling');
    expect(message?.stream).to.match(/^Loaded image ID: sha256:[0-9a-f]{64}\n$/);
    const [image] = parsed(await listImages(test.context, { apiVersion: '1.55' }));
    expect(image.RepoTags).to.deep.equal([]);
  });

  it('ends at the first image that can have no name', async () => {
    const entry = (digest: string, name: string) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size: 1,
      annotations: { 'io.containerd.image.name': name },
    });
    const digest = `sha256:${'a'.repeat(64)}`;
    const entries = [
      entry(digest, 'x.io/first:1'),
      { ...entry('', 'x.io/none:1'), mediaType: 'x' },
      entry(digest, 'x.io/last:1'),
    ];
    const archive = await tar({
      'index.json': JSON.stringify({ schemaVersion: 2, manifests: entries }),
      'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
    });
    const messages = await all(loadImages(test.context, Readable.from([archive])));
    expect(messages.map(({ error }) => error !== undefined)).to.deep.equal([true]);
    expect(test.context.store.list().map(({ name }) => name)).to.deep.equal(['x.io/first:1']);
  });

  it('keeps an image whose name is malformed, under that name and without one', async () => {
    const messages = await load(test.context, 'bad-name');
    expect(messages.map(({ stream }) => String(stream).split(':')[0])).to.deep.equal([
      'Loaded image',
      'Loaded image ID',
    ]);
    const [image] = parsed(await listImages(test.context, { apiVersion: '1.55' }));
    expect(image.RepoTags).to.deep.equal(['UPPER/Bad Name']);
  });

  it('says when an image cannot be unpacked, and keeps it', async () => {
    const messages = await load(test.context, 'bad-diffid');
    expect(messages).to.have.length(2);
    expect(messages[1]?.stream).to.match(
      /^Error unpacking image bad-diffid:latest: apply layer error for "docker.io\/library\/bad-diffid:latest": wrong diff id calculated on extraction "sha256:[0-9a-f]{64}"\n$/,
    );
    expect((await listImages(test.context, { apiVersion: '1.55' })).length).to.equal(1);
  });

  it('keeps the image that a name pointed to before, even the same one', async () => {
    await load(test.context, 'att-none', 'att-none');
    const dangling = new Map([['dangling', new Map([['true', true]])]]);
    const images = parsed(await listImages(test.context, { apiVersion: '1.55', filters: dangling }));
    expect(images).to.have.length(1);
  });

  it('reports an event with the labels of the image', async () => {
    await load(test.context, 'att-none');
    expect(await history(test.context)).to.deep.equal(['load sha256:a4fd']);
  });

  it('keeps only the wanted platform and its attestations', async () => {
    await loadWith(test.context, 'att-multi', { platforms: [arm64] });
    const { Manifests } = parsed(
      await inspectImage(test.context, 'att-multi', { apiVersion: '1.55', manifests: true }),
    );
    const available = Manifests.filter((manifest: { Available: boolean }) => manifest.Available);
    expect(available.map((manifest: { Kind: string }) => manifest.Kind)).to.deep.equal(['image', 'attestation']);
    expect(available[0].ImageData.Platform).to.include(arm64);
    expect(available[1].AttestationData.For).to.equal(available[0].ID);
  });

  it('refuses when the wanted platform is not in the image, which stays', async () => {
    const wanted = await loadWith(test.context, 'att-multi', { platforms: [riscv64] });
    const message = "image att-multi:latest was loaded, but doesn't provide the requested platform ([linux/riscv64])";
    expect(wanted).to.deep.equal([{ error: message, errorDetail: { message } }]);
  });

  it('refuses when content of the wanted platform is missing', async () => {
    const [message] = await loadWith(test.context, 'att-missing-image-manifest', { platforms: [arm64, amd64] });
    expect(message?.error).to.match(
      /^requested platform\(s\) \(\[linux\/arm64 linux\/amd64\]\) found, but some content is missing: /,
    );
  });

  const brokenArchives: readonly (readonly [string, () => Promise<Buffer> | Buffer, string])[] = [
    ['nothing', () => Buffer.alloc(0), 'unrecognized image format'],
    ['no tar', () => Buffer.from('not a tar'), 'unexpected EOF'],
    ['garbage', () => Buffer.alloc(4096, 0x78), 'archive/tar: invalid tar header'],
    ['an empty tar', () => Buffer.alloc(1024), 'unrecognized image format'],
    [
      'only an oci-layout',
      () => tar({ 'oci-layout': '{"imageLayoutVersion":"1.0.0"}' }),
      'missing index.json in OCI layout 1.0.0',
    ],
    [
      'another layout version',
      () => tar({ 'oci-layout': '{"imageLayoutVersion":"9.9"}' }),
      'unsupported OCI version 9.9',
    ],
    [
      'no manifests',
      () => tar({ 'oci-layout': '{"imageLayoutVersion":"1.0.0"}', 'index.json': '{"manifests":[]}' }),
      'image might be filtered out',
    ],
    [
      'a docker archive without its config',
      () => tar({ 'manifest.json': '[{"Config":"x.json"}]' }),
      'image config "x.json" not found',
    ],
  ];
  for (const [what, make, message] of brokenArchives) {
    it(`answers an archive of ${what} with "${message}"`, async () => {
      const answer = await all(loadImages(test.context, Readable.from([await make()])));
      expect(answer).to.deep.equal([{ error: message, errorDetail: { message } }]);
    });
  }

  it('leaves no blob of an archive that is cut short, nor of an import whose client goes away', async () => {
    // The blobs come first, so that nothing names them yet where it is cut.
    const archive = image('cut:1')
      .layer({ '/a': 'a'.repeat(3000) })
      .provenance()
      .toArchive();
    const end = archive.indexOf('index.json');
    for (let cut = 300; cut < end; cut += 700) {
      const [message] = await all(loadImages(test.context, Readable.from([archive.subarray(0, cut)])));
      expect(message, `${cut} bytes`).to.have.property('error');
      expect(await digests(test.context.store.content), `${cut} bytes`).to.deep.equal([]);
    }
    async function* leaving(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(700, 'x');
      throw new AttestdError('INVALID_ARGUMENT', 'gone');
    }
    const body = Readable.from(leaving(), { objectMode: false });
    expect((await refusal(() => importImage(test.context, body, { repo: 'x' })))[1]).to.equal('gone');
    expect(await digests(test.context.store.content)).to.deep.equal([]);
  });

  it('gives no image a name for a client that has gone, and leaves none of its blobs', async () => {
    const archive = image('gone:1').layer({ '/a': 'a' }).toArchive();
    // Looked at with the archive's index, the image's, manifest, configuration and layer, and before the name is given.
    for (let looks = 0; looks < 6; looks++) {
      let left = looks;
      const signal = {
        get aborted() {
          return left-- === 0;
        },
      } as AbortSignal;
      await all(loadImages(test.context, Readable.from([archive]), { signal }));
      expect(left, `${looks} looks`).to.be.below(0);
      expect(test.context.store.list(), `${looks} looks`).to.deep.equal([]);
      expect(await digests(test.context.store.content), `${looks} looks`).to.deep.equal([]);
    }
  });

  it('takes compressed archives', async () => {
    const archive = await tar({
      'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
      'index.json': '{"manifests":[]}',
    });
    const [message] = await all(loadImages(test.context, Readable.from([gzipSync(archive)])));
    expect(message?.error).to.equal('image might be filtered out');
  });
});
