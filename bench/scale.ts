/**
 * How a store's size is felt. Layouts are made once in a folder; the server adds to them what it deletes again.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Served } from './process.js';
import type { Row } from './result.js';
import { archiveOf, makeStore } from './stores.js';

const attestations = (number: number): string => `/v1.55/images/bench%2Fimage-${number}/attestations?statement=1`;
const list = '/v1.55/images/json';

/** What is wanted of a step, milliseconds, by the number of images. */
const wanted: Readonly<Record<string, { readonly text: string; readonly limit: (images: number) => number }>> = {
  'first attestations': { text: '25 ms', limit: () => 25 },
  'first list': { text: '0.15 ms an image', limit: (images) => Math.max(25, images * 0.15) },
  'list again': { text: '0.02 ms an image', limit: (images) => Math.max(5, images * 0.02) },
  df: { text: '0.2 ms an image', limit: (images) => Math.max(25, images * 0.2) },
  prune: { text: '0.2 ms an image', limit: (images) => Math.max(25, images * 0.2) },
  memory: { text: '256 MB', limit: () => 256 },
};

/** Images beyond which the first start is looked at as far as its first list only. */
const manyImages = 20_000;

/** One step of one run. */
interface Step {
  readonly step: string;
  readonly unit: 'ms' | 'MB';
  readonly values: readonly number[];
}

/** @param brief only what differs the first time, of a store that is read for minutes */
async function measure(folder: string, socketPath: string, count: number, brief: boolean): Promise<Step[]> {
  const steps: Step[] = [];
  const server = await Served.start(socketPath, ['--store', folder]);
  const step = async (name: string, times: number, act: (time: number) => Promise<unknown>): Promise<void> => {
    const values: number[] = [];
    for (let time = 0; time < times; time++) {
      const began = performance.now();
      await act(time);
      values.push(performance.now() - began);
    }
    steps.push({ step: name, unit: 'ms', values });
  };
  try {
    steps.push({ step: 'start', unit: 'ms', values: [server.startMs] });
    const middle = Math.floor(count / 2);
    await step('first attestations', 1, () => server.ask(attestations(middle)));
    await step('other attestations', 5, (time) => server.ask(attestations((middle + time + 1) % count)));
    await step('inspect', 5, (time) => server.ask(`/v1.55/images/bench%2Fimage-${(middle + time) % count}/json`));
    await step('first list', 1, () => server.ask(list, { discard: true }));
    if (brief) return steps;
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
    await step('df', 1, () => server.ask('/v1.55/system/df', { discard: true }));
    await step('prune', 1, () => server.ask('/v1.55/images/prune', { method: 'POST' }));
    await step('list with manifests', 1, () => server.ask(`${list}?manifests=1`, { discard: true }));
    steps.push({ step: 'memory', unit: 'MB', values: [server.memory().peak] });
  } finally {
    await server.stop();
  }
  return steps;
}

/**
 * Measure stores of some sizes: each first as another program left it, which is its first start, and then once more.
 *
 * @param parent folder of the layouts
 * @param say told what is being done
 * @param served whether the layouts have been served before, so that the first time is over
 */
export async function measureScale(
  parent: string,
  counts: readonly number[],
  say: (what: string) => void,
  served: boolean,
): Promise<Row[]> {
  const rows: Row[] = [];
  const peaks = new Map<number, number>();
  let leastStart: number | undefined;
  for (const count of counts) {
    say(`a store of ${count} images`);
    const folder = makeStore(parent, count);
    if (!served) rmSync(join(folder, '.attestd'), { recursive: true, force: true });
    for (const group of served ? ['store'] : ['first start', 'store']) {
      const brief = group === 'first start' && count > manyImages;
      for (const { step, unit, values } of await measure(folder, join(parent, 's.sock'), count, brief)) {
        const [value = 0] = values;
        if (group === 'store' && step === 'memory') peaks.set(count, value);
        const twice = leastStart && { text: 'twice the one of the smallest', limit: () => 2 * (leastStart as number) };
        if (group === 'store' && step === 'start') leastStart ??= value;
        const target = step === 'start' ? twice : wanted[step];
        rows.push({
          group,
          what: step,
          who: String(count),
          unit,
          better: 'less',
          values,
          ...(group === 'store' && target && { target: target.text, limit: target.limit(count) }),
        });
      }
    }
  }
  const [[fewest, least] = [0, 0], ...more] = peaks;
  for (const [count, peak] of more) {
    const values = [((peak - least) * 1000) / (count - fewest)];
    rows.push({
      group: 'store',
      what: 'memory for each image more',
      who: String(count),
      unit: 'kB',
      better: 'less',
      values,
    });
  }
  return rows;
}
