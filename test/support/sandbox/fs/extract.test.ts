import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { entry, listing, mountable, snapshotOf, stream } from './support.js';

const code = async (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );

describe('putting an archive into a directory', () => {
  it('merges directories, replaces files and keeps owners and times', async () => {
    const { fs } = mountable(
      await snapshotOf([entry('d/'), entry('d/old', { text: 'o' }), entry('d/f', { text: '1' })]),
    );
    await fs.extract(
      '/',
      stream([entry('d/', { mtime: 5n, mode: 0o700 }), entry('d/f', { text: '2', uid: 7, mtime: 9n })]),
    );
    expect(listing(fs)).to.deep.equal({ '/d': 'directory', '/d/old': 'file o', '/d/f': 'file 2' });
    expect(fs.stat('/d/f')).to.include({ uid: 7, mtime: 9n });
    expect(fs.stat('/d')).to.include({ mode: 0o700, mtime: 5n });
  });

  it('refuses names and links that lead outside of the directory', async () => {
    const { fs } = mountable(await snapshotOf([entry('d/')]));
    expect(await code(fs.extract('/d', stream([entry('../x')])))).to.equal('INVALID_ARCHIVE');
    expect(await code(fs.extract('/d', stream([entry('h', { type: 'hardlink', target: '../x' })])))).to.equal(
      'INVALID_ARCHIVE',
    );
  });

  it('makes links that lead anywhere, and goes through none to the outside', async () => {
    const { fs } = mountable(await snapshotOf([entry('d/'), entry('etc/')]));
    const link = (name: string, target: string) => entry(name, { type: 'symlink', target });
    await fs.extract('/d', stream([link('up', '../x'), link('abs', '/etc'), entry('abs/f', { text: '1' })]));
    expect(listing(fs)).to.deep.equal({
      '/d': 'directory',
      '/d/abs': '-> /etc',
      '/d/etc': 'directory',
      '/d/etc/f': 'file 1',
      '/d/up': '-> ../x',
      '/etc': 'directory',
    });
    expect(await code(fs.extract('/d', stream([entry('up/f')])))).to.equal('INVALID_ARCHIVE');
    const loop = [link('a', 'b'), link('b', 'a'), entry('a/f')];
    expect(await code(fs.extract('/d', stream(loop)))).to.equal('INVALID_ARCHIVE');
  });

  it('takes owner and mode of a file from each of its names', async () => {
    const { fs } = mountable();
    const hardlink = entry('h', { type: 'hardlink', target: 'f', mode: 0o600, uid: 3, gid: 4 });
    await fs.extract('/', stream([entry('f', { mode: 0o640, uid: 1, gid: 2 }), hardlink]));
    expect(fs.stat('/f')).to.include({ mode: 0o600, uid: 3, gid: 4 });
  });

  it('does not exchange directories and others with noOverwriteDirNonDir', async () => {
    const { fs } = mountable(await snapshotOf([entry('d/'), entry('f')]));
    const options = { noOverwriteDirNonDir: true };
    expect(await code(fs.extract('/', stream([entry('d')]), options))).to.equal('CONFLICT');
    expect(await code(fs.extract('/', stream([entry('f/')]), options))).to.equal('CONFLICT');
    expect(await code(fs.extract('/', stream([entry('f/'), entry('d')])))).to.equal(undefined);
    expect(listing(fs)).to.deep.equal({ '/d': 'file ', '/f': 'directory' });
  });

  it('gives everything to one owner when asked to', async () => {
    const { fs } = mountable();
    await fs.extract('/', stream([entry('a/b', { uid: 5 })]), { owner: { uid: 1, gid: 2 } });
    expect(fs.stat('/a/b')).to.include({ uid: 1, gid: 2 });
  });

  it('comes out as it went in', async () => {
    const { fs } = mountable();
    const entries = [
      entry('d/'),
      entry('d/f', { text: 'x' }),
      entry('d/g', { type: 'hardlink', target: 'd/f' }),
      entry('d/p', { type: 'fifo' }),
    ];
    await fs.extract('/', stream(entries));
    const out = [...fs.entries('/d')].map(({ name, type, target }) => ({ name, type, target }));
    expect(out).to.deep.equal(entries.map(({ name, type, target }) => ({ name, type, target })));
  });

  describe('whose bytes are long in coming', () => {
    /** An archive of a file that stays in its middle. */
    function halted(name: string) {
      let end = (_error?: Error): void => undefined;
      const until = new Promise<void>((resolve, reject) => {
        end = (error) => (error === undefined ? resolve() : reject(error));
      });
      async function* content() {
        yield Buffer.from('ne');
        await until;
        yield Buffer.from('w');
      }
      return { entries: () => stream([entry(name, { content: content(), size: 3 })]), end };
    }

    it('leaves what is there, for those who save it too, until all of it has come', async () => {
      const { fs } = mountable();
      await fs.extract('/', stream([entry('f', { text: 'old' })]));
      const { entries, end } = halted('f');
      const put = fs.extract('/', entries());
      await nextTurn();
      expect(listing(fs)).to.deep.equal({ '/f': 'file old' });
      const { fs: saved } = mountable();
      await saved.restore(stream(fs.layer()));
      expect(listing(saved)).to.deep.equal({ '/f': 'file old' });
      end();
      await put;
      expect(listing(fs)).to.deep.equal({ '/f': 'file new' });
    });

    it('leaves nothing of it, and takes no room, when it breaks off', async () => {
      const { fs, budget } = mountable();
      await fs.extract('/', stream([entry('f', { text: 'old' })]));
      const before = budget.used;
      const { entries, end } = halted('f');
      const put = fs.extract('/', entries());
      await nextTurn();
      expect(budget.used).to.be.greaterThan(before);
      end(new Error('gone'));
      expect(await put.catch((error: Error) => error.message)).to.equal('gone');
      expect(listing(fs)).to.deep.equal({ '/f': 'file old' });
      expect(budget.used).to.equal(before);
    });

    it('goes through no link that came meanwhile', async () => {
      const { fs } = mountable();
      fs.mkdir('/into/d', { recursive: true });
      fs.mkdir('/out');
      const { entries, end } = halted('d/f');
      const put = fs.extract('/into', entries());
      await nextTurn();
      fs.rmdir('/into/d');
      fs.symlink('/out', '/into/d');
      end();
      await put;
      expect(listing(fs))
        .to.include({ '/into/out/f': 'file new', '/out': 'directory' })
        .and.not.have.property('/out/f');
    });

    it('takes no room in a file system that is gone by then', async () => {
      const { fs, budget } = mountable(await snapshotOf([entry('image/'), entry('image/f')]));
      fs.writeFile('/open', 'x');
      const open = fs.open('/open', { read: true });
      const { entries, end } = halted('d/f');
      const put = fs.extract('/', entries());
      await nextTurn();
      fs.dispose();
      end();
      expect(await code(put)).to.equal('NOT_FOUND');
      const link = entry('image/f', { type: 'symlink', target: 'x' });
      expect(await code(fs.extract('/', stream([link])))).to.equal('NOT_FOUND');
      open.close();
      expect(budget.used).to.equal(0);
    });
  });
});
