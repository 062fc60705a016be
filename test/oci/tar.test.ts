import { expect } from 'chai';
import fc from 'fast-check';
import { readTar } from '../../src/oci/tar.js';
import { collect, entry, pieces, tar } from './support/archives.js';
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

  it('passes over what is not read', async () => {
    const names: string[] = [];
    for await (const { name } of readTar(pieces(await tar({ a: 'x'.repeat(5000), b: 'y', c: '' })))) names.push(name);
    expect(names).to.deep.equal(['a', 'b', 'c']);
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
