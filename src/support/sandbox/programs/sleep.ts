import type { Task } from '../kernel/task.js';
import { complain } from './io.js';

const units: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86400 };

/** Parses `1`, `0.5`, `2m` or `infinity` to milliseconds. Undefined for anything else. */
export function parseSeconds(text: string): number | undefined {
  if (/^inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  const found = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(text);
  return found === null ? undefined : Number(found[1]) * (units[found[2] as string] as number) * 1000;
}

/** `usleep MICROSECONDS` */
export async function usleep(task: Task, argv: readonly string[]): Promise<number> {
  const text = argv[1] ?? '';
  if (!/^\d+$/.test(text)) {
    await complain(task, `usleep: invalid number '${text}'`);
    return 1;
  }
  await task.sleep(Number(text) / 1000);
  return 0;
}

/** `sleep N[smhd]…`: the sum of them. */
export async function sleep(task: Task, argv: readonly string[]): Promise<number> {
  if (argv.length === 1) {
    await complain(task, 'sleep: missing operand');
    return 1;
  }
  let total = 0;
  for (const word of argv.slice(1)) {
    const duration = parseSeconds(word);
    if (duration === undefined) {
      await complain(task, `sleep: invalid number '${word}'`);
      return 1;
    }
    total += duration;
  }
  if (total === Number.POSITIVE_INFINITY) return task.forever();
  await task.sleep(total);
  return 0;
}
