/**
 * Measures how a store's size is felt: `npx tsx bench/scale.ts [--images 10,1000,10000] [--folder DIR] [--json FILE]`.
 * Needs `make build`. Layouts are made once in the folder; the server works on copies of their index and adds to their
 * blobs what it deletes again.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Served } from './process.js';
import { archiveOf, makeStore } from './stores.js';

/** Milliseconds of wall and processor time of each step, and memory after it. */
interface Step {
  readonly step: string;
  readonly ms: number;
  readonly cpu: number;
  readonly mb: number;
}

const attestations = (number: number): string => `/v1.55/images/bench%2Fimage-${number}/attestations?statement=1`;
const list = '/v1.55/images/json';

async function measure(folder: string, socketPath: string, count: number): Promise<Step[]> {
  const steps: Step[] = [];
  const server = await Served.start(socketPath, ['--store', folder]);
  const note = (step: string, ms: number, cpu: number): void => {
    steps.push({ step, ms, cpu, mb: server.memory().now });
  };
  const step = async (name: string, times: number, act: (time: number) => Promise<unknown>): Promise<void> => {
    const taken: number[] = [];
    const before = server.cpu();
    for (let time = 0; time < times; time++) {
      const began = performance.now();
      await act(time);
      taken.push(performance.now() - began);
    }
    taken.sort((a, b) => a - b);
    note(name, taken[Math.floor(taken.length / 2)] as number, (server.cpu() - before) / times);
  };
  try {
    note('start', server.startMs, server.cpu());
    const middle = Math.floor(count / 2);
    await step('first attestations', 1, () => server.ask(attestations(middle)));
    await step('other attestations', 5, (time) => server.ask(attestations((middle + time + 1) % count)));
    await step('inspect', 5, (time) => server.ask(`/v1.55/images/bench%2Fimage-${(middle + time) % count}/json`));
    await step('first list', 1, () => server.ask(list, { discard: true }));
    await step('list again', 3, () => server.ask(list, { discard: true }));
    await step('tag', 5, (time) =>
      server.ask(`/v1.55/images/bench%2Fimage-${middle}/tag?repo=bench%2Ftagged&tag=t${time}`, {
        method: 'POST',
        status: [201],
      }),
    );
    await step('list after a tag', 1, () => server.ask(list, { discard: true }));
    await step('untag', 5, (time) => server.ask(`/v1.55/images/bench%2Ftagged:t${time}`, { method: 'DELETE' }));
    await step('load', 3, (time) =>
      server.ask('/v1.55/images/load?quiet=1', { method: 'POST', body: archiveOf(1_000_000 + time * 50) }),
    );
    await step('list after a load', 1, () => server.ask(list, { discard: true }));
    await step('delete', 3, (time) =>
      server.ask(`/v1.55/images/bench%2Fimage-${1_000_000 + time * 50}`, { method: 'DELETE' }),
    );
    await step('list with manifests', 1, () => server.ask(`${list}?manifests=1`, { discard: true }));
    await step('df', 1, () => server.ask('/v1.55/system/df', { discard: true }));
    await step('prune', 1, () => server.ask('/v1.55/images/prune', { method: 'POST' }));
    steps.push({ step: 'peak', ms: 0, cpu: server.cpu(), mb: server.memory().peak });
  } finally {
    await server.stop();
  }
  return steps;
}

const { values } = parseArgs({
  options: { images: { type: 'string' }, folder: { type: 'string' }, json: { type: 'string' } },
});
const counts = (values.images ?? '10,1000,10000').split(',').map(Number);
const parent = values.folder ?? mkdtempSync(join(tmpdir(), 'attestd-bench-'));
mkdirSync(parent, { recursive: true });
const sockets = mkdtempSync(join(tmpdir(), 'attestd-bench-'));
const results: Record<string, { cold: Step[]; warm: Step[] }> = {};
try {
  for (const count of counts) {
    const folder = makeStore(parent, count);
    rmSync(join(folder, '.attestd'), { recursive: true, force: true });
    const cold = await measure(folder, join(sockets, 's'), count);
    const warm = await measure(folder, join(sockets, 's'), count);
    results[count] = { cold, warm };
    for (const [at, { step, ms, cpu, mb }] of warm.entries()) {
      const first = cold[at] as Step;
      process.stdout.write(
        `${String(count).padStart(7)} ${step.padEnd(20)} ${first.ms.toFixed(1).padStart(9)} ms ${first.cpu.toFixed(0).padStart(7)} cpu ${first.mb.toFixed(0).padStart(5)} MB | again ${ms.toFixed(1).padStart(9)} ms ${cpu.toFixed(0).padStart(7)} cpu ${mb.toFixed(0).padStart(5)} MB\n`,
      );
    }
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
} finally {
  rmSync(sockets, { recursive: true, force: true });
  if (values.folder === undefined) rmSync(parent, { recursive: true, force: true });
}
