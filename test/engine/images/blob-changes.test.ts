import { expect } from 'chai';
import { BlobChanges } from '../../../src/engine/images/blob-changes.js';
import type { ContentStore } from '../../../src/oci/content-store.js';
import { digestOf } from '../../../src/oci/digest.js';
import { markOf } from '../../../src/oci/digest-counter.js';

const digestAt = (number: number): string => digestOf(Buffer.from(`${number}`));

/** A store that says no more than which blobs it has. */
function storeOf(names: Set<string>): {
  content: ContentStore;
  settle(stamp: string | undefined): void;
  reads(): number;
} {
  let stamp: string | undefined;
  let reads = 0;
  const content = {
    stamp: () => stamp,
    digests: async () => {
      reads++;
      return [...names];
    },
  } as unknown as ContentStore;
  return {
    content,
    settle: (next) => {
      stamp = next;
    },
    reads: () => reads,
  };
}

describe('Changes of blobs', () => {
  const marks = [1, 2, 3].map((number) => markOf(digestAt(number)));

  it('are those that came and those that went, each since its moment', async () => {
    const names = new Set([1, 2, 3].map(digestAt));
    const { content } = storeOf(names);
    const changes = new BlobChanges();
    const first = await changes.current(content);
    expect(first.has(digestAt(1))).to.equal(true);
    expect(first.has(digestAt(4))).to.equal(false);
    expect(first.isUnchangedSince(0, [])).to.equal(false);
    names.add(digestAt(4));
    const second = await changes.current(content);
    expect(second.number).to.be.greaterThan(first.number);
    expect(second.has(digestAt(4))).to.equal(true);
    expect(second.isUnchangedSince(first.number, marks)).to.equal(true);
    expect(second.isUnchangedSince(first.number, [markOf(digestAt(4))])).to.equal(false);
    names.delete(digestAt(2));
    const third = await changes.current(content);
    expect(third.has(digestAt(2))).to.equal(false);
    expect(third.isUnchangedSince(second.number, marks)).to.equal(false);
    expect(third.isUnchangedSince(second.number, [markOf(digestAt(1)), markOf(digestAt(4))])).to.equal(true);
    expect(third.isUnchangedSince(third.number, marks)).to.equal(true);
  });

  it('are not looked for while the folder says that there are none', async () => {
    const { content, settle, reads } = storeOf(new Set([1, 2].map(digestAt)));
    const changes = new BlobChanges();
    const { number } = await changes.current(content);
    expect((await changes.current(content)).number).to.equal(number);
    expect(reads()).to.equal(2);
    settle('a');
    await changes.current(content);
    await changes.current(content);
    expect(reads()).to.equal(3);
    settle('b');
    expect((await changes.current(content)).number).to.equal(number);
    expect(reads()).to.equal(4);
  });

  it('are all that there is after more of them than are remembered', async () => {
    const names = new Set([1, 2, 3].map(digestAt));
    const { content } = storeOf(names);
    const changes = new BlobChanges();
    const { number } = await changes.current(content);
    for (let count = 0; count < 50_001; count++) names.add(`sha256:${count.toString(16).padStart(64, 'f')}`);
    // Marks are the first digits, which are the same of all of these.
    expect((await changes.current(content)).isUnchangedSince(number, marks)).to.equal(true);
    for (let count = 0; count < 50_001; count++)
      names.add(`sha256:${count.toString(16).padStart(8, '0').padEnd(64, '1')}`);
    expect((await changes.current(content)).isUnchangedSince(number, marks)).to.equal(false);
  });
});
