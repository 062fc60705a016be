import { expect } from 'chai';
import fc from 'fast-check';
import { bytes, decode, encode, integer, text } from '../../../src/conformance/content/wire.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';

describe("the suite's protobuf codec", () => {
  it('writes the bytes that the encoding prescribes', () => {
    expect(
      encode([
        [1, 'sha256:ab'],
        [2, 300],
        [3, -1],
      ]).toString('hex'),
    ).to.equal('0a097368613235363a616210ac0218ffffffffffffffffff01');
  });

  it('reads what it writes', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
        fc.uint8Array(),
        (name, number, blob) => {
          const fields = decode(
            encode([
              [1, name],
              [2, number],
              [15, Buffer.from(blob)],
              [200, 'far'],
            ]),
          );
          expect(text(fields, 1)).to.equal(Buffer.from(name).toString('utf8'));
          expect(integer(fields, 2)).to.equal(Number(number));
          expect(bytes(fields, 15).equals(Buffer.from(blob))).to.equal(true);
          expect(text(fields, 200)).to.equal('far');
        },
      ),
    );
  });

  it('skips fixed-width fields and takes absent ones as empty', () => {
    const fields = decode(Buffer.from('0900000000000000000d00000000', 'hex'));
    expect([text(fields, 3), integer(fields, 3)]).to.deep.equal(['', 0]);
  });

  it('refuses what is not a message, whatever the bytes', () => {
    for (const bad of ['ff', '0a05ab', '0b', '08ffffffffffffffffffff01'])
      expect(() => decode(Buffer.from(bad, 'hex')))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
  });
});
