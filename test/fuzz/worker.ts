import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../helpers/random.js';
import { readCorpus, seedsOf } from './corpus.js';
import { Coverage, parsers } from './coverage.js';
import { Hunt } from './hunt.js';
import type { Target } from './target.js';

/** What a worker is told. */
export interface Order {
  /** The module that has the target, and its name there. */
  readonly module: string;
  readonly name: string;
  readonly seconds: number;
  readonly seed: number;
  /** End when so many findings were made. */
  readonly enough?: number;
  /** How many inputs were begun, and how long the last one is; then its bytes. */
  readonly shared: SharedArrayBuffer;
  /** Matches the scripts whose code counts; the parsers' without it. */
  readonly counted?: RegExp;
}

const { module, name, seconds, seed, shared, enough, counted = parsers } = workerData as Order;
const { targets } = (await import(module)) as { targets: readonly Target[] };
const target = targets.find((one) => one.name === name) as Target;
const head = new Int32Array(shared, 0, 2);
const bytes = Buffer.from(shared, 8);

const coverage = new Coverage(counted);
coverage.start();
const hunt = new Hunt(target, coverage, new Random(seed), (input) => {
  input.copy(bytes);
  head[1] = input.length;
  head[0] = ((head[0] as number) + 1) | 0;
});
await hunt.begin([...(await readCorpus(target)), ...(await seedsOf(target))]);
await hunt.until(performance.now() + seconds * 1000, enough);
parentPort?.postMessage({ ...hunt.outcome, functions: coverage.reached.functions });
