import { appendFile, chmod, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { openLayout, openOverlay } from '../../src/oci/layout.js';
import { LocalContentStore } from '../../src/oci/local-content-store.js';
import { digests, temporaryFolder, writeImage, writeIndex } from './support/images.js';
import { slowIndexStore } from './support/slow-index.js';

const blobPath = (folder: string, digest: string): string => join(folder, 'blobs', 'sha256', digest.slice(7));

describe('a collection', () => {
  it('deletes nothing that the saved names still need, while a change of them is on its way to the disk', async () => {
    const folder = await temporaryFolder();
    const blobs = new LocalContentStore(join(folder, 'blobs'), { ingest: join(folder, 'ingest') });
    const { store, onDisk, hold } = slowIndexStore(blobs);
    const image = await writeImage(store.content, 'a');
    await store.put('docker.io/library/a:1', image);
    await store.written();
    const write = hold();
    const removed = store.remove('docker.io/library/a:1');
    const collected = store.collect();
    // Time enough for a collection that would not wait.
    await sleep(500);
    expect(onDisk()).to.deep.equal(['docker.io/library/a:1']);
    expect(await digests(store.content), 'while the index on disk names the image').to.have.lengthOf(3);
    write();
    await Promise.all([removed, collected]);
    expect(await digests(store.content)).to.have.lengthOf(0);
    await store.close();
  });

  it('of a store with many images is not waited for, and comes all the same, unless the store is closed', async () => {
    const store = await openOverlay([]);
    const kept = await writeImage(store.content, 'kept');
    const gone = await writeImage(store.content, 'gone');
    const names = Array.from({ length: 201 }, (_, i) => `docker.io/library/kept:${i}`);
    await Promise.all([...names, 'docker.io/library/gone:1'].map((name, i) => store.put(name, i < 201 ? kept : gone)));
    await store.remove('docker.io/library/gone:1');
    expect(await store.collect({ soon: true })).to.deep.equal([]);
    expect(await store.content.has(gone.digest)).to.equal(true);
    while (await store.content.has(gone.digest)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await store.content.has(kept.digest)).to.equal(true);
    await store.remove(names[0] as string);
    const late = store.collect();
    await store.close();
    await late.catch(() => undefined);
  });

  it('deletes nothing while a manifest is broken on disk, and a reload repairs it', async () => {
    const folder = await temporaryFolder();
    let store = await openLayout(folder);
    const image = await writeImage(store.content, 'a');
    await store.put('docker.io/library/a:1', image);
    const bytes = await store.content.bytes(image.digest);
    await store.close();
    await chmod(blobPath(folder, image.digest), 0o644);
    await writeFile(blobPath(folder, image.digest), Buffer.alloc(bytes.length, ' '));
    store = await openLayout(folder);
    // Young blobs of others are no reason to keep them here.
    await store.collect({ others: true });
    expect(await digests(store.content)).to.have.lengthOf(3);
    expect(await store.manifests.verifiedManifest(image).catch(() => 'broken')).to.equal('broken');
    const lease = store.lease();
    await lease.content.ingest(bytes);
    await lease.end();
    expect(await store.content.bytes(image.digest)).to.deep.equal(bytes);
    expect((await store.manifests.verifiedManifest(image)).layers).to.have.lengthOf(1);
    await store.remove('docker.io/library/a:1');
    await store.collect();
    expect(await digests(store.content)).to.have.lengthOf(0);
    await store.close();
  });
});

describe('a layout that another program changes', () => {
  /** Put another index.json in the place of the one that is there. */
  async function change(folder: string, how: (manifests: { annotations?: object; digest: string }[]) => object[]) {
    const path = join(folder, 'index.json');
    const index = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...index, manifests: how(index.manifests) }));
  }

  it('keeps what the other added, and what this one changes afterwards', async () => {
    const folder = await temporaryFolder();
    const store = await openLayout(folder);
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((text) => writeImage(store.content, text)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('no images');
    await store.put('docker.io/library/a:1', a);
    await store.written();
    const named = { ...b, annotations: { 'org.opencontainers.image.ref.name': 'theirs' } };
    await change(folder, (manifests) => [...manifests, named]);
    await store.put('docker.io/library/c:1', c);
    expect(store.list().map(({ name }) => name)).to.deep.equal([
      'docker.io/library/a:1',
      'docker.io/library/c:1',
      'docker.io/library/theirs:latest',
    ]);
    await store.written();
    await change(folder, (manifests) => manifests.filter(({ digest }) => digest !== a.digest));
    await store.refresh();
    expect(store.get('docker.io/library/a:1')).to.equal(undefined);
    await store.close();
    const again = await openLayout(folder);
    expect(again.list()).to.have.lengthOf(2);
    await again.close();
  });

  it('keeps both where both changed a name', async () => {
    const folder = await temporaryFolder();
    const store = await openLayout(folder);
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((text) => writeImage(store.content, text)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('no images');
    await store.put('docker.io/library/a:1', a);
    await store.written();
    await change(folder, ([entry]) => [{ ...entry, digest: c.digest, size: c.size }]);
    await store.put('docker.io/library/a:1', b);
    const found = store.list().map(({ name, target }) => [name.split('@')[0], target.digest]);
    expect(found).to.have.deep.members([
      ['docker.io/library/a:1', b.digest],
      ['moby-dangling', c.digest],
    ]);
    await store.close();
  });

  it('keeps blobs that have no name yet, until they are old', async () => {
    const folder = await temporaryFolder();
    const store = await openLayout(folder);
    const hex = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb';
    const path = join(folder, 'blobs', 'sha256', hex);
    await writeFile(path, 'a');
    await store.collect();
    expect(await digests(store.content)).to.deep.equal([`sha256:${hex}`]);
    const old = new Date(Date.now() - 3_600_000);
    await utimes(path, old, old);
    await store.collect();
    expect(await digests(store.content)).to.deep.equal([]);
    await store.close();
  });

  it('is refused, and not written over, when what the other left is no index', async () => {
    const folder = await temporaryFolder();
    const store = await openLayout(folder);
    await appendFile(join(folder, 'index.json'), 'x');
    const outcome = await store.put('docker.io/library/a:1', await writeImage(store.content, 'a')).catch((e) => e);
    expect(outcome).to.have.property('code', 'CORRUPT');
    expect(store.list()).to.have.lengthOf(0);
    expect((await readFile(join(folder, 'index.json'), 'utf8')).endsWith('x')).to.equal(true);
    await store.close();
  });
});

describe('an index with odd entries', () => {
  it('is read, written and read again, whatever its annotations and dates are', async () => {
    const folder = await temporaryFolder();
    let store = await openLayout(folder);
    const image = await writeImage(store.content, 'a');
    await store.put('docker.io/library/a:1', image);
    await store.close();
    const path = join(folder, 'index.json');
    const index = JSON.parse(await readFile(path, 'utf8'));
    const [entry] = index.manifests;
    const key = (name: string): string => `attestd.image.${name}`;
    const odd = [
      { [key('updated')]: 'never' },
      { [key('created')]: '+275760-09-13T00:00:00.000Z' },
      { [key('updated')]: '-000001-01-01T00:00:00.000Z', [key('created')]: '' },
      { [key('target-names')]: '{"a":' },
      { [key('target-names')]: '[1]' },
      { [key('target-names')]: '{"a":1}' },
      { 'io.containerd.image.name': '' },
    ];
    index.manifests = odd.map((change, at) => ({
      ...entry,
      annotations: { ...entry.annotations, 'io.containerd.image.name': `docker.io/library/odd:${at}`, ...change },
    }));
    index.manifests.push(null, 7, { ...entry, annotations: { a: 1 } });
    await writeFile(path, JSON.stringify(index));
    for (const round of [1, 2]) {
      store = await openLayout(folder);
      expect(store.list(), `round ${round}`).to.have.lengthOf(odd.length + round - 1);
      for (const { createdAt, updatedAt } of store.list())
        for (const date of [createdAt, updatedAt]) expect(date.toISOString()).to.match(/^(?:19|20)\d\d-/);
      await store.put('docker.io/library/new:1', image);
      await store.close();
    }
  });
});

describe('a lease whose act failed', () => {
  it('leaves an image as incomplete as it was', async () => {
    const store = await openLayout(await temporaryFolder());
    const image = await writeImage(store.content, 'a');
    const index = await writeIndex(store.content, [image]);
    const bytes = await store.content.bytes(image.digest);
    await store.put('docker.io/library/a:1', index);
    await store.content.delete(image.digest);
    const lease = store.lease();
    await lease.content.ingest(bytes);
    await lease.end(true);
    expect(await store.content.info(image.digest)).to.equal(undefined);
    const other = store.lease();
    await other.content.ingest(bytes);
    await other.end();
    expect(await store.content.info(image.digest)).not.to.equal(undefined);
    await store.close();
  });
});
