import { expect } from 'chai';
import fc from 'fast-check';
import { Lines, recycle } from '../../../src/engine/state/lines.js';

const textOf = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString('latin1');

describe('Lines that wait to be written', () => {
  it('come out as they went in, however long they are, with a line feed before them where it is asked for', () => {
    const line = fc.integer({ min: 0, max: 100_000 }).map((length) => `${'x'.repeat(length)}\n`);
    fc.assert(
      fc.property(fc.array(fc.array(line, { maxLength: 8 }), { maxLength: 4 }), fc.boolean(), (batches, apart) => {
        const lines = new Lines();
        for (const batch of batches) {
          for (const each of batch) lines.add(each);
          const text = batch.join('');
          expect(lines.length).to.equal(text.length);
          const pieces = lines.take(apart);
          expect(textOf(pieces)).to.equal(apart && text !== '' ? `\n${text}` : text);
          expect(lines.length).to.equal(0);
          recycle(pieces);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('take no new memory for as many as were written before', () => {
    const lines = new Lines();
    const round = (): readonly ArrayBufferLike[] => {
      for (let i = 0; i < 3000; i++) lines.add(`${'y'.repeat(60)}\n`);
      const pieces = lines.take(false);
      recycle(pieces);
      return pieces.slice(1).map(({ buffer }) => buffer);
    };
    expect(round()).to.have.members(round());
  });
});
