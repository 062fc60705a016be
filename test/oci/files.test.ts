import { expect } from 'chai';
import fc from 'fast-check';
import { GatheredWrites, type OpenFile, systemFiles } from '../../src/oci/files.js';
import { importArchive } from '../../src/oci/importer.js';
import { openLayout } from '../../src/oci/layout.js';
import { pieces, tar } from './support/archives.js';
import { temporaryFolder } from './support/images.js';
import { rejected } from './support/rejected.js';

describe('Writes that are gathered', () => {
  it('are the bytes in their order, however slowly and partly the file takes them', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 100_000, max: 2_000_000 }), async (lengths, most) => {
        const taken: Buffer[] = [];
        const file = {
          // Looked at only after others had their turn, as a thread of the pool does.
          async write(bytes: Uint8Array, from = 0) {
            await new Promise((resolve) => setImmediate(resolve));
            const part = Buffer.from(bytes.subarray(from, from + most));
            taken.push(part);
            return { bytesWritten: part.length };
          },
        } as Partial<OpenFile> as OpenFile;
        const given = lengths.map((length, at) => Buffer.alloc(length, at + 1));
        const gathered = new GatheredWrites(file);
        for (const piece of given) await gathered.add(piece);
        await gathered.end();
        expect(Buffer.concat(taken).equals(Buffer.concat(given))).to.equal(true);
      }),
      { numRuns: 40 },
    );
  });
});

describe('Large files of an archive', () => {
  it('that cannot be synced end the import, though the next one was read meanwhile', async () => {
    let failing = true;
    const open: typeof systemFiles.open = async (path, flags, mode) => {
      const file = await systemFiles.open(path, flags, mode);
      const sync = async (): Promise<void> => {
        if (flags !== 'wx' || !failing || (await file.stat()).size < 300_000) return file.sync();
        failing = false;
        throw Object.assign(new Error('broken'), { code: 'EIO' });
      };
      return {
        write: (bytes, from) => file.write(bytes, from),
        stat: () => file.stat(),
        sync,
        createReadStream: (options) => file.createReadStream(options),
        close: () => file.close(),
      };
    };
    const store = await openLayout(await temporaryFolder(), { files: { ...systemFiles, open } });
    const archive = await tar({ 'blobs/sha256/a': 'a'.repeat(300_000), 'blobs/sha256/b': 'b'.repeat(300_000) });
    expect(await rejected(importArchive(pieces(archive, 50_000), store))).to.have.property('code', 'EIO');
    expect(failing).to.equal(false);
    expect([...(await store.content.digests())]).to.deep.equal([]);
    await store.close();
  });
});
