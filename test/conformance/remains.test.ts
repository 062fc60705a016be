import { expect } from 'chai';
import { undone } from '../../src/conformance/remains.js';

describe('removals of what a run has left', () => {
  const all = Array.from({ length: 30 }, (_, i) => i);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('are several at once, each once', async () => {
    const seen: number[] = [];
    let [now, most] = [0, 0];
    const left = await undone(all, async (one) => {
      now += 1;
      most = Math.max(most, now);
      seen.push(one);
      await turn();
      now -= 1;
      return true;
    });
    expect([left, seen.sort((a, b) => a - b), most]).to.deep.equal([[], all, 8]);
  });

  it('are tried once more by themselves where a daemon refuses or breaks off', async () => {
    const tries = new Map<number, number>();
    let now = 0;
    const alone: boolean[] = [];
    const left = await undone(all, async (one) => {
      const again = tries.has(one);
      tries.set(one, (tries.get(one) ?? 0) + 1);
      now += 1;
      await turn();
      if (again) alone.push(now === 1);
      now -= 1;
      if (one === 9 && !again) throw new Error('broken off');
      return one % 7 !== 3 || (again && one > 10);
    });
    expect([left, alone]).to.deep.equal([
      [3, 10],
      [true, true, true, true, true],
    ]);
    expect([...tries].filter(([, n]) => n === 2).map(([one]) => one)).to.have.members([3, 9, 10, 17, 24]);
  });

  it('end with what the second try ends with', async () => {
    const broken = undone(all, () => Promise.reject(new Error('gone')));
    expect(await broken.catch((error: unknown) => String(error))).to.equal('Error: gone');
  });
});
