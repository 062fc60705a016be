import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { command as check } from '../../src/cli/store-check.js';
import { command as gc } from '../../src/cli/store-gc.js';
import { openLayout } from '../../src/oci/layout.js';
import { write, writeImage, writeIndex } from '../oci/support/images.js';
import { capture } from './capture.js';

describe('attestd store', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = (command: typeof check, ...args: string[]) =>
    capture(async () => (await command.run([folder, ...args])) ?? 0);

  it('check finds what is broken, what is absent and what no image leads to, and repairs', async () => {
    const store = await openLayout(folder);
    const [one, two] = [await writeImage(store.content, 'one'), await writeImage(store.content, 'two')];
    await store.put('docker.io/library/one:1', one);
    await store.put('docker.io/library/two:1', await writeIndex(store.content, [two]));
    const orphan = await write(store.content, 'nobody wants this');
    await store.content.delete(two.digest);
    await store.close();
    const whole = JSON.parse((await run(check, '--json')).stdout);
    expect(whole).to.deep.include({ images: 2, broken: [], absent: [two.digest], unusable: [], repaired: false });
    expect(whole.orphans.map(({ digest }: { digest: string }) => digest)).to.include(orphan.digest);
    const path = join(folder, 'blobs', 'sha256', one.digest.slice(7));
    await chmod(path, 0o644);
    await writeFile(path, 'broken');
    const found = await run(check, '--json', '--repair');
    expect(found.code).to.equal(1);
    expect(JSON.parse(found.stdout)).to.deep.include({
      broken: [{ digest: one.digest, size: 6 }],
      unusable: ['docker.io/library/one:1'],
      repaired: true,
    });
    const again = await run(check);
    expect(again.stdout).not.to.contain('broken');
    expect(again.stdout).to.contain('unusable until it is loaded again: docker.io/library/one:1');
  });

  it('check tells of what was left half written and of what is no blob', async () => {
    await (await openLayout(folder)).close();
    await writeFile(join(folder, '.attestd', 'ingest', 'half'), 'half');
    await writeFile(join(folder, 'blobs', 'sha256', 'notes.txt'), 'mine');
    const stray = ['.attestd/ingest/half', 'blobs/sha256/notes.txt'];
    expect(JSON.parse((await run(check, '--json')).stdout).stray).to.deep.equal(stray);
    expect((await run(check)).stdout)
      .to.contain('no blob: blobs/sha256/notes.txt')
      .and.not.to.contain('half');
  });

  it('gc deletes what no image leads to, and nothing else', async () => {
    const store = await openLayout(folder);
    await store.put('docker.io/library/one:1', await writeImage(store.content, 'one'));
    const orphan = await write(store.content, 'nobody wants this');
    await store.close();
    expect(JSON.parse((await run(gc, '--json')).stdout)).to.deep.equal([{ digest: orphan.digest, size: orphan.size }]);
    expect(await run(check)).to.include({ code: 0 });
    expect((await run(gc)).stdout).to.equal('deleted 0 blobs, 0 bytes\n');
  });

  it('refuses a folder that is no store, or that a server has open', async () => {
    const none = await run(check);
    expect(none.error).to.have.property('code', 'USAGE');
    const store = await openLayout(folder);
    expect((await run(gc)).error).to.have.property('code', 'ALREADY_EXISTS');
    await store.close();
  });
});
