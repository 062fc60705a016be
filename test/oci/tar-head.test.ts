import { expect } from 'chai';
import fc from 'fast-check';
import { readTar } from '../../src/oci/tar.js';
import { tarEnd, tarHead } from '../../src/oci/tar-head.js';
import { collect, pieces } from './support/archives.js';
import { unpacked } from './support/unpacked.js';

const plain = { name: 'a', flag: '0', mode: 0o644, size: 0, uid: 0, gid: 0, mtime: 0 };

describe('the head of a file in a tar archive', () => {
  it('is one block where all of it fits', () => {
    expect(tarHead({ ...plain, name: 'x'.repeat(100), linkname: 'y'.repeat(100) })).to.have.lengthOf(512);
    expect(tarHead({ ...plain, uid: 0o7777777, gid: 0o7777777, mtime: 0o77777777777 })).to.have.lengthOf(512);
  });

  it('says what does not fit in records before it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          name: fc.stringMatching(/^[a-zé\u{1f600}]{1,150}$/u),
          uid: fc.integer({ min: 0, max: 2 ** 31 }),
          gid: fc.constantFrom(0, 1000, 0o7777777, 0o10000000),
          mtime: fc.constantFrom(-1, 0, 1_700_000_000, 2 ** 33, 2 ** 34),
          linkname: fc.constantFrom('', 'b', 'c'.repeat(101)),
        }),
        async ({ linkname, ...fields }) => {
          const flag = linkname === '' ? '0' : '2';
          const head = tarHead({ ...plain, ...fields, flag, ...(linkname !== '' && { linkname }) });
          const [found] = await unpacked(Buffer.concat([head, tarEnd]));
          expect(found).to.deep.equal({ ...fields, linkname });
        },
      ),
    );
  });

  it('has the type, the mode and the numbers of a device', async () => {
    const head = tarHead({ ...plain, flag: '3', mode: 0o4755, device: { major: 5, minor: 2 } });
    expect(head.toString('latin1', 156, 157)).to.equal('3');
    expect(head.toString('latin1', 100, 107)).to.equal('0004755');
    expect([head.toString('latin1', 329, 336), head.toString('latin1', 337, 344)]).to.deep.equal([
      '0000005',
      '0000002',
    ]);
  });

  it('is read by the reader of archives of images', async () => {
    const body = Buffer.from('hello');
    const archive = Buffer.concat([tarHead({ ...plain, size: 5 }), body, Buffer.alloc(507), tarEnd]);
    const names: string[] = [];
    for await (const entry of readTar(pieces(archive))) {
      names.push(entry.name);
      expect(await collect(entry.content)).to.deep.equal(body);
    }
    expect(names).to.deep.equal(['a']);
  });
});
