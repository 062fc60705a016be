import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { exportByName } from '../../../src/engine/images/export.js';
import { loadImages } from '../../../src/engine/images/load.js';
import { pruneImages } from '../../../src/engine/images/prune.js';
import { removeImage } from '../../../src/engine/images/remove.js';
import type { Descriptor } from '../../../src/oci/descriptor.js';
import { openOverlay } from '../../../src/oci/layout.js';
import { readTar } from '../../../src/oci/tar.js';
import { collect, pieces, tar } from '../../oci/support/archives.js';
import { writeImage, writeManifest } from '../../oci/support/images.js';
import { all, openEngine, parsed, type TestEngine } from '../support.js';

const name = 'io.containerd.image.name';

/** Recorded from a dockerd 29.7.2 with the images that BuildKit built, unless the test says otherwise. */
describe('A manifest that refers to another', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await openEngine();
  });
  afterEach(() => test.close());

  async function loadBuilt(...names: readonly string[]): Promise<void> {
    for (const image of names) {
      const path = fileURLToPath(new URL(`../../../fixtures/images/buildkit/buildkit-${image}.tar`, import.meta.url));
      await all(loadImages(test.context, createReadStream(path)));
    }
  }

  /** How many blobs an exported image has. */
  async function exportedBlobs(image: string): Promise<number> {
    let count = 0;
    // Read to its end: until then the export holds its blobs, whatever is pruned.
    const archive = await collect(await exportByName(test.context, [image], []));
    for await (const entry of readTar(pieces(archive))) if (/^blobs\/sha256\/./.test(entry.name)) count++;
    return count;
  }

  const pruneAll = async () =>
    parsed(await pruneImages(test.context, new Map([['dangling', new Map([['false', true]])]])));

  it('goes with it into an archive, whichever image it came with', async () => {
    await loadBuilt('legacy-storage', 'plain');
    expect(await exportedBlobs('hello:plain')).to.equal(7);
    expect(await exportedBlobs('hello:legacy')).to.equal(8);
    await removeImage(test.context, 'hello:plain', {});
    expect(await exportedBlobs('hello:legacy')).to.equal(8);
  });

  it('stays with it when the index that says so is deleted', async () => {
    await loadBuilt('attested', 'legacy-storage');
    await removeImage(test.context, 'hello:attested', {});
    expect(await exportedBlobs('hello:legacy')).to.equal(12);
    expect((await pruneAll()).SpaceReclaimed).to.be.greaterThan(0);
    expect(await test.context.store.content.list()[Symbol.asyncIterator]().next()).to.have.property('done', true);
  });

  it('is no gain of a prune while what it refers to is held by another image', async () => {
    await loadBuilt('legacy-storage', 'plain', 'attested');
    const { ImagesDeleted, SpaceReclaimed } = await pruneAll();
    expect(SpaceReclaimed).to.equal(14_038);
    expect(ImagesDeleted.filter((entry: { Deleted?: string }) => entry.Deleted !== undefined)).to.have.lengthOf(5);
  });

  it('is known from the index of an archive, which is not kept', async () => {
    const archive = await topLevelArchive({ [name]: 'docker.io/library/top:1' }, {});
    await all(loadImages(test.context, Readable.from([archive])));
    expect(await exportedBlobs('top:1')).to.equal(6);
  });

  it('takes its name where an archive gives both the same one', async () => {
    const both = { [name]: 'docker.io/library/top:1' };
    const archive = await topLevelArchive(both, both);
    const messages = await all(loadImages(test.context, Readable.from([archive])));
    expect(messages).to.deep.equal([{ stream: 'Loaded image: top:1\n' }, { stream: 'Loaded image: top:1\n' }]);
    expect(test.context.store.list().map((image) => image.name)).to.deep.equal(['docker.io/library/top:1']);
    expect(await exportedBlobs('top:1')).to.equal(3);
  });
});

/** An archive whose own index lists an image manifest and its attestation manifest. */
async function topLevelArchive(
  imageNotes: Record<string, string>,
  attestationNotes: Record<string, string>,
): Promise<Buffer> {
  const store = await openOverlay([]);
  const image = await writeImage(store.content, 'a');
  const attestation = await writeManifest(store.content, {
    config: await store.content.ingest(Buffer.from('{}')),
    layers: [await store.content.ingest(Buffer.from('{"_type":"x"}'))],
  });
  const notes = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': image.digest,
    ...attestationNotes,
  };
  const manifests: Descriptor[] = [
    { ...image, annotations: imageNotes },
    { ...attestation, annotations: notes },
  ];
  const files: Record<string, Buffer> = {
    'oci-layout': Buffer.from('{"imageLayoutVersion":"1.0.0"}'),
    'index.json': Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })),
  };
  for await (const { digest } of store.content.list())
    files[`blobs/sha256/${digest.slice(7)}`] = await store.content.bytes(digest);
  await store.close();
  return tar(files);
}
