import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import {
  admitTask,
  noteConnection,
  runUrgently,
  TaskQueue,
  yieldIfDue,
  yieldToRequests,
} from '../../../src/support/foundation/scheduler.js';

/** Milliseconds after which whoever asks has to give way. */
const longerThanASlice = 15;

describe('Giving way', () => {
  it('lets one of many loops go on in a turn of the event loop, and all of them in the end', async () => {
    const began = performance.now();
    while (performance.now() - began < longerThanASlice);
    let done = 0;
    const loops = Array.from({ length: 50 }, async () => {
      await yieldIfDue();
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

describe('Those who wait for a turn', () => {
  it('are held until they have had it, also where somebody always waits', () => {
    const queue = new TaskQueue();
    const taken: number[] = [];
    let came = 0;
    const come = (): void => {
      const number = came++;
      queue.add({ resume: () => taken.push(number) });
    };
    for (let i = 0; i < 3; i++) come();
    let most = 0;
    for (let turn = 0; turn < 20_000; turn++) {
      come();
      queue.take()?.();
      most = Math.max(most, queue.held);
    }
    expect(most).to.be.below(2100);
    while (!queue.empty) queue.take()?.();
    expect(taken).to.deep.equal(Array.from({ length: came }, (_, i) => i));
    expect(queue.held).to.equal(0);
  });
});

describe('Stepping aside', () => {
  /** Milliseconds of work between two turns of the event loop, the longest of ten. */
  const longestTurn = async (wait: () => Promise<void> | undefined): Promise<number> => {
    let over = false;
    let rounds = 0;
    const working = (async () => {
      for (; !over; rounds++) await wait();
    })();
    let longest = 0;
    for (let turn = 0; turn < 10; turn++) {
      const before = rounds;
      await nextTurn();
      longest = Math.max(longest, rounds - before);
    }
    over = true;
    await working;
    return longest;
  };

  it('takes a small part of the time at a time that work takes for which somebody waits', async () => {
    expect(await longestTurn(yieldToRequests)).to.be.below((await longestTurn(yieldIfDue)) / 3);
  });

  it('rests while somebody has asked for something, unless somebody waits for it', async () => {
    const turnsUntilResumed = async (): Promise<number> => {
      let done = false;
      admitTask({}, () => undefined);
      void (async () => {
        for (let waited = false; !waited; ) {
          const turn = yieldToRequests();
          waited = turn !== undefined;
          await turn;
        }
        done = true;
      })();
      let turns = 0;
      for (; !done; turns++) await nextTurn();
      return turns;
    };
    expect(await runUrgently(turnsUntilResumed)).to.be.below(5);
    // A machine that stands still for as long as it rests ends that as well.
    const rests = [await turnsUntilResumed(), await turnsUntilResumed(), await turnsUntilResumed()];
    expect(Math.max(...rests)).to.be.above(20);
  });

  it('goes on while requests are worked on', async () => {
    let over = false;
    const request = (async () => {
      while (!over) await yieldIfDue();
    })();
    const began = performance.now();
    while (performance.now() - began < longerThanASlice);
    for (let steps = 0; steps < 20; ) if ((await yieldToRequests()) === undefined) steps++;
    over = true;
    await request;
  });
});

describe('Beginning in turn', () => {
  /** Begins what is asked for in this turn of the event loop. @returns who began in each turn */
  const turnsOf = async (asked: readonly (readonly [object, string])[]): Promise<string[][]> => {
    let now: string[] = [];
    for (const [owner, name] of asked) admitTask(owner, () => now.push(name));
    const turns: string[][] = [];
    for (let left = asked.length; left > 0; left -= turns.at(-1)?.length ?? 0) {
      turns.push(now);
      now = [];
      await nextTurn();
    }
    return turns;
  };

  it('begins one of many in a turn of the event loop, the first at once', async () => {
    const names = Array.from({ length: 50 }, (_, i) => String(i));
    expect(await turnsOf(names.map((name) => [{}, name] as const))).to.deep.equal(names.map((name) => [name]));
  });

  it('does not let who only asks wait for all who send', async () => {
    const begun: string[] = [];
    for (let i = 0; i < 50; i++) admitTask({}, () => begun.push('sent'));
    for (let i = 0; i < 2; i++) admitTask({}, () => begun.push('asked'), 'question');
    for (let i = 0; i < 3; i++) await nextTurn();
    expect(begun.filter((what) => what === 'asked')).to.have.lengthOf(2);
    expect(begun.filter((what) => what === 'sent')).to.have.lengthOf.within(1, 5);
    while (begun.length < 52) await nextTurn();
  });

  it('does not let a ping wait for all who ask', async () => {
    const begun: string[] = [];
    for (let i = 0; i < 50; i++) admitTask({}, () => begun.push('asked'), 'question');
    for (let i = 0; i < 2; i++) admitTask({}, () => begun.push('pinged'), 'ping');
    for (let i = 0; i < 3; i++) await nextTurn();
    expect(begun.filter((what) => what === 'pinged')).to.have.lengthOf(2);
    while (begun.length < 52) await nextTurn();
  });

  it('lets work wait while connections come, and not for good', async () => {
    const began = performance.now();
    while (performance.now() - began < longerThanASlice);
    let done = false;
    void yieldIfDue()?.then(() => {
      done = true;
    });
    const turns = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        noteConnection();
        await nextTurn();
      }
    };
    await turns(200);
    expect(done).to.equal(false);
    await turns(60);
    expect(done).to.equal(true);
  });

  it('begins few questions while connections come, for each would keep the next one waiting', async () => {
    let begun = 0;
    for (let i = 0; i < 100; i++) {
      noteConnection();
      admitTask({}, () => begun++, 'question');
      await nextTurn();
    }
    expect(begun).to.be.within(1, 10);
    while (begun < 100) await nextTurn();
  });

  it('begins few questions while connections wait', async () => {
    const begun: string[] = [];
    for (let i = 0; i < 100; i++) admitTask({}, () => begun.push('came'), 'connection');
    for (let i = 0; i < 100; i++) admitTask({}, () => begun.push('asked'), 'question');
    while (begun.length < 200) await nextTurn();
    expect(begun.slice(0, 110).filter((what) => what === 'came')).to.have.length(100);
  });

  it('begins what may be large when nobody comes any more', async () => {
    let begun = false;
    noteConnection();
    admitTask({}, () => {
      begun = true;
    });
    for (let i = 0; i < 20; i++) {
      noteConnection();
      await nextTurn();
      expect(begun).to.equal(false);
    }
    for (let i = 0; i < 2; i++) await nextTurn();
    expect(begun).to.equal(true);
  });

  it('lets those who want much wait for those who want little', async () => {
    const [much, little] = [{}, {}];
    const asked = [...['a', 'b', 'c', 'd'].map((name) => [much, name] as const), [little, 'x'] as const];
    expect((await turnsOf(asked)).flat()).to.deep.equal(['a', 'b', 'x', 'c', 'd']);
  });
});
