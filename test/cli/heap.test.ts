import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const heap = fileURLToPath(new URL('../../src/cli/heap.ts', import.meta.url));

/** Bytes of the young generation after much has come and gone in a process. */
async function youngAfter(before: string): Promise<number> {
  const script = `${before}
    const { getHeapSpaceStatistics } = await import('node:v8');
    let kept = [];
    for (let i = 0; i < 2e6; i++) { kept.push({ i, of: [i] }); if (kept.length > 20_000) kept = []; }
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);`;
  const args = ['--import', 'tsx/esm', '--input-type=module', '-e', script];
  return Number((await promisify(execFile)(process.execPath, args, { timeout: 60_000 })).stdout);
}

describe('The heap of a server', () => {
  it('keeps its young generation small, which is told to a process that has begun', async () => {
    const held = await youngAfter(`(await import(${JSON.stringify(heap)})).holdHeap();`);
    expect(held).to.be.below(8e6);
    expect(await youngAfter('')).to.be.above(2 * held);
  });
});
