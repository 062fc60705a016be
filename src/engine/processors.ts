import { cpus } from 'node:os';

let count: number | undefined;

/** Number of the host's processors. Cached, because the query reads many files. */
export function processorCount(): number {
  count ??= cpus().length;
  return count;
}
