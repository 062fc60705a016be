import { expect } from 'chai';
import { tarOfEntries } from '../../../../src/engine/containers/io/archive-entries.js';
import type { ArchiveEntry } from '../../../../src/support/sandbox/fs/types.js';
import { turnsDuring } from '../../../helpers/turns.js';
import { collect } from '../../../oci/support/archives.js';
import { rejected } from '../../../oci/support/rejected.js';
import { unpacked } from '../../../oci/support/unpacked.js';

const entry = (name: string, more: Partial<ArchiveEntry> = {}): ArchiveEntry => ({
  name,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0n,
  size: 0,
  target: '',
  content: [],
  ...more,
});

describe('an archive of the files of a container', () => {
  let looked = 0;
  function* many(count: number, type: ArchiveEntry['type']): Generator<ArchiveEntry> {
    for (looked = 0; looked < count; looked += 1) yield entry(`f${looked}`, { type });
  }

  for (const type of ['file', 'directory', 'symlink'] as const)
    it(`of very many of type ${type} is read as its reader takes it`, async () => {
      const archive = tarOfEntries(many(20_000, type));
      archive.once('readable', () => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(looked).to.be.within(1, 2000);
      expect((await collect(archive)).length).to.equal(20_000 * 512 + 1024);
    });

  it('lets others work while it is written', async () => {
    expect(await turnsDuring(() => collect(tarOfEntries(many(40_000, 'file'))))).to.be.greaterThan(4);
  });

  it('has names, owners, times, links and bytes as they are', async () => {
    const archive = tarOfEntries([
      entry('d', { type: 'directory', mode: 0o1777 }),
      entry('d/f', { uid: 1000, gid: 5, mtime: 1_500_000_000_999_999_999n, size: 5, content: [Buffer.from('hello')] }),
      entry('s', { type: 'symlink', target: 'd/f' }),
    ]);
    const bytes = await collect(archive);
    expect(bytes.toString('latin1', 1024, 1029)).to.equal('hello');
    expect(await unpacked(bytes)).to.deep.equal([
      { name: 'd/', uid: 0, gid: 0, mtime: 0, linkname: '' },
      { name: 'd/f', uid: 1000, gid: 5, mtime: 1_500_000_000, linkname: '' },
      { name: 's', uid: 0, gid: 0, mtime: 0, linkname: 'd/f' },
    ]);
  });

  it('breaks off where a file has not the bytes that it should have', async () => {
    const archive = tarOfEntries([entry('f', { size: 6, content: [Buffer.from('hello')] })]);
    expect(await rejected(collect(archive))).to.have.property('code', 'INTERNAL');
  });
});
