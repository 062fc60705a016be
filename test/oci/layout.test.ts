import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { digestOf } from '../../src/oci/digest.js';
import { danglingName } from '../../src/oci/index-file.js';
import { openLayout, openOverlay } from '../../src/oci/layout.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { digests, temporaryFolder, write, writeImage, writeIndex, writeManifest } from './support/images.js';
import { rejected } from './support/rejected.js';

interface Entry {
  digest: string;
  annotations?: Record<string, string>;
}

const app = 'docker.io/library/app:latest';

describe('an image layout', () => {
  let folder: string;
  let store: LayoutStore;

  beforeEach(async () => {
    folder = await temporaryFolder();
    store = await openLayout(folder);
  });

  afterEach(() => store.close());

  const entries = async (): Promise<Entry[]> => {
    await store.written();
    return (JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests: Entry[] }).manifests;
  };

  const reopen = async (): Promise<void> => {
    await store.close();
    store = await openLayout(folder);
  };

  it('begins with what every tool expects', async () => {
    expect(JSON.parse(await readFile(join(folder, 'oci-layout'), 'utf8'))).to.deep.equal({
      imageLayoutVersion: '1.0.0',
    });
    expect(await entries()).to.deep.equal([]);
    expect((await readdir(join(folder, 'blobs'))).sort()).to.deep.equal(['sha256']);
  });

  it('names images with the annotations of containerd', async () => {
    await store.put(app, await writeImage(store.content, 'a'));
    const [entry] = await entries();
    expect(entry?.annotations).to.include({
      'io.containerd.image.name': app,
      'org.opencontainers.image.ref.name': 'latest',
    });
  });

  it('gives the second image of a tag its full name as ref.name, for tools that select by it', async () => {
    const target = await writeImage(store.content, 'a');
    await store.put(app, target);
    await store.put('docker.io/library/zed:latest', target);
    const names = (await entries()).map((entry) => entry.annotations?.['org.opencontainers.image.ref.name']);
    expect(names).to.deep.equal(['latest', 'docker.io/library/zed:latest']);
  });

  it('leaves the ref.name that another tool gave, whatever is named, moved and removed', async () => {
    const [a, b] = [await writeImage(store.content, 'a'), await writeImage(store.content, 'b')];
    await store.close();
    const manifests = ['latest', 'my/app:v1'].map((name) => ({
      ...a,
      annotations: { 'org.opencontainers.image.ref.name': name },
    }));
    await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    store = await openLayout(folder);
    const names = async () =>
      (await entries()).map(({ digest, annotations }) => [annotations?.['org.opencontainers.image.ref.name'], digest]);
    await store.put(app, store.get('docker.io/my/app:v1')?.target ?? b);
    await reopen();
    expect(await names()).to.deep.equal([
      ['latest', a.digest],
      ['my/app:v1', a.digest],
      [app, a.digest],
    ]);
    await store.put('docker.io/my/app:v1', b);
    await store.remove('docker.io/library/latest:latest');
    await reopen();
    expect(await names()).to.deep.equal([
      ['my/app:v1', b.digest],
      [app, a.digest],
    ]);
  });

  it('takes over the ref.name that an image brought along', async () => {
    const target = await writeImage(store.content, 'a');
    await store.put('docker.io/my/app:v1', {
      ...target,
      annotations: { 'org.opencontainers.image.ref.name': 'my/app:v1' },
    });
    expect((await entries())[0]?.annotations).to.include({ 'org.opencontainers.image.ref.name': 'my/app:v1' });
  });

  it('comes back as it was', async () => {
    const target = await writeImage(store.content, 'a');
    const named = { ...target, annotations: { 'io.containerd.image.name': 'docker.io/library/other:1', x: 'y' } };
    await store.put(app, target);
    await store.put('docker.io/library/zed:1', named);
    await store.put(danglingName(target.digest), named);
    await store.put('not a reference', target);
    const before = store.list();
    expect(before.map((record) => record.name)).to.deep.equal([
      app,
      'docker.io/library/zed:1',
      danglingName(target.digest),
      'not a reference',
    ]);
    await reopen();
    expect(store.list()).to.deep.equal(before);
  });

  it('keeps when a name was first given when it is pointed elsewhere', async () => {
    const first = await store.put(app, await writeImage(store.content, 'a'));
    const second = await store.put(app, await writeImage(store.content, 'b'));
    expect(second.createdAt).to.equal(first.createdAt);
    expect(second.updatedAt.getTime()).to.be.at.least(first.updatedAt.getTime());
  });

  it('moves its generation with each write', async () => {
    const seen = [store.generation];
    const target = await writeImage(store.content, 'a');
    await store.put(app, target);
    seen.push(store.generation);
    await store.remove(app);
    seen.push(store.generation);
    await store.collect();
    seen.push(store.generation);
    expect(new Set(seen).size).to.equal(4);
    expect(seen).to.deep.equal([...seen].sort((a, b) => a - b));
  });

  it('takes no target that an image store of a daemon would refuse', async () => {
    const sound = { mediaType: 'x', digest: digestOf('x'), size: 1 };
    const faults: readonly [object, string][] = [
      [{ digest: 'bad' }, 'Target.Digest "bad" invalid: invalid checksum digest format'],
      [{ size: 0 }, 'Target.Size must be greater than zero'],
      [{ mediaType: '' }, 'Target.MediaType must be set'],
    ];
    for (const [fault, message] of faults) {
      const error = await rejected(store.put(app, { ...sound, ...fault }));
      expect(error).to.include({ code: 'INVALID_ARGUMENT' });
      expect(error.message).to.include(message);
    }
    expect(store.list()).to.deep.equal([]);
  });

  it('cannot remove a name that it does not have', async () => {
    expect(await rejected(store.remove(app))).to.have.property('code', 'NOT_FOUND');
  });

  it('keeps many changes made at once', async () => {
    const target = await writeImage(store.content, 'a');
    const names = Array.from({ length: 50 }, (_, i) => `docker.io/library/app:${100 + i}`);
    await Promise.all(names.map((name) => store.put(name, target)));
    await reopen();
    expect(store.list().map((record) => record.name)).to.deep.equal(names);
  });

  it('has one writer', async () => {
    expect(await rejected(openLayout(folder))).to.have.property('code', 'ALREADY_EXISTS');
    await store.close();
    store = await openLayout(folder);
  });

  it('takes over the lock of a process that is gone', async () => {
    await store.close();
    const dead = { pid: 2 ** 22 + 1, host: hostname(), started: '1' };
    const reused = { pid: process.pid, host: hostname(), started: '1' };
    for (const lock of [JSON.stringify(dead), JSON.stringify(reused), '', '{', '{}', 'null']) {
      await writeFile(join(folder, '.attestd', 'lock.1000'), lock);
      store = await openLayout(folder);
      await store.close();
      expect(await readdir(join(folder, '.attestd'))).to.have.members(['ingest', 'lock.1001']);
      await rm(join(folder, '.attestd', 'lock.1001'));
    }
  });

  it('is a lock in a folder whose path is longer than the address of a socket', async () => {
    const deep = join(folder, 'x'.repeat(100), 'y'.repeat(100));
    const one = await openLayout(deep);
    expect(await rejected(openLayout(deep))).to.have.property('code', 'ALREADY_EXISTS');
    await one.close();
    expect(await readdir(join(deep, '.attestd'))).to.have.members(['ingest', 'lock.1']);
    await (await openLayout(deep)).close();
  });

  it('lets only one of many take over a stale lock', async () => {
    for (let round = 0; round < 10; round++) {
      await store.close();
      await writeFile(join(folder, '.attestd', `lock.${1000 * (round + 1)}`), '{}');
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => openLayout(folder)));
      const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(winners).to.have.length(1);
      store = winners[0] as LayoutStore;
    }
  });

  it('does not touch a folder that holds something else', async () => {
    const other = await temporaryFolder();
    await writeFile(join(other, 'notes.txt'), 'mine');
    const error = await rejected(openLayout(other));
    expect(error).to.have.property('code', 'INVALID_ARGUMENT');
    expect(error.message).to.include('notes.txt');
    expect(await readdir(other)).to.deep.equal(['notes.txt']);
  });

  it('refuses another version of the layout and a broken index', async () => {
    await store.close();
    await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}');
    expect(await rejected(openLayout(folder))).to.have.property('code', 'INVALID_ARGUMENT');
    await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(join(folder, 'index.json'), '{"manifests":');
    expect(await rejected(openLayout(folder))).to.have.property('code', 'CORRUPT');
    await rm(join(folder, 'index.json'));
    store = await openLayout(folder);
    expect(store.list()).to.deep.equal([]);
  });

  it('shows nothing that it could not keep', async () => {
    if (process.getuid?.() === 0) {
      // Root may write anywhere, so a file takes the place of the journal.
      await writeFile(join(folder, '.attestd', 'journal'), '');
    } else await chmod(join(folder, '.attestd'), 0o500);
    const target = { mediaType: 'x', digest: digestOf('x'), size: 1 };
    const failed = await Promise.allSettled([store.put('a', target), store.put('b', target)]);
    expect(failed.map((outcome) => outcome.status)).to.deep.equal(['rejected', 'rejected']);
    expect(store.list()).to.deep.equal([]);
    if (process.getuid?.() === 0) await rm(join(folder, '.attestd', 'journal'));
    else await chmod(join(folder, '.attestd'), 0o700);
    await store.put('c', target);
    expect(store.list().map((record) => record.name)).to.deep.equal(['c']);
  });

  describe('that another tool wrote', () => {
    const foreign = async (manifests: readonly unknown[]): Promise<void> => {
      await store.close();
      await writeFile(
        join(folder, 'index.json'),
        JSON.stringify({ schemaVersion: 2, manifests, annotations: { k: 'v' } }),
      );
      store = await openLayout(folder);
    };

    it('has images by full name, by ref.name, and without a name', async () => {
      const full = await writeImage(store.content, 'full');
      const short = await writeImage(store.content, 'short');
      const none = await writeImage(store.content, 'none');
      await foreign([
        { ...full, annotations: { 'io.containerd.image.name': app, 'org.opencontainers.image.ref.name': 'latest' } },
        { ...short, annotations: { 'org.opencontainers.image.ref.name': 'v1' } },
        none,
      ]);
      expect(store.list().map(({ name, target }) => [name, target.digest])).to.deep.equal([
        [app, full.digest],
        ['docker.io/library/v1:latest', short.digest],
        [danglingName(none.digest), none.digest],
      ]);
    });

    it('keeps children and referrers of images without making images of them', async () => {
      const image = await writeImage(store.content, 'a');
      const index = await writeIndex(store.content, [image]);
      const signature = await writeManifest(store.content, {
        artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        config: await write(store.content, '{}', 'application/vnd.oci.empty.v1+json'),
        layers: [],
        subject: image,
      });
      await foreign([{ ...index, annotations: { 'io.containerd.image.name': app } }, image, signature]);
      expect(store.list().map((record) => record.name)).to.deep.equal([app]);
      expect(await store.referrers(image.digest)).to.deep.equal([
        { ...signature, artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' },
      ]);
      await store.put('docker.io/library/b:1', image);
      expect((await entries()).map((entry) => entry.digest)).to.include(signature.digest);
      expect(await store.collect()).to.deep.equal([]);

      await store.remove(app);
      await store.remove('docker.io/library/b:1');
      await store.collect();
      expect(await digests(store.content)).to.deep.equal([]);
      expect(await entries()).to.deep.equal([]);
    });

    it('keeps entries that it does not understand, and the annotations of the index', async () => {
      await foreign([{ digest: 'nonsense', x: 1.0 }, 5, null]);
      expect(store.list()).to.deep.equal([]);
      await store.put(app, { mediaType: 'x', digest: digestOf('x'), size: 1 });
      await store.written();
      const text = await readFile(join(folder, 'index.json'), 'utf8');
      expect(text)
        .to.include(',{"digest":"nonsense","x":1},5,null]')
        .and.match(/"annotations":\{[^{}]*"k":"v"\}/);
    });
  });

  describe('collecting garbage', () => {
    it('deletes what no name reaches', async () => {
      const kept = await writeImage(store.content, 'kept');
      const index = await writeIndex(store.content, [await writeImage(store.content, 'gone')]);
      await store.put(app, kept);
      await store.put('docker.io/library/b:1', index);
      const all = await digests(store.content);
      expect(await store.collect()).to.deep.equal([]);
      await store.remove('docker.io/library/b:1');
      const removed = await store.collect();
      expect(removed.map(({ digest }) => digest))
        .to.include(index.digest)
        .and.to.have.length(4);
      expect(await digests(store.content)).to.have.length(all.length - 4);
      expect(await store.content.bytes(kept.digest)).to.have.length(kept.size);
    });

    it('leaves alone what was written and may yet get a name', async () => {
      const image = await writeImage(store.content, 'a');
      expect(await store.collect()).to.deep.equal([]);
      await store.put(app, image);
      await store.remove(app);
      expect(await store.collect()).to.have.length(3);
    });

    it('deletes what a lease wrote and no name reached, once no other lease has it', async () => {
      const [one, two] = [store.lease(), store.lease()];
      const image = await writeImage(one.content, 'image');
      await write(one.content, 'stray');
      const shared = await write(one.content, 'shared');
      await write(two.content, 'shared');
      await store.put(app, image);
      expect(await store.collect()).to.deep.equal([]);
      await one.end();
      expect(await digests(store.content))
        .to.have.length(4)
        .and.to.include(shared.digest);
      await two.end();
      expect(await digests(store.content)).to.have.length(3);
    });

    it('survives manifests that are missing or no manifests', async () => {
      const broken = await write(store.content, 'no json', 'application/vnd.oci.image.manifest.v1+json');
      const missing = { ...broken, digest: digestOf('missing') };
      await store.put(app, await writeIndex(store.content, [broken, missing]));
      expect(await store.collect()).to.deep.equal([]);
    });
  });

  it('labels blobs with their children as containerd does', async () => {
    const image = await writeImage(store.content, 'a');
    const index = await writeIndex(store.content, [image, await writeImage(store.content, 'b')]);
    await store.put(app, index);
    const labels = async (digest: string) => Object.keys((await store.content.info(digest))?.labels ?? {});
    expect(await labels(index.digest)).to.deep.equal([
      'containerd.io/gc.ref.content.m.0',
      'containerd.io/gc.ref.content.m.1',
    ]);
    expect(await labels(image.digest)).to.deep.equal([
      'containerd.io/gc.ref.content.config',
      'containerd.io/gc.ref.content.l.0',
    ]);
  });

  it('finds referrers by tag where there is no subject', async () => {
    const image = await writeImage(store.content, 'a');
    const [bundle, signature] = [await writeImage(store.content, 'x'), await writeImage(store.content, 'y')];
    const tag = `host/app:${image.digest.replace(':', '-')}`;
    await store.put(tag, await writeIndex(store.content, [bundle]));
    await store.put(`${tag}.sig`, signature);
    const found = (await store.referrers(image.digest)).map(({ digest }) => digest);
    expect(found).to.deep.equal([bundle.digest, signature.digest].sort());
  });
});

describe('read-only layouts below a writable layer', () => {
  it('are one store, and stay as they are', async () => {
    const folders = [await temporaryFolder(), await temporaryFolder()];
    const targets = [];
    for (const [i, folder] of folders.entries()) {
      const store = await openLayout(folder);
      targets.push(await store.put(`docker.io/library/app:${i}`, await writeImage(store.content, `image ${i}`)));
      await store.close();
    }
    const snapshot = async () =>
      Promise.all(
        folders.map(async (f) => [
          await readFile(join(f, 'index.json'), 'utf8'),
          await readdir(join(f, 'blobs/sha256')),
        ]),
      );
    const before = await snapshot();

    const store = await openOverlay(folders);
    expect(store.list()).to.deep.equal(targets);
    const image = await writeImage(store.content, 'new');
    await store.put('docker.io/library/new:1', image);
    await store.remove('docker.io/library/app:0');
    expect(await store.collect()).to.have.length(3);
    expect(await store.content.info(targets[0]?.target.digest as string)).to.equal(undefined);
    expect(await digests(store.content)).to.have.length(6);
    await store.put('docker.io/library/app:0', await writeImage(store.content, 'image 0'));
    expect(await digests(store.content)).to.have.length(9);
    expect(await store.content.bytes(image.digest)).to.have.length(image.size);
    await store.close();
    expect(await snapshot()).to.deep.equal(before);
  });

  it('must be layouts', async () => {
    expect(await rejected(openOverlay([await temporaryFolder()]))).to.have.property('code', 'INVALID_ARGUMENT');
  });
});
