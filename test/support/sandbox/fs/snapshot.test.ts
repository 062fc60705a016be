import { expect } from 'chai';
import { AttestdError } from '../../../../src/support/foundation/errors.js';
import { Budget } from '../../../../src/support/sandbox/fs/budget.js';
import { memoryStore } from '../../../../src/support/sandbox/fs/content.js';
import { applyLayer, emptySnapshot } from '../../../../src/support/sandbox/fs/snapshot.js';
import { entry, listing, mountable, snapshotOf, stream } from './support.js';

const files = async (...layers: Parameters<typeof snapshotOf>): Promise<Record<string, string>> =>
  listing(mountable(await snapshotOf(...layers)).fs);

describe('layers of a snapshot', () => {
  it('replace what lower ones have and keep the rest', async () => {
    const found = await files(
      [entry('a/'), entry('a/x', { text: '1' }), entry('a/y', { text: '2' })],
      [entry('a/x', { text: '3' })],
    );
    expect(found).to.deep.equal({ '/a': 'directory', '/a/x': 'file 3', '/a/y': 'file 2' });
  });

  it('take names away with whiteouts', async () => {
    const found = await files([entry('a/'), entry('a/x'), entry('b')], [entry('a/.wh.x'), entry('.wh.b')]);
    expect(found).to.deep.equal({ '/a': 'directory' });
  });

  it('hide a directory of lower layers with an opaque marker, and keep what they bring themselves', async () => {
    const found = await files(
      [entry('a/'), entry('a/x'), entry('a/d/'), entry('a/d/y')],
      [entry('a/'), entry('a/new', { text: 'n' }), entry('a/.wh..wh..opq')],
    );
    expect(found).to.deep.equal({ '/a': 'directory', '/a/new': 'file n' });
  });

  it('follow links of lower layers, but never out of the root', async () => {
    const found = await files(
      [entry('usr/bin/'), entry('bin', { type: 'symlink', target: '../../usr/bin' })],
      [entry('bin/tool', { text: 't' })],
    );
    expect(found['/usr/bin/tool']).to.equal('file t');
  });

  it('make directories that no entry names', async () => {
    expect(await files([entry('a/b/c')])).to.deep.equal({ '/a': 'directory', '/a/b': 'directory', '/a/b/c': 'file ' });
  });

  it('count what a layer above takes away or replaces, as a disk has it', async () => {
    const snapshot = await snapshotOf(
      [entry('a', { text: '1' }), entry('b', { text: '2'.repeat(5000) }), entry('d/')],
      [entry('.wh.a'), entry('b', { text: '' })],
    );
    expect(snapshot.size).to.equal(12_288);
    const { fs } = mountable(snapshot);
    expect(fs.usage()).to.deep.equal({ writable: 0, root: 12_288 });
    fs.writeFile('/c', Buffer.from('3'));
    fs.mkdir('/e');
    expect(fs.usage()).to.deep.equal({ writable: 4096, root: 16_384 });
    expect(fs.bytes()).to.equal(1);
  });

  it('count a file with several names once', async () => {
    const snapshot = await snapshotOf([entry('a', { text: '12345' })], [entry('b', { type: 'hardlink', target: 'a' })]);
    expect(snapshot.size).to.equal(4096);
    const { fs } = mountable(snapshot);
    expect(fs.stat('/a').inode).to.equal(fs.stat('/b').inode);
  });

  it('leave the snapshot below them as it was', async () => {
    const base = await snapshotOf([entry('a/'), entry('a/x', { text: '1' })]);
    await applyLayer(base, stream([entry('a/.wh.x'), entry('c')]), memoryStore(new Budget(99)));
    expect(listing(mountable(base).fs)).to.deep.equal({ '/a': 'directory', '/a/x': 'file 1' });
  });

  const far = 'a/'.repeat(1500);
  for (const [what, ...bad] of [
    ['a name that leads upwards', entry('../x')],
    ['a hard link to nothing', entry('x', { type: 'hardlink', target: 'nowhere' })],
    ['what lies further than a path leads', entry(`${'a/'.repeat(50_000)}f`)],
    ['the same by a link', entry(`${far}d/`), entry('l', { type: 'symlink', target: `${far}d` }), entry(`l/${far}f`)],
    ['a link that is longer than a path', entry('l', { type: 'symlink', target: 'a/../'.repeat(100_000) })],
  ] as const) {
    it(`refuse ${what}`, async () => {
      const error = await snapshotOf([...bad]).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INVALID_ARCHIVE');
    });
  }

  it('fail with NO_SPACE when they do not fit', async () => {
    const error = await applyLayer(
      emptySnapshot,
      stream([entry('a', { text: '12345' })]),
      memoryStore(new Budget(4)),
    ).catch((caught: unknown) => caught);
    expect(error).to.have.property('code', 'NO_SPACE');
  });
});
