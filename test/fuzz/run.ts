import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Finding, Outcome } from './hunt.js';
import type { Order } from './worker.js';

/** Longest input that is ever made, bytes. */
const room = 64 * 1024;

/** Milliseconds of processor time after which an input that is still worked on is a finding. */
const usuallyLongest = 20_000;

/** A thread reads no TypeScript before it is told how. */
const start = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('worker.ts', import.meta.url).href)});
})`;

/** What a target's hunt came to. */
export interface Run extends Outcome {
  /** Functions of the parsers that ran. */
  readonly functions: number;
}

/**
 * Hunt in a thread of its own, so that an input that never ends, or takes all memory, is a finding as well.
 *
 * @param order which target, for how long, with which seed
 * @param longest milliseconds of processor time that one input may be worked on: others may have the processor meanwhile
 */
export async function runHunt(order: Omit<Order, 'shared'>, longest = usuallyLongest): Promise<Run> {
  const shared = new SharedArrayBuffer(8 + room);
  const worker = new Worker(start, {
    eval: true,
    workerData: { ...order, shared } satisfies Order,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  const head = new Int32Array(shared, 0, 2);
  const last = (what: string): Run => {
    const input = Buffer.from(Buffer.from(shared, 8, head[1]));
    const finding: Finding = { input, what };
    return { runs: head[0] as number, corpus: [], findings: [finding], slowest: Number.NaN, spent: 0, functions: 0 };
  };
  const ended = Promise.race([
    once(worker, 'message').then(([run]) => revive(run as Run)),
    once(worker, 'error').then(([error]) => last(`ends the thread: ${(error as Error).message}`)),
  ]);
  let before = -1;
  let since = process.cpuUsage();
  let watch: NodeJS.Timeout | undefined;
  const stuck = new Promise<Run>((resolve) => {
    watch = setInterval(() => {
      if (before !== head[0]) {
        before = head[0] as number;
        since = process.cpuUsage();
        return;
      }
      // Nobody else of this process works meanwhile.
      const { user, system } = process.cpuUsage(since);
      if (before > 0 && (user + system) / 1000 > longest)
        resolve(last(`is worked on for more than ${longest / 1000} s`));
    }, longest / 4);
  });
  try {
    return await Promise.race([ended, stuck]);
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}

/** Buffers come out of a message as arrays. */
function revive(run: Run): Run {
  return {
    ...run,
    corpus: run.corpus.map((input) => Buffer.from(input)),
    findings: run.findings.map(({ input, what }) => ({ input: Buffer.from(input), what })),
  };
}
