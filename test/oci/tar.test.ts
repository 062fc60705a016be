import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { readTar } from '../../src/oci/tar.js';
import { turnsDuring } from '../helpers/turns.js';
import { collect, entry, pieces, tar } from './support/archives.js';
import { temporaryFolder } from './support/images.js';
import { rejected } from './support/rejected.js';

async function read(archive: Buffer, size?: number): Promise<[name: string, type: string, content: string][]> {
  const found: [string, string, string][] = [];
  for await (const { name, type, content } of readTar(pieces(archive, size)))
    found.push([name, type, (await collect(content)).toString('latin1')]);
  return found;
}

describe('a tar archive', () => {
  it('is read as it was written, whatever its pieces', async () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,160}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, fc.string({ maxLength: 1500 }), { maxKeys: 5 }),
        fc.integer({ min: 1, max: 3000 }),
        async (files, size) => {
          const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
          const expected = sorted.map(([name, text]) => [name, 'file', Buffer.from(text).toString('latin1')]);
          expect(await read(await tar(files), size)).to.deep.equal(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('lets others have their turn between very many empty files in one piece', async () => {
    const empty = entry('e', '0').subarray(0, 512);
    const archive = Buffer.concat([...Array.from({ length: 20_000 }, () => empty), Buffer.alloc(1024)]);
    let count = 0;
    const work = async (): Promise<void> => {
      for await (const _ of readTar(pieces(archive, archive.length))) count++;
    };
    expect(await turnsDuring(work)).to.be.greaterThan(4);
    expect(count).to.equal(20_000);
  });

  it('passes over what is not read', async () => {
    const names: string[] = [];
    for await (const { name } of readTar(pieces(await tar({ a: 'x'.repeat(5000), b: 'y', c: '' })))) names.push(name);
    expect(names).to.deep.equal(['a', 'b', 'c']);
  });

  it('is read by other programs, and theirs is read here', async () => {
    const folder = await temporaryFolder();
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}`;
    await writeFile(join(folder, 'ours.tar'), await tar({ [long]: 'long', short: 'short' }));
    const run = (...args: string[]) => spawnSync('tar', args, { cwd: folder, encoding: 'utf8' });
    expect(run('-xf', 'ours.tar').stderr).to.equal('');
    for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
      const files = format === 'ustar' || format === 'v7' ? ['short'] : [long, 'short'];
      expect(run(`--format=${format}`, '-cf', 'theirs.tar', ...files).status, format).to.equal(0);
      const archive = spawnSync('cat', [join(folder, 'theirs.tar')]).stdout;
      expect((await read(archive)).map(([name, , text]) => [name, text])).to.deep.equal(
        files.map((name) => [name, name === long ? 'long' : 'short']),
      );
    }
  });

  it('ends at two empty blocks, whatever follows', async () => {
    const archive = Buffer.concat([await tar({ a: 'x' }), Buffer.alloc(700, 'junk')]);
    expect(await read(archive)).to.deep.equal([['a', 'file', 'x']]);
  });

  it('may end without them', async () => {
    expect(await read((await tar({ a: 'x' })).subarray(0, 1024))).to.deep.equal([['a', 'file', 'x']]);
    expect(await read(Buffer.alloc(0))).to.deep.equal([]);
  });

  const faults: readonly [string, () => Promise<Buffer>, string][] = [
    ['too short for a header', async () => Buffer.from('hello'), 'unexpected EOF'],
    ['garbage', async () => Buffer.alloc(4096, 'garbage!'), 'archive/tar: invalid tar header'],
    ['cut inside a file', async () => (await tar({ a: 'x'.repeat(900) })).subarray(0, 1024), 'unexpected EOF'],
    [
      'of a wrong checksum',
      async () => {
        const archive = await tar({ a: 'x' });
        archive[0] = 0x62;
        return archive;
      },
      'archive/tar: invalid tar header',
    ],
  ];
  for (const [what, archive, message] of faults)
    it(`that is ${what} is refused in Go's words`, async () => {
      const error = await rejected(read(await archive()));
      expect(error).to.include({ code: 'INVALID_ARCHIVE', message });
    });

  const refused: readonly [string, Buffer][] = [
    ['an absolute path', entry('/etc/passwd', '0')],
    ['a path that leads upwards', entry('a/../../b', '0')],
    ['a hard link', entry('a', '1', 'b')],
    ['a character device', entry('a', '3')],
    ['a block device', entry('a', '4')],
    ['a pipe', entry('a', '6')],
    ['an absolute symbolic link', entry('a', '2', '/etc/passwd')],
    ['a symbolic link that leads outside', entry('a/b', '2', '../../c')],
  ];
  for (const [what, archive] of refused)
    it(`with ${what} is refused`, async () => {
      const error = await rejected(read(archive));
      expect(error).to.have.property('code', 'INVALID_ARCHIVE');
      expect(error.message).to.include('is refused');
    });

  it('may hold symbolic links inside of itself', async () => {
    for await (const found of readTar(pieces(entry('a/b', '2', '../c/d'))))
      expect(found).to.include({ type: 'symlink', target: '../c/d' });
  });
});
