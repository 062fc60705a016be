import { type Limit, limitKind, limitKinds } from '../../kernel/limits.js';
import { complain, write } from '../../programs/io.js';
import type { Executor } from '../execute.js';

/** `ulimit [-HSa] [-cdefilmnqrstuvx] [NUMBER|unlimited]`: limits are stored and shown but not enforced. */
export async function ulimit({ shell }: Executor, argv: readonly string[]): Promise<number> {
  const { task } = shell;
  const known = limitKinds.map(({ letter }) => letter).join('');
  let [soft, hard, all] = [false, false, false];
  let letter = 'f';
  let value: string | undefined;
  for (const word of argv.slice(1)) {
    if (!word.startsWith('-')) {
      value = word;
      continue;
    }
    for (const option of word.slice(1)) {
      if (option === 'S') soft = true;
      else if (option === 'H') hard = true;
      else if (option === 'a') all = true;
      else if (known.includes(option)) letter = option;
      else {
        await complain(task, `ulimit: invalid option -- '${option}'`);
        return 1;
      }
    }
  }
  const shown = (of: string): string => {
    const { unit } = limitKind(of);
    const limit = task.limits.get(of) as Limit;
    const number = hard && !soft ? limit.hard : limit.soft;
    return number === undefined ? 'unlimited' : String(Math.floor(number / unit));
  };
  if (all) {
    const lines = limitKinds.map(({ label, letter: of }) => `${label.padEnd(32)}(-${of}) ${shown(of)}\n`);
    await write(task, lines.join(''));
    return 0;
  }
  if (value === undefined) {
    await write(task, `${shown(letter)}\n`);
    return 0;
  }
  if (value !== 'unlimited' && !/^\d+$/.test(value)) {
    await complain(task, `sh: invalid number '${value}'`);
    return 1;
  }
  const requested = value === 'unlimited' ? undefined : Number(value) * limitKind(letter).unit;
  const changed = change(task.limits.get(letter) as Limit, requested, { soft, hard });
  if (changed === undefined) {
    await complain(task, 'sh: error setting limit: Operation not permitted');
    return 1;
  }
  task.limits = new Map([...task.limits, [letter, changed]]);
  return 0;
}

/** Returns a limit with a new value. Undefined above the hard limit, which cannot be raised. */
function change(
  limit: Limit,
  requested: number | undefined,
  { soft, hard }: { readonly soft: boolean; readonly hard: boolean },
): Limit | undefined {
  const both = soft === hard;
  const next = { soft: both || soft ? requested : limit.soft, hard: both || hard ? requested : limit.hard };
  const above = (value: number | undefined, bound: number | undefined): boolean =>
    bound !== undefined && (value === undefined || value > bound);
  return above(next.hard, limit.hard) || above(next.soft, next.hard) ? undefined : next;
}
