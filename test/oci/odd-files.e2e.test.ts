import { spawnSync } from 'node:child_process';
import { mkdir, rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkStore } from '../../src/oci/check.js';
import { digestOf } from '../../src/oci/digest.js';
import { openLayout } from '../../src/oci/layout.js';
import { openStore } from '../../src/server/store.js';
import { temporaryFolder, writeImage } from './support/images.js';
import { rejected } from './support/rejected.js';

describe('A store with what is no plain file', () => {
  const pipe = (path: string): void => {
    expect(spawnSync('mkfifo', [path]).status).to.equal(0);
  };
  const odd: readonly (readonly [what: string, make: (path: string) => unknown])[] = [
    ['a pipe', pipe],
    ['a device without end', (path) => symlink('/dev/zero', path)],
    ['a folder', (path) => mkdir(path)],
    ['a link to itself', (path) => symlink(path, path)],
  ];
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    const store = await openLayout(folder);
    await store.put('docker.io/library/a:1', await writeImage(store.content, 'a'));
    await store.close();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  for (const [what, make] of odd) {
    it(`for a blob (${what}) has no such blob`, async () => {
      const store = await openLayout(folder);
      try {
        const [target] = store.list().map((image) => image.target.digest);
        const digest = target ?? '';
        const path = join(folder, 'blobs', ...digest.split(':'));
        await unlink(path);
        await make(path);
        expect(await store.content.has(digest)).to.equal(false);
        for (const read of [store.content.bytes(digest), store.content.stream(digest)])
          expect(await rejected(read)).to.have.property('code', 'NOT_FOUND');
        const report = await checkStore(store);
        expect(report.absent).to.deep.equal([digest]);
        expect(report.unusable).to.deep.equal(['docker.io/library/a:1']);
      } finally {
        await store.close();
      }
    });

    for (const name of ['index.json', 'oci-layout'])
      it(`for its ${name} (${what}) is none`, async () => {
        await unlink(join(folder, name));
        await make(join(folder, name));
        expect(await rejected(openStore(folder))).to.have.property('code', 'USAGE');
      });
  }

  it('takes a blob in the place of a pipe when it is given', async () => {
    const store = await openLayout(folder);
    try {
      const bytes = Buffer.from('given');
      const digest = digestOf(bytes);
      pipe(join(folder, 'blobs', ...digest.split(':')));
      await store.content.ingest(bytes);
      expect(await store.content.bytes(digest)).to.deep.equal(bytes);
    } finally {
      await store.close();
    }
  });
});
