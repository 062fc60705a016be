/** What was measured, in the form in which it is kept, compared and shown. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** Repeated measurements of one thing. */
export interface Row {
  /** The table that it is in. */
  readonly group: string;
  readonly what: string;
  /** Who did it, or with how many images. */
  readonly who: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly values: readonly number[];
  /** What was wanted, in the words of the table; `limit` in the row's unit. */
  readonly target?: string;
  readonly limit?: number;
}

/** All rows of one run, and where it was made. */
export interface Result {
  readonly date: string;
  readonly machine: string;
  readonly commit: string;
  /** Processes that wanted a processor, on average over a minute: when it began, and when it ended. */
  readonly load: readonly [number, number];
  readonly rows: readonly Row[];
  /** Rows of runs of their own, which take too long for this one. */
  readonly kept?: readonly Omit<Result, 'kept'>[];
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** The middle of the values. */
export function median(values: readonly number[]): number {
  const all = sorted(values);
  const middle = all.length >> 1;
  return all.length % 2 === 1 ? (all[middle] as number) : ((all[middle - 1] as number) + (all[middle] as number)) / 2;
}

/** The value that so large a part of them does not exceed, between 0 and 1; 0 of none. */
export function percentile(values: readonly number[], part: number): number {
  return sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
}

/** Half of the distance between the lowest and the highest value, as a part of the median. */
export function spread(values: readonly number[]): number {
  const all = sorted(values);
  const middle = median(values);
  return middle === 0 ? 0 : ((all.at(-1) as number) - (all[0] as number)) / 2 / middle;
}

/** Whether a row is as it was wanted; undefined where nothing was. */
export function meets({ values, better, limit }: Row): boolean | undefined {
  if (limit === undefined) return undefined;
  return better === 'more' ? median(values) >= limit : median(values) <= limit;
}

/** The machine in a line. */
export function machine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${first?.model.trim()}, ${memory} GiB, Linux ${release()}, Node.js ${process.version}`;
}

/** The commit that is measured. */
export function commit(): string {
  return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
}

/** The load of the last minute. */
export const load = (): number => loadavg()[0] as number;
