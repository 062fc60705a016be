import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { transformSync } from 'esbuild';

const source = readFileSync(fileURLToPath(new URL('../../src/cli/heap.ts', import.meta.url)), 'utf8');
// Without what reads TypeScript, whose heap is larger than a server's.
const heap = `data:text/javascript,${encodeURIComponent(transformSync(source, { loader: 'ts' }).code)}`;

/** The number that a process of its own prints. */
async function printed(script: string): Promise<number> {
  const args = ['--input-type=module', '-e', script];
  return Number((await promisify(execFile)(process.execPath, args, { timeout: 60_000 })).stdout);
}

const hold = `(await import(${JSON.stringify(heap)})).holdHeap();`;

/** Bytes of the young generation after much has come and gone in a process. */
function youngAfter(before: string): Promise<number> {
  return printed(`${before}
    const { getHeapSpaceStatistics } = await import('node:v8');
    let kept = [];
    for (let i = 0; i < 2e6; i++) { kept.push({ i, of: [i] }); if (kept.length > 20_000) kept = []; }
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);`);
}

/** How often all that a process holds is looked through while 512 MiB of buffers come and go. */
function collections(): Promise<number> {
  return printed(`${hold}
    const { constants, PerformanceObserver } = await import('node:perf_hooks');
    const { setImmediate: turn } = await import('node:timers/promises');
    let found = 0;
    new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) found++;
    }).observe({ entryTypes: ['gc'] });
    const held = [];
    for (let i = 0; i < 2048; i++) {
      // Long enough there to be no young object any more.
      held[i % 64] = [Buffer.allocUnsafeSlow(256 << 10), Array.from({ length: 1000 }, () => ({}))];
      if (i % 4 === 0) await turn();
    }
    await turn();
    console.log(found);`);
}

describe('The heap of a server', () => {
  it('keeps its young generation small, which is told to a process that has begun', async () => {
    const held = await youngAfter(hold);
    expect(held).to.be.below(8e6);
    expect(await youngAfter('')).to.be.above(2 * held);
  });

  it('is not looked through for every few buffers of an upload, small as it is', async () => {
    // Forty times where only half of what stays may come on top.
    expect(await collections()).to.be.within(1, 34);
  });
});
