import { expect } from 'chai';
import type { FileSystem } from '../../../../src/support/sandbox/fs/types.js';
import { entry, errno, listing, mountable, snapshotOf, stream } from './support.js';

const image = (): ReturnType<typeof snapshotOf> =>
  snapshotOf([
    entry('etc/'),
    entry('etc/passwd', { text: 'root:x:0:0:root:/root:/bin/sh\n' }),
    entry('dir/'),
    entry('dir/sub/'),
    entry('dir/sub/file', { text: 'deep' }),
    entry('tmp/', { mode: 0o1777 }),
    entry('out', { type: 'symlink', target: '../../../etc/passwd' }),
    entry('loop', { type: 'symlink', target: 'loop' }),
  ]);

describe('a container file system', () => {
  let fs: FileSystem;
  let clock: ReturnType<typeof mountable>['clock'];
  let budget: ReturnType<typeof mountable>['budget'];
  beforeEach(async () => {
    ({ fs, clock, budget } = mountable(await image()));
  });

  it('resolves links and dots inside of the root', () => {
    expect(fs.realPath('/../out')).to.equal('/etc/passwd');
    expect(fs.realPath('/dir/../dir/./sub')).to.equal('/dir/sub');
    expect(errno(() => fs.stat('/loop'))).to.equal('ELOOP');
    expect(errno(() => fs.stat('/etc/passwd/x'))).to.equal('ENOTDIR');
    expect(errno(() => fs.stat('/etc/passwd/'))).to.equal('ENOTDIR');
    expect(errno(() => fs.stat('/none'))).to.equal('ENOENT');
    expect(fs.lstat('/out').target).to.equal('../../../etc/passwd');
  });

  it('leaves the snapshot alone when it is written to', async () => {
    const snapshot = await image();
    const one = mountable(snapshot).fs;
    const other = mountable(snapshot).fs;
    one.writeFile('/dir/sub/file', 'changed');
    one.remove('/etc');
    expect(other.readFile('/dir/sub/file').toString()).to.equal('deep');
    expect(other.find('/etc/passwd')).to.not.equal(undefined);
  });

  it('lists changes as dockerd does: a directory is modified when something in it changed', async () => {
    await clock.advance(5000);
    fs.writeFile('/dir/sub/file', 'other');
    fs.writeFile('/tmp/new', 'x');
    fs.remove('/etc/passwd');
    expect(fs.changes()).to.deep.equal([
      { path: '/dir', kind: 0 },
      { path: '/dir/sub', kind: 0 },
      { path: '/dir/sub/file', kind: 0 },
      { path: '/etc', kind: 0 },
      { path: '/etc/passwd', kind: 2 },
      { path: '/tmp', kind: 0 },
      { path: '/tmp/new', kind: 1 },
    ]);
  });

  it('has no changes after a file was made and removed again', () => {
    fs.writeFile('/tmp/new', 'x');
    fs.unlink('/tmp/new');
    expect(fs.changes()).to.deep.equal([]);
  });

  it('renames directories of the image with all that is in them', () => {
    fs.rename('/dir', '/moved');
    expect(listing(fs)['/moved/sub/file']).to.equal('file deep');
    expect(fs.find('/dir')).to.equal(undefined);
    expect(errno(() => fs.rename('/moved', '/moved/sub/x'))).to.equal('EINVAL');
    expect(errno(() => fs.rename('/tmp', '/moved'))).to.equal('ENOTEMPTY');
  });

  it('shares content between hard links until the last is gone', () => {
    fs.writeFile('/a', '1');
    fs.link('/a', '/b');
    fs.writeFile('/b', '22');
    expect(fs.readFile('/a').toString()).to.equal('22');
    expect(fs.stat('/a').links).to.equal(2);
    fs.unlink('/a');
    expect(fs.readFile('/b').toString()).to.equal('22');
    expect(errno(() => fs.link('/dir', '/d'))).to.equal('EPERM');
  });

  it('keeps an open file when its name is taken away, and frees it when it is closed', () => {
    const before = budget.used;
    const file = fs.open('/tmp/f', { read: true, write: true, create: true });
    file.write(Buffer.alloc(10_000, 'x'));
    fs.unlink('/tmp/f');
    expect(file.read(4, 0).length).to.equal(4);
    file.close();
    expect(budget.used - before).to.be.lessThan(2000);
  });

  it('fails with ENOSPC at the bound, and goes on when there is room again', async () => {
    const small = mountable(await image(), 100_000).fs;
    expect(errno(() => small.writeFile('/tmp/big', Buffer.alloc(200_000)))).to.equal('ENOSPC');
    small.remove('/tmp/big');
    small.writeFile('/tmp/fits', Buffer.alloc(50_000));
    expect(small.usage().writable).to.equal(53_248);
    expect(small.usage().root - small.usage().writable).to.equal((await image()).size);
  });

  it('counts an eighth of the parts that were never written', () => {
    const file = fs.open('/tmp/sparse', { read: true, write: true, create: true });
    const before = budget.used;
    file.truncate(2 ** 22);
    expect(budget.used - before).to.equal(2 ** 19);
    file.write(Buffer.from('end'), 2 ** 22);
    expect(file.read(3, 2 ** 22).toString()).to.equal('end');
    expect(errno(() => file.truncate(2 ** 39))).to.equal('ENOSPC');
    expect(errno(() => file.write(Buffer.from('end'), 2 ** 39))).to.equal('ENOSPC');
    expect(errno(() => file.truncate(2 ** 41))).to.equal('EFBIG');
    file.truncate(0);
    expect(budget.used).to.equal(before);
    file.close();
  });

  it('has nothing that lies further than a path leads, whatever leads there', async () => {
    const far = '/a23456789'.repeat(300);
    const { fs: other } = mountable(await snapshotOf([entry(`${far.slice(1)}/f`)]));
    other.mkdir(`/b${far}`, { recursive: true });
    other.symlink(`/b${far}`, '/l');
    expect(errno(() => other.mkdir(`/l${far}`, { recursive: true }))).to.equal('ENAMETOOLONG');
    expect(errno(() => other.rename('/a23456789', `/b${far}/z`))).to.equal('ENAMETOOLONG');
    expect(errno(() => other.rename('/b', `${far}/b`))).to.equal('ENAMETOOLONG');
    expect(errno(() => other.symlink('x/'.repeat(3000), '/m'))).to.equal('ENAMETOOLONG');
    other.rename('/a23456789', '/c');
    const again = mountable(await snapshotOf([entry(`${far.slice(1)}/f`)])).fs;
    await again.restore(stream(other.layer()));
    expect(again.stat(`/c${far.slice(10)}/f`).type).to.equal('file');
    expect(again.list(`/b${far}`).length).to.equal(other.list(`/b${far}`).length);
  });

  it("counts all of an image's directory that was moved, and what was changed in it once", async () => {
    const files = ['d/a', 'd/s/b', 'd/s/c'].map((name) => entry(name, { text: 'x'.repeat(5000) }));
    const { fs: other } = mountable(await snapshotOf(files));
    other.rename('/d', '/e');
    expect(other.usage().writable).to.equal(3 * 8192);
    other.writeFile('/e/s/b', 'x');
    other.unlink('/e/s/c');
    expect(other.usage().writable).to.equal(8192 + 4096);
    other.rename('/e/s', '/s');
    expect(other.usage().writable).to.equal(8192 + 4096);
  });

  it("copies nothing of what lies in an image's directory that is moved", async () => {
    const files = Array.from({ length: 1000 }, (_, i) => entry(`d/${i}`, { text: 'x' }));
    const { fs: other, budget: room } = mountable(await snapshotOf(files));
    const before = room.used;
    other.rename('/d', '/e');
    expect(room.used - before).to.be.lessThan(10_000);
    expect(other.list('/e').length).to.equal(1000);
    expect([...other.layer()].length).to.equal(1002);
    other.writeFile('/e/7', 'y');
    expect(other.readFile('/e/7').toString() + other.readFile('/e/8')).to.equal('yx');
  });

  it("takes of an image's file only the parts that are written", async () => {
    const large = Buffer.alloc(10 << 20, 'x');
    const snapshot = await snapshotOf([{ ...entry('f'), size: large.length, content: [large] }]);
    const { fs: other } = mountable(snapshot, 2 << 20);
    const file = other.open('/f', { read: true, write: true });
    file.write(Buffer.from('end'), large.length);
    file.write(Buffer.from('begin'), 0);
    expect(file.read(7).toString()).to.equal('beginxx');
    expect(file.read(5, large.length - 2).toString()).to.equal('xxend');
    expect(other.usage().writable).to.equal((10 << 20) + 4096);
    file.close();
  });

  it('saves what files hold when it is asked, and holes as holes', async () => {
    const file = fs.open('/tmp/sparse', { read: true, write: true, create: true });
    file.write(Buffer.from('begin'));
    file.write(Buffer.from('end'), 300_000);
    const before = budget.used;
    const layer = [...fs.layer()];
    expect(budget.used).to.equal(before);
    file.write(Buffer.from('BEGIN'), 0);
    file.truncate(100_000);
    const { fs: other, budget: room } = mountable(await image());
    await other.restore(stream(layer));
    expect(room.used).to.be.lessThan(200_000);
    const saved = other.readFile('/tmp/sparse');
    expect([saved.length, saved.toString('latin1', 0, 5), saved.toString('latin1', 300_000)]).to.deep.equal([
      300_003,
      'begin',
      'end',
    ]);
    expect(fs.readFile('/tmp/sparse').toString('latin1', 0, 5)).to.equal('BEGIN');
    file.close();
  });

  it('gives everything back when it is disposed of', () => {
    fs.writeFile('/tmp/x', Buffer.alloc(100_000));
    fs.mkdir('/q/w/e', { recursive: true });
    fs.remove('/etc');
    fs.dispose();
    expect(budget.used).to.equal(0);
  });

  it('checks the permissions of who is not root', () => {
    const user = fs.as({ uid: 1000, gid: 1000, groups: [] });
    expect(errno(() => user.writeFile('/x', ''))).to.equal('EACCES');
    user.writeFile('/tmp/mine', '');
    expect(fs.stat('/tmp/mine').uid).to.equal(1000);
    fs.writeFile('/tmp/roots', '');
    expect(errno(() => user.unlink('/tmp/roots'))).to.equal('EPERM');
    fs.mkdir('/closed', { mode: 0o700 });
    expect(errno(() => user.list('/closed'))).to.equal('EACCES');
    expect(errno(() => user.stat('/closed/x'))).to.equal('EACCES');
    expect(errno(() => user.change('/etc', { mode: 0o777 }))).to.equal('EPERM');
  });

  it('shows a volume in two containers; what one writes, the other reads', async () => {
    const volume = mountable().fs;
    const other = mountable(await image()).fs;
    fs.mount('/data', { fileSystem: volume, path: '/', readOnly: false });
    other.mount('/d/e', { fileSystem: volume, path: '/', readOnly: true });
    fs.writeFile('/data/f', 'shared');
    expect(other.readFile('/d/e/f').toString()).to.equal('shared');
    expect(errno(() => other.writeFile('/d/e/f', ''))).to.equal('EROFS');
    expect(errno(() => fs.remove('/data'))).to.equal('EBUSY');
    expect(errno(() => fs.rename('/data/f', '/f'))).to.equal('EXDEV');
    expect(fs.realPath('/data/../etc')).to.equal('/etc');
    expect(fs.changes()).to.deep.equal([{ path: '/data', kind: 1 }]);
    expect([...fs.entries('/data', { name: '' })]).to.have.length(1);
    fs.unmount('/data');
    expect(fs.list('/data')).to.deep.equal([]);
  });

  it('shows a single file of another file system', () => {
    const files = mountable().fs;
    files.writeFile('/hosts', '127.0.0.1 localhost\n');
    fs.mount('/etc/hosts', { fileSystem: files, path: '/hosts', readOnly: false });
    expect(fs.readFile('/etc/hosts').toString()).to.equal('127.0.0.1 localhost\n');
    expect(errno(() => fs.unlink('/etc/hosts'))).to.equal('EBUSY');
  });

  it('gives what it holds as a layer that restores it', async () => {
    fs.remove('/dir');
    fs.mkdir('/dir');
    fs.writeFile('/dir/own', 'o');
    fs.link('/dir/own', '/dir/second');
    fs.symlink('x', '/tmp/l');
    fs.unlink('/etc/passwd');
    const names = [...fs.layer()].map(({ name }) => name);
    expect(names).to.deep.equal([
      'dir',
      'dir/.wh..wh..opq',
      'dir/own',
      'dir/second',
      'etc',
      'etc/.wh.passwd',
      'tmp',
      'tmp/l',
    ]);
    const again = mountable(await image()).fs;
    await again.restore(stream(fs.layer()));
    expect(listing(again)).to.deep.equal(listing(fs));
  });
});
