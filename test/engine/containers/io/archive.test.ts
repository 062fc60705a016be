import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import tar from 'tar-stream';
import type { Container } from '../../../../src/engine/containers/container.js';
import { archivePath, extractArchive, statPath } from '../../../../src/engine/containers/io/archive.js';
import { containerChanges, exportContainer } from '../../../../src/engine/containers/io/changes.js';
import { removeByName } from '../../../../src/engine/containers/remove.js';
import { wholeList } from '../../../../src/server/json-list.js';
import type { FileSystem } from '../../../../src/support/sandbox/fs/types.js';
import { standingStill } from '../../../helpers/turns.js';
import { parsed, refusal } from '../../support.js';
import { type ContainerEngine, create, openContainers, settled, watchEvents } from '../support.js';

/** Names of an archive's entries, with the contents of files and the targets of links. */
async function entriesOf(archive: Readable): Promise<string[]> {
  const found: string[] = [];
  const extract = tar.extract();
  archive.pipe(extract);
  for await (const entry of extract) {
    let text = '';
    for await (const piece of entry) text += piece;
    const { name, type, linkname } = entry.header;
    found.push(type === 'symlink' ? `${name} -> ${linkname}` : type === 'directory' ? name : `${name}=${text}`);
  }
  return found;
}

/** A tar archive of one file. */
async function tarOf(header: Partial<tar.Header>, content = ''): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry(header as tar.Header, content);
  pack.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of pack) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

const keep = { copyUidGid: false, noOverwriteDirNonDir: false };

describe('archives of containers', () => {
  let engine: ContainerEngine;
  let container: Container;
  let files: FileSystem;

  beforeEach(async () => {
    engine = await openContainers();
    container = await create(engine.context, {}, 'web');
    files = container.fileSystem as FileSystem;
    files.mkdir('/d/sub', { recursive: true });
    files.writeFile('/d/f', 'hi');
    files.symlink('/d', '/dl');
    files.symlink('/d/f', '/l');
    files.symlink('nowhere', '/broken');
    files.change('/d/f', { mode: 0o4755, mtime: 1_700_000_000_500_000_000n });
  });

  afterEach(() => engine.close());

  const stat = async (path: string) => parsed(await statPath(engine.context, 'web', path));

  it('tell of a path with the mode of Go', async () => {
    expect(await stat('/d/f')).to.deep.equal({
      name: 'f',
      size: 2,
      mode: 8389101,
      mtime: '2023-11-14T22:13:20.5Z',
      linkTarget: '',
    });
    expect(await stat('d')).to.include({ name: 'd', mode: 2147484141 });
    expect(await stat('/d/../d/./f')).to.include({ name: 'f' });
  });

  it('do not follow a link, but what a slash or a dot comes after', async () => {
    expect(await stat('/dl')).to.include({ name: 'dl', linkTarget: '/d', mode: 134218239 });
    expect(await stat('/dl/')).to.include({ name: 'dl', linkTarget: '', mode: 2147484141 });
    expect(await stat('/dl/.')).to.include({ name: '.', mode: 2147484141 });
    expect(await stat('/broken')).to.include({ linkTarget: '/nowhere' });
    expect(await refusal(() => stat('/l/x'))).to.deep.equal(['INTERNAL', 'lstat /l/x: not a directory']);
    expect(await refusal(() => stat('l/'))).to.deep.equal(['INTERNAL', 'lstat /l/: not a directory']);
  });

  it('hold a file, a link, or a directory with everything in it, by the name of the path', async () => {
    const names = async (path: string) => entriesOf((await archivePath(engine.context, 'web', path)).archive);
    expect(await names('/d/f')).to.deep.equal(['f=hi']);
    expect(await names('/l')).to.deep.equal(['l -> /d/f']);
    expect(await names('/d')).to.deep.equal(['d/', 'd/f=hi', 'd/sub/']);
    expect(await names('/dl/')).to.deep.equal(['dl/', 'dl/f=hi', 'dl/sub/']);
    for (const path of ['/dl/.', '/dl/./', '/d/.//'])
      expect(await names(path), path).to.deep.equal(['./', './f=hi', './sub/']);
    expect((await names('/')).slice(0, 2)).to.deep.equal(['/', '/.dockerenv=']);
  });

  it('of what is not there are not found', async () => {
    expect(await refusal(() => archivePath(engine.context, 'web', '/nope/x'))).to.deep.equal([
      'NOT_FOUND',
      'Could not find the file /nope/x in container web',
    ]);
    expect(await refusal(() => statPath(engine.context, 'none', '/'))).to.deep.equal([
      'NOT_FOUND',
      'No such container: none',
    ]);
  });

  const put = (path: string, bytes: Buffer, more: object = {}, name = 'web') =>
    extractArchive(engine.context, name, path, Readable.from([bytes]), { ...keep, ...more });

  it('are put where a path leads, compressed or not, and told of', async () => {
    const events = watchEvents(engine.context);
    await put('/dl', await tarOf({ name: 'a', uid: 5 }, 'plain'));
    await put('/d', gzipSync(await tarOf({ name: 'b' }, 'packed')));
    expect(files.readFile('/d/a').toString()).to.equal('plain');
    expect(files.stat('/d/a').uid).to.equal(5);
    expect(files.readFile('/d/b').toString()).to.equal('packed');
    await settled();
    expect(events).to.deep.equal(['extract-to-dir', 'extract-to-dir']);
  });

  it('are not put where a container is removed meanwhile', async () => {
    const bytes = await tarOf({ name: 'a', size: 5 }, 'plain');
    async function* body(rest: number): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, rest);
      removeByName(engine.context, 'web', { force: true });
      yield bytes.subarray(rest);
    }
    for (const rest of [10, 520]) {
      const asked = extractArchive(engine.context, 'web', '/d', Readable.from(body(rest)), keep);
      expect(['NOT_FOUND', 'INTERNAL']).to.include((await refusal(() => asked))[0]);
      await create(engine.context, {}, 'web').then(({ fileSystem }) => fileSystem?.mkdir('/d'));
    }
  });

  it('are put into directories only', async () => {
    const bytes = await tarOf({ name: 'a' }, 'x');
    expect((await refusal(() => put('/nope', bytes)))[0]).to.equal('NOT_FOUND');
    expect((await refusal(() => put('/broken', bytes)))[0]).to.equal('NOT_FOUND');
    expect(await refusal(() => put('/l', bytes))).to.deep.equal([
      'INVALID_ARGUMENT',
      'extraction point is not a directory',
    ]);
  });

  it('are refused when they are broken', async () => {
    expect(await refusal(() => put('/d', Buffer.from('no tar')))).to.deep.equal(['INTERNAL', 'unexpected EOF']);
    await put('/d', Buffer.alloc(0));
  });

  it('are gone through once, however long a name is', async () => {
    const record = `path=${'/'.repeat(900_000)}a\n`;
    const pax = `${String(record.length + 7)} ${record}`;
    const [head, file] = [await tarOf({ name: 'x', size: pax.length }, pax), await tarOf({ name: 'a' }, 'plain')];
    head.write('x', 156);
    const sum = head
      .subarray(0, 512)
      .fill(0x20, 148, 156)
      .reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await put('/d', Buffer.concat([head.subarray(0, -1024), file]));
    expect(files.readFile('/d/a').toString()).to.equal('plain');
  });

  it('do not put a file in the place of a directory when that is not wanted', async () => {
    const bytes = await tarOf({ name: 'd' }, 'x');
    const only = { noOverwriteDirNonDir: true };
    expect(await refusal(() => put('/', bytes, only))).to.deep.equal([
      'INTERNAL',
      'cannot overwrite directory "d" with non-directory "/"',
    ]);
    await put('/', bytes);
    expect(files.stat('/d').type).to.equal('file');
  });

  it('say that the container was removed where it was while they came', async () => {
    await create(engine.context, { HostConfig: { NetworkMode: 'none', Binds: ['v3:/data'] } }, 'short');
    // More than what is looked at to tell how it is compressed.
    const bytes = await tarOf({ name: 'a' }, 'x'.repeat(1_000_000));
    async function* slow() {
      yield bytes.subarray(0, 500_000);
      for (let turns = 0; turns < 20; turns++) await settled();
      await removeByName(engine.context, 'short', {});
      yield bytes.subarray(500_000);
    }
    const [code] = await refusal(() => extractArchive(engine.context, 'short', '/data', Readable.from(slow()), keep));
    expect(code).to.equal('INTERNAL');
  });

  for (const other of ['other', 'filled'])
    it(`wait for a volume that is filled, in the same container or another: ${other}`, async () => {
      const HostConfig = { NetworkMode: 'none', Binds: ['v4:/data'] };
      const { fileSystem: image } = await create(engine.context, { HostConfig }, 'filled');
      await create(engine.context, { HostConfig }, 'other');
      image?.mkdir('/data');
      for (let i = 100; i < 400; i++) image?.writeFile(`/data/${i}`, 'of the image');
      const bytes = await tarOf({ name: '399' }, 'brought');
      const end = standingStill();
      try {
        const first = statPath(engine.context, 'filled', '/');
        await settled();
        await put('/data', bytes, {}, other);
        await first;
      } finally {
        end();
      }
      const { fileSystem } = engine.context.volumes.get('v4');
      expect(fileSystem.list('/')).to.have.lengthOf(300);
      expect(fileSystem.readFile('/399').toString()).to.equal('brought');
    });

  it('are given to the user of the container when that is wanted', async () => {
    const bytes = await tarOf({ name: 'a', uid: 5 }, 'x');
    const other = await create(engine.context, { User: '7:8' }, 'other');
    await put('/', bytes, { copyUidGid: true }, 'other');
    expect(other.fileSystem?.stat('/a')).to.include({ uid: 7, gid: 8 });
    await create(engine.context, { User: 'who' }, 'third');
    expect(await refusal(() => put('/', bytes, { copyUidGid: true }, 'third'))).to.deep.equal([
      'INVALID_ARGUMENT',
      'failed to look up user "who" in container: no matching entries in passwd file',
    ]);
  });

  it('are not put where nothing may be written', async () => {
    const bytes = await tarOf({ name: 'a' }, 'x');
    const HostConfig = { NetworkMode: 'none', ReadonlyRootfs: true, Binds: ['v1:/ro:ro', 'v2:/rw'] };
    await create(engine.context, { HostConfig }, 'ro');
    const refused = async (path: string) => (await refusal(() => put(path, bytes, {}, 'ro')))[1];
    expect(await refused('/')).to.equal('container rootfs is marked read-only');
    expect(await refused('/ro')).to.equal('mounted volume is marked read-only');
    await put('/rw', bytes, {}, 'ro');
  });

  it('and changes tell what a container wrote', async () => {
    const listed = async (name: string) => wholeList(await containerChanges(engine.context, name));
    expect(await listed('web')).to.deep.include({ Path: '/d/f', Kind: 1 });
    await create(engine.context, {}, 'new');
    expect(await listed('new')).to.deep.equal([]);
  });

  it('of all files are exports, told of when they are through', async () => {
    const events = watchEvents(engine.context);
    expect(await entriesOf(exportContainer(engine.context, 'web'))).to.include.members(['d/', 'd/f=hi', 'l -> /d/f']);
    await settled();
    expect(events).to.deep.equal(['export']);
  });
});
