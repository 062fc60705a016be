import { expect } from 'chai';
import fc from 'fast-check';
import { digestOf } from '../../src/oci/digest.js';
import { DigestCounter } from '../../src/oci/digest-counter.js';

describe('a counter of digests', () => {
  it('counts as a map does, whatever the digests and however many', () => {
    const digest = fc.nat(200).map((seed) => digestOf(Buffer.from(String(seed))));
    fc.assert(
      fc.property(fc.array(fc.tuple(digest, fc.constantFrom(1 as const, -1 as const)), { maxLength: 400 }), (acts) => {
        const counter = new DigestCounter();
        const map = new Map<string, number>();
        for (const [each, difference] of acts) {
          map.set(each, Math.max(0, (map.get(each) ?? 0) + difference));
          expect(counter.add(each, difference)).to.equal(map.get(each));
        }
        for (const [each, count] of map) expect(counter.count(each)).to.equal(count);
      }),
    );
  });

  it('grows', () => {
    const counter = new DigestCounter();
    const digests = Array.from({ length: 5_000 }, (_, seed) => digestOf(Buffer.from(`grown ${seed}`)));
    for (const each of digests) counter.add(each);
    for (const each of digests) expect(counter.add(each)).to.equal(2);
  });
});
