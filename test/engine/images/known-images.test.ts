import { expect } from 'chai';
import fc from 'fast-check';
import type { BlobGeneration } from '../../../src/engine/images/blob-changes.js';
import { KnownImages } from '../../../src/engine/images/known-images.js';
import { digestOf } from '../../../src/oci/digest.js';

/** A look at a moment, at which some marks have changed since all others. */
const lookAt = (number: number, changed: readonly number[]): BlobGeneration => ({
  number,
  has: () => false,
  isUnchangedSince: (_, marks) => [...marks].every((mark) => !changed.includes(mark)),
});

describe('Images that are known', () => {
  it('hold until one of their marks changes, however often they are noted, and not once they are forgotten', () => {
    const image = fc.record({
      name: fc.nat({ max: 5 }),
      marks: fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { maxLength: 6 }),
      gone: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(image, { maxLength: 40 }), fc.integer({ min: -20, max: 20 }), (noted, changed) => {
        const known = new KnownImages();
        const expected = new Map<number, readonly number[]>();
        for (const { name, marks, gone } of noted) {
          known.add(digestOf(`${name}`), 1, new Set(marks));
          if (gone) known.delete(digestOf(`${name}`));
          expected.delete(name);
          if (!gone) expected.set(name, marks);
        }
        for (let name = 0; name <= 6; name++) {
          const marks = expected.get(name);
          const holds = known.isCurrent(digestOf(`${name}`), lookAt(2, [changed]));
          expect(holds).to.equal(marks !== undefined && !marks.includes(changed));
        }
      }),
    );
  });

  it('are wasteful once most of what they take is for others', () => {
    const known = new KnownImages();
    for (let name = 0; name < 30; name++) known.add(digestOf(`${name}`), 1, new Set([name]));
    expect(known.isWasteful(20, 0)).to.equal(false);
    expect(known.isWasteful(10, 0)).to.equal(true);
    for (let size = 0; size < 30; size++) known.add(digestOf('0'), 1, new Set(Array(size).keys()));
    expect(known.isWasteful(30, 0)).to.equal(true);
  });
});
