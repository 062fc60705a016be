import type { Task } from '../kernel/task.js';

/** Items that are sorted, or compared, between two looks at the clock. */
const run = 512;

/** Sorts stably, like Array.prototype.sort, and yields in between: millions of lines take seconds. */
export async function mergeSort<T>(
  task: Task,
  items: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<readonly T[]> {
  let runs: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += run) {
    runs.push(items.slice(at, at + run).sort(compare));
    await task.yieldIfDue();
  }
  while (runs.length > 1) {
    const merged: (readonly T[])[] = [];
    for (let at = 0; at < runs.length; at += 2)
      merged.push(await merge(task, runs[at] ?? [], runs[at + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(
  task: Task,
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<readonly T[]> {
  const merged: T[] = [];
  for (let [i, j] = [0, 0]; i < left.length || j < right.length; ) {
    const first = j === right.length || (i < left.length && compare(left[i] as T, right[j] as T) <= 0);
    merged.push((first ? left[i++] : right[j++]) as T);
    if (merged.length % run === 0) await task.yieldIfDue();
  }
  return merged;
}
