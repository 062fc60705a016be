import { expect } from 'chai';
import { digestOf, hasher, isDigest, parseDigest } from '../../src/oci/digest.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

describe('a digest', () => {
  const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

  it('names its algorithm and its hex digits', () => {
    expect(parseDigest(empty)).to.deep.equal({ algorithm: 'sha256', encoded: empty.slice(7) });
    expect(digestOf('')).to.equal(empty);
    expect(isDigest(digestOf('a', 'sha512'))).to.equal(true);
  });

  const faults: readonly [string, string][] = [
    ['', 'invalid checksum digest format'],
    ['bad', 'invalid checksum digest format'],
    [':', 'invalid checksum digest format'],
    ['sha256:', 'invalid checksum digest format'],
    ['sha256:abc', 'invalid checksum digest length'],
    [`sha256:${'A'.repeat(64)}`, 'invalid checksum digest format'],
    [`sha256:${'../'.repeat(21)}a`, 'invalid checksum digest format'],
    ['md5:d41d8cd98f00b204e9800998ecf8427e', 'unsupported digest algorithm'],
    ['constructor:abc', 'unsupported digest algorithm'],
    ['MD5:abc', 'invalid checksum digest format'],
  ];
  for (const [text, message] of faults)
    it(`is refused as '${text.slice(0, 30)}'`, () => {
      expect(isDigest(text)).to.equal(false);
      expect(() => parseDigest(text))
        .to.throw(AttestdError, message)
        .with.property('code', 'INVALID_DIGEST');
    });

  it('cannot be computed with an unknown algorithm', () => {
    expect(() => hasher('md5'))
      .to.throw(AttestdError)
      .with.property('code', 'INVALID_DIGEST');
  });
});
