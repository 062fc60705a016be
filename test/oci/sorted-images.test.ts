import { expect } from 'chai';
import fc from 'fast-check';
import { byName, ImagesByTarget } from '../../src/oci/sorted-images.js';
import type { ImageRecord } from '../../src/oci/store.js';

const imageOf = (name: string, digest: string): ImageRecord => {
  const at = new Date(0);
  return { name, target: { mediaType: 'm', digest, size: 1 }, createdAt: at, updatedAt: at };
};

const names = ['a', 'b', 'c', 'd', 'e'];
const digests = ['x', 'y', 'z'];

describe('Images by their targets', () => {
  it('are those of each target by name, whatever was there first and what changed since', () => {
    const images = fc.uniqueArray(fc.record({ name: fc.constantFrom(...names), digest: fc.constantFrom(...digests) }), {
      selector: ({ name }) => name,
    });
    const changes = fc.array(
      fc.record({ name: fc.constantFrom(...names), digest: fc.option(fc.constantFrom(...digests)) }),
    );
    fc.assert(
      fc.property(images, changes, (first, then) => {
        const all = new Map(first.map(({ name, digest }) => [name, imageOf(name, digest)]));
        const byTarget = new ImagesByTarget(all.values());
        const check = (): void => {
          for (const digest of digests) {
            const expected = [...all.values()].filter(({ target }) => target.digest === digest).sort(byName);
            expect(byTarget.get(digest)).to.deep.equal(expected);
          }
        };
        check();
        for (const { name, digest } of then) {
          const before = all.get(name);
          if (before !== undefined) byTarget.replace(before.target.digest, name, undefined);
          all.delete(name);
          if (digest !== null) {
            const image = imageOf(name, digest);
            byTarget.replace(digest, name, image);
            all.set(name, image);
          }
          check();
        }
      }),
    );
  });
});
