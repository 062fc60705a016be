import { trimRight } from '../../go/strings.js';
import { eachInput } from './cat.js';
import { Output, storeLines } from './io.js';
import { mergeSort } from './merge-sort.js';
import { parseOptions, withUsage } from './options.js';

/** Part of a line that is compared, and how. */
interface Key {
  readonly from: number;
  readonly to: number;
  readonly flags: string;
}

/** `sort [-nrufbk] [-t C] [-k KEY] [FILE]…` */
export const sort = withUsage(async (task, argv) => {
  const { words, has, value, values } = parseOptions(argv, 'nrufbiVhMsmzdgcC:k:t:o:T:S:');
  const all: string[] = [];
  const status = await eachInput(task, 'sort', words, (input) => storeLines(task, input, all));
  if (status !== 0) return 2;
  for (const [index, line] of all.entries()) all[index] = line.replace(/\n$/, '');
  const global = ['n', 'r', 'f', 'b', 'V', 'h', 'g'].filter(has).join('');
  const keys = values('k').map((text) => parseKey(text, global));
  const compare = comparison(keys, value('t'), global);
  const unique = has('u');
  const stable = has('s') || unique;
  if (has('c')) {
    const broken = all.findIndex((line, index) => index > 0 && compare(all[index - 1] as string, line) > 0);
    return broken < 0 ? 0 : 1;
  }
  await task.yieldNow();
  const direction = has('r') ? -1 : 1;
  const sorted = await mergeSort(task, all, (a, b) => compare(a, b) || (stable ? 0 : direction * byText(a, b)));
  const isFirst = (line: string, index: number): boolean =>
    index === 0 || compare(sorted[index - 1] as string, line) !== 0;
  const kept = unique ? sorted.filter(isFirst) : sorted;
  const target = value('o');
  if (target !== undefined) {
    const { at } = await import('./files.js');
    task.fs.writeFile(at(task, target), kept.map((line) => `${line}\n`).join(''));
    return status;
  }
  const output = new Output(task);
  for (const line of kept) await output.add(`${line}\n`);
  await output.flush();
  return status;
});

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const flagsOf = (text: string): string => text.slice(trimRight(text, letters).length);

function parseKey(text: string, global: string): Key {
  const [start = '', end] = text.split(',');
  const flags = flagsOf(start);
  const endFlags = end === undefined ? '' : flagsOf(end);
  return {
    from: Math.max(1, Number.parseInt(start, 10) || 1),
    to: end === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(end, 10) || Number.POSITIVE_INFINITY,
    flags: flags + endFlags || global,
  };
}

function comparison(
  keys: readonly Key[],
  separator: string | undefined,
  global: string,
): (a: string, b: string) => number {
  if (keys.length === 0) return (a, b) => compareBy(a, b, global);
  return (a, b) => {
    for (const key of keys) {
      const result = compareBy(part(a, key, separator), part(b, key, separator), key.flags);
      if (result !== 0) return result;
    }
    return 0;
  };
}

function part(line: string, { from, to }: Key, separator: string | undefined): string {
  const fields = separator === undefined ? (line.match(/\s+\S*|\S+/g) ?? []) : line.split(separator);
  return fields.slice(from - 1, to).join(separator ?? '');
}

function compareBy(a: string, b: string, flags: string): number {
  const direction = flags.includes('r') ? -1 : 1;
  if (/[ng]/.test(flags)) return direction * (number(a) - number(b));
  if (flags.includes('h')) return direction * (human(a) - human(b));
  if (flags.includes('V')) return direction * a.localeCompare(b, 'en', { numeric: true });
  let [first, second] = [a, b];
  if (flags.includes('b')) [first, second] = [first.trimStart(), second.trimStart()];
  if (flags.includes('f')) [first, second] = [first.toUpperCase(), second.toUpperCase()];
  return direction * byText(first, second);
}

const number = (text: string): number => Number(/^\s*-?\d*\.?\d*/.exec(text)?.[0] ?? 0) || 0;

function human(text: string): number {
  const found = /^\s*(-?[\d.]+)([KMGT]?)/.exec(text);
  return found === null ? 0 : Number(found[1]) * 1024 ** ' KMGT'.indexOf(found[2] || ' ');
}
