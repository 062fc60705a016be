import { expect } from 'chai';
import { readTar, writeTar } from '../../../src/conformance/images/tar.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';

describe("the suite's tar writer", () => {
  const entries = [
    ['folder/', Buffer.alloc(0)],
    ['folder/empty', Buffer.alloc(0)],
    ['folder/block', Buffer.alloc(512, 'a')],
    ['folder/odd', Buffer.from('odd length')],
  ] as const;

  it('gives equal bytes for equal entries', () => {
    expect(writeTar(entries).equals(writeTar(entries))).to.equal(true);
  });

  it('writes what it reads back', () => {
    const files = readTar(writeTar(entries));
    expect([...files.keys()]).to.deep.equal(['folder/empty', 'folder/block', 'folder/odd']);
    expect(files.get('folder/odd')?.toString()).to.equal('odd length');
  });

  it('refuses a name that does not fit', () => {
    expect(() => writeTar([['x'.repeat(101), Buffer.alloc(0)]]))
      .to.throw(AttestdError)
      .with.property('code', 'INTERNAL');
  });

  it('refuses archives that end early or hold no headers', () => {
    const archive = writeTar(entries);
    for (const bad of [archive.subarray(0, 700), archive.subarray(0, 2560), Buffer.alloc(1024, 'x')])
      expect(() => readTar(bad))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARCHIVE');
  });
});
