import { expect } from 'chai';
import fc from 'fast-check';
import { inOrder, sorted } from '../../../../src/support/sandbox/fs/names.js';

const byBytes = (names: readonly string[]): string[] =>
  [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

// Halves of surrogates stand before what they are to come after.
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc
    .array(fc.constantFrom('a', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'), { maxLength: 3 })
    .map((parts) => parts.join('')),
);

describe('names of a directory', () => {
  it('are sorted as their bytes in UTF-8 are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 40 }), (names) => {
        expect(sorted([...names])).to.deep.equal(byBytes(names));
        expect([...inOrder([...names])]).to.deep.equal(byBytes(names));
      }),
    );
  });

  for (const [what, prefix] of [
    ['ASCII', 'a'],
    ['others', '\uffff\u{10000}'],
  ] as const)
    it(`come in this order one by one where there are very many, of ${what}`, () => {
      const names = Array.from({ length: 10_000 }, (_, i) => `${i % 3 === 0 ? 'a' : prefix}${(i * 7919) % 10_000}`);
      expect([...inOrder([...names])]).to.deep.equal(byBytes(names));
    });
});
