import { expect } from 'chai';
import fc from 'fast-check';
import { Address4, Address6 } from 'ip-address';
import { addressNumber, formatNumber } from '../../../src/engine/networks/prefix.js';

const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom('00', '01', '0x1', '', ' 1', '١'));
const text = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));

/** What an act results in; the message of what it throws. */
function outcome<T>(act: () => T): T | string {
  try {
    return act();
  } catch (error) {
    return `${error}`;
  }
}

describe('addresses of IPv4', () => {
  it('are the numbers that the library makes of them, or refused as it refuses them', () => {
    fc.assert(
      fc.property(text, (address) => {
        expect(outcome(() => addressNumber(address))).to.equal(outcome(() => new Address4(address).bigInt()));
      }),
    );
  });

  it('are written as the library writes them', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), (number) => {
        expect(formatNumber(4, BigInt(number))).to.equal(Address4.fromBigInt(BigInt(number)).correctForm());
        expect(addressNumber(formatNumber(4, BigInt(number)))).to.equal(BigInt(number));
      }),
    );
  });
});

describe('addresses of IPv6', () => {
  it('are the numbers that the library makes of them', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(addressNumber(address)).to.equal(new Address6(address).bigInt());
      }),
    );
    for (const address of ['::', '::1', '1::', 'fd00:1::1:2', '1:2:3:4:5:6:7:8', '::ffff:10.0.0.1'])
      expect(addressNumber(address), address).to.equal(new Address6(address).bigInt());
  });
});
