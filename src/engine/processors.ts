import { cpus } from 'node:os';

let count: number | undefined;

/** How many processors the machine has; asked once, for the answer is read from many files. */
export function processorCount(): number {
  count ??= cpus().length;
  return count;
}
