import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { giveWay } from '../src/turns.js';

/** Milliseconds after which whoever asks has to give way. */
const longerThanASlice = 15;

describe('Giving way', () => {
  it('lets one of many loops go on in a turn of the event loop, and all of them in the end', async () => {
    const began = performance.now();
    while (performance.now() - began < longerThanASlice);
    let done = 0;
    const loops = Array.from({ length: 50 }, async () => {
      await giveWay();
      done++;
    });
    const inTurns: number[] = [];
    for (let before = done; done < loops.length; before = done) {
      await nextTurn();
      inTurns.push(done - before);
    }
    await Promise.all(loops);
    expect(Math.max(...inTurns)).to.equal(1);
  });
});
