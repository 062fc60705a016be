import { appendFile, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { closeContext, createContext } from '../../../src/engine/engine.js';
import { listImages } from '../../../src/engine/images/list.js';
import { diskUsage } from '../../../src/engine/system/usage.js';
import { openLayout } from '../../../src/oci/layout.js';
import { withChecksum } from '../../../src/oci/line-checksum.js';
import { temporaryFolder } from '../../oci/support/images.js';
import { load, parsed, type TestEngine } from '../support.js';

const images = ['att-basic', 'att-multi', 'two-names', 'dangling', 'att-missing-config', 'att-orphan'] as const;

describe('What is kept of images', () => {
  let folder: string;
  let test: TestEngine;

  async function open(architecture = 'amd64'): Promise<TestEngine> {
    const store = await openLayout(folder);
    const context = createContext({ store, host: { os: 'linux', architecture }, channel: 'standard' });
    return {
      context,
      close: async () => {
        await closeContext(context);
        await store.close();
      },
    };
  }

  async function reopen(between: () => Promise<unknown> = async () => undefined): Promise<void> {
    await test.close();
    await between();
    test = await open();
  }

  // biome-ignore lint/suspicious/noExplicitAny: entries are looked into by name
  async function list(): Promise<readonly any[]> {
    return parsed(await listImages(test.context, { apiVersion: '1.55', manifests: true, sharedSize: true }));
  }

  // biome-ignore lint/suspicious/noExplicitAny: entries are looked into by name
  async function usage(): Promise<any> {
    return parsed(await diskUsage(test.context, { apiVersion: '1.55' }));
  }

  const file = (): string => join(folder, '.attestd', 'facts');

  beforeEach(async () => {
    folder = await temporaryFolder();
    test = await open();
    await load(test.context, ...images);
  });

  afterEach(() => test.close());

  it('gives the same list and usage from memory, from its file, and without either', async () => {
    const before = [await list(), await usage()];
    expect([await list(), await usage()]).to.deep.equal(before);
    await reopen();
    expect((await stat(file())).size).to.be.greaterThan(1000);
    expect([await list(), await usage()]).to.deep.equal(before);
    await reopen(() => rm(file()));
    expect([await list(), await usage()]).to.deep.equal(before);
  });

  it('is read from the file, not found out again', async () => {
    const before = await list();
    const marked = async (): Promise<void> => {
      const [header, ...lines] = (await readFile(file(), 'utf8')).trimEnd().split('\n');
      const changed = lines.map((line) => {
        const [digest, , facts = ''] = line.split(/ (.{8}) /);
        const other = facts.replaceAll('"created":', '"created":1');
        return `${digest} ${withChecksum(other)}`;
      });
      await writeFile(file(), `${[header, ...changed].join('\n')}\n`);
    };
    await reopen(marked);
    expect((await list()).map(({ Created }) => Created)).to.not.deep.equal(before.map(({ Created }) => Created));
  });

  it('is found out again where the file is cut short, spoilt or of another machine', async () => {
    const before = await list();
    await reopen(async () => truncate(file(), (await stat(file())).size - 100));
    expect(await list()).to.deep.equal(before);
    await reopen(() => appendFile(file(), `${before[0].Id} no facts at all\nand half a li`));
    expect(await list()).to.deep.equal(before);
    await reopen(async () => {
      const text = await readFile(file(), 'utf8');
      await writeFile(file(), text.replaceAll('"created":1', '"created":2'));
    });
    expect(await list()).to.deep.equal(before);
    await reopen(() => writeFile(file(), 'something else\n'));
    expect(await list()).to.deep.equal(before);
    await test.close();
    test = await open('arm64');
    expect(await list()).to.not.deep.equal(before);
    await reopen();
    expect(await list()).to.deep.equal(before);
  });

  it('holds only as long as the same blobs are there', async () => {
    const before = await list();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await list()).to.deep.equal(before);
    const blobs = join(folder, 'blobs', 'sha256');
    const sizes = await Promise.all(
      (await readdir(blobs)).map(async (name) => ({ name, size: (await stat(join(blobs, name))).size })),
    );
    const largest = sizes.reduce((a, b) => (b.size > a.size ? b : a));
    await rename(join(blobs, largest.name), join(folder, 'aside'));
    const without = await list();
    expect(without).to.not.deep.equal(before);
    await rename(join(folder, 'aside'), join(blobs, largest.name));
    const sizesOf = (entries: typeof before): unknown => entries.map(({ Id, Size }) => [Id, Size]);
    expect(sizesOf(await list())).to.deep.equal(sizesOf(before));
  });

  it('of an image with a broken document is not kept', async () => {
    const before = await list();
    for (const name of await readdir(join(folder, 'blobs', 'sha256'))) {
      const path = join(folder, 'blobs', 'sha256', name);
      const text = await readFile(path, 'utf8');
      if (!text.startsWith('{') || !text.includes('"rootfs"')) continue;
      const sound = text;
      await test.close();
      await rm(file(), { force: true });
      await rm(path);
      await writeFile(path, text.replace('"created":"2', '"created":"3'));
      test = await open();
      await list();
      await reopen(async () => {
        await rm(path);
        await writeFile(path, sound);
      });
      expect(await list()).to.deep.equal(before);
      return;
    }
    throw new Error('no configuration found');
  });
});
