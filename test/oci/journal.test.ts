import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { systemFiles } from '../../src/oci/files.js';
import { danglingName, noMark } from '../../src/oci/index-file.js';
import { Journal } from '../../src/oci/journal.js';
import { openLayout } from '../../src/oci/layout.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { digests, temporaryFolder, writeImage } from './support/images.js';

const name = (tag: string): string => `docker.io/library/a:${tag}`;

interface Index {
  manifests: { digest: string; annotations: Record<string, string> }[];
  annotations?: Record<string, string>;
}

/** A store as a process leaves it that is killed before index.json has what was acknowledged. */
async function killed(
  act: (store: LayoutStore) => Promise<unknown>,
  before?: (store: LayoutStore) => Promise<unknown>,
) {
  const folder = await temporaryFolder();
  let dead = false;
  const rename = async (from: string, to: string): Promise<void> => {
    if (dead && to.endsWith('index.json')) throw new Error('killed');
    await systemFiles.rename(from, to);
  };
  const store = await openLayout(folder, { files: { ...systemFiles, rename } });
  await before?.(store);
  await store.written();
  dead = true;
  await act(store);
  await store.close();
  return folder;
}

const namesOf = (store: LayoutStore): string[] => store.list().map((image) => image.name);

const readIndex = async (folder: string): Promise<Index> =>
  JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));

async function opened<T>(folder: string, look: (store: LayoutStore) => T | Promise<T>): Promise<T> {
  const store = await openLayout(folder);
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}

describe('the journal of a store', () => {
  it('has what was acknowledged and is not in index.json, with its times', async () => {
    let times: Date[] = [];
    const folder = await killed(
      async (store) => {
        const image = await writeImage(store.content, 'a');
        const { createdAt, updatedAt } = await store.put(name('2'), image);
        times = [createdAt, updatedAt];
        await store.remove(name('1'));
      },
      async (store) => store.put(name('1'), await writeImage(store.content, 'b')),
    );
    expect((await readIndex(folder)).manifests).to.have.lengthOf(1);
    await opened(folder, async (store) => {
      expect(namesOf(store)).to.deep.equal([name('2')]);
      const image = store.get(name('2'));
      expect([image?.createdAt, image?.updatedAt]).to.deep.equal(times);
      await store.collect({ others: true });
      expect(await digests(store.content)).to.have.lengthOf(3);
    });
    expect(await readdir(join(folder, '.attestd', 'journal')), 'once all is in index.json').to.deep.equal([]);
    expect((await readIndex(folder)).manifests).to.have.lengthOf(1);
  });

  it('loses a line that was cut short, and none before or after it', async () => {
    const folder = await killed(async (store) => {
      const image = await writeImage(store.content, 'a');
      for (const tag of ['1', '2', '3']) await store.put(name(tag), image);
    });
    const [file = ''] = await readdir(join(folder, '.attestd', 'journal'));
    const path = join(folder, '.attestd', 'journal', file);
    const lines = (await readFile(path, 'utf8')).split('\n');
    expect(lines).to.have.lengthOf(4);
    lines[1] = lines[1]?.slice(0, 40) ?? '';
    await writeFile(path, lines.join('\n'));
    expect(await opened(folder, namesOf)).to.deep.equal([name('1'), name('3')]);
  });

  it('is not done again where index.json says that it holds it, even if the files come back', async () => {
    let old = '';
    const folder = await killed(
      async (store) => store.put(name('2'), await writeImage(store.content, 'b')),
      async (store) => store.put(name('1'), await writeImage(store.content, 'a')),
    );
    const journal = join(folder, '.attestd', 'journal');
    const [file = ''] = await readdir(journal);
    old = await readFile(join(journal, file), 'utf8');
    await opened(folder, (store) => store.remove(name('1')));
    await writeFile(join(journal, file), old);
    expect(await opened(folder, namesOf)).to.deep.equal([name('2')]);
  });

  it('is brought together with what another program made of index.json after the process was killed', async () => {
    let [a, b, c] = ['', '', ''];
    const folder = await killed(
      async (store) => {
        const [two, three] = [await writeImage(store.content, 'b'), await writeImage(store.content, 'c')];
        [b, c] = [two.digest, three.digest];
        await store.put(name('changed'), two);
        await store.put(name('both'), two);
        await store.remove(name('gone'));
        await store.put(name('back'), three);
        await store.put(name('new'), two);
      },
      async (store) => {
        const one = await writeImage(store.content, 'a');
        a = one.digest;
        for (const tag of ['changed', 'both', 'gone', 'back', 'theirs']) await store.put(name(tag), one);
      },
    );
    const index = await readIndex(folder);
    const isNamed = (tag: string) => (entry: Index['manifests'][0]) =>
      entry.annotations['io.containerd.image.name'] === name(tag);
    const both = index.manifests.find(isNamed('both'));
    const other = { ...both, digest: c, annotations: both?.annotations ?? {} };
    const manifests = [
      ...index.manifests.filter((entry) => !['both', 'theirs', 'back'].some((tag) => isNamed(tag)(entry))),
      other,
    ];
    // Another program may know nothing of the mark.
    for (const annotations of [index.annotations, {}]) {
      const copy = await temporaryFolder();
      await cp(folder, copy, { recursive: true });
      await writeFile(join(copy, 'index.json'), JSON.stringify({ ...index, manifests, annotations }));
      const found = await opened(copy, (store) => store.list().map((image) => [image.name, image.target.digest]));
      expect(found).to.have.deep.members([
        [name('changed'), b],
        [name('both'), b],
        [danglingName(c), c],
        [name('back'), c],
        [name('new'), b],
      ]);
    }
    expect(a).not.to.equal(b);
  });

  it('is no part of a store that was closed, nor of one that never had any', async () => {
    const folder = await temporaryFolder();
    await opened(folder, async (store) => store.put(name('1'), await writeImage(store.content, 'a')));
    await rm(join(folder, '.attestd'), { recursive: true });
    expect(await opened(folder, namesOf)).to.deep.equal([name('1')]);
    const older = await readIndex(folder);
    await writeFile(join(folder, 'index.json'), JSON.stringify({ ...older, annotations: undefined }));
    expect(await opened(folder, namesOf)).to.deep.equal([name('1')]);
  });

  it('goes on in another file after a failure', async () => {
    const folder = await temporaryFolder();
    let full = false;
    const files = {
      ...systemFiles,
      open: async (path: string, flags: 'r' | 'wx', mode?: number) => {
        const file = await systemFiles.open(path, flags, mode);
        if (flags === 'r') return file;
        return {
          write: async (bytes: Uint8Array, from?: number) => {
            if (!full) return file.write(bytes, from);
            await file.write(bytes.subarray(0, 10));
            throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          },
          stat: () => file.stat(),
          sync: () => file.sync(),
          createReadStream: (options: { start: number; end: number; highWaterMark: number }) =>
            file.createReadStream(options),
          close: () => file.close(),
        };
      },
    };
    const change = (tag: string) => {
      const target = { mediaType: 'x', digest: `sha256:${'0'.repeat(64)}`, size: 1 };
      return {
        name: name(tag),
        before: undefined,
        after: { name: name(tag), target, createdAt: new Date(), updatedAt: new Date() },
      };
    };
    const { journal } = await Journal.open(folder, files, noMark);
    await journal.append([change('1')]);
    full = true;
    const failed = await journal.append([change('2')]).catch((error: unknown) => error);
    expect(failed).to.have.property('code', 'ENOSPC');
    full = false;
    await journal.append([change('3')]);
    const { changes } = await Journal.open(folder, files, noMark);
    expect(changes.map((each) => 'name' in each && each.name)).to.deep.equal([name('1'), name('3')]);
    await journal.close(true);
    expect(await readdir(folder)).to.deep.equal([]);
  });
});

describe('index.json of a store', () => {
  it('follows what was acknowledged by itself, and names nothing that was deleted', async () => {
    const folder = await temporaryFolder();
    await opened(folder, async (store) => {
      await store.put(name('1'), await writeImage(store.content, 'a'));
      for (let i = 0; i < 200 && (await readIndex(folder)).manifests.length === 0; i++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await readIndex(folder)).manifests).to.have.lengthOf(1);
      await store.remove(name('1'));
      await store.collect();
      expect((await readIndex(folder)).manifests).to.have.lengthOf(0);
      expect(await digests(store.content)).to.have.lengthOf(0);
    });
  });

  it('follows once, where somebody had it written before its time', async () => {
    let written = 0;
    const rename = async (from: string, to: string): Promise<void> => {
      if (to.endsWith('index.json')) written++;
      await systemFiles.rename(from, to);
    };
    const store = await openLayout(await temporaryFolder(), { files: { ...systemFiles, rename } });
    await store.written();
    written = 0;
    await store.put(name('1'), await writeImage(store.content, 'a'));
    await store.written();
    await sleep(600);
    await store.close();
    expect(written).to.equal(1);
  });
});
