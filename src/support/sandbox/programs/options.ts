import type { Task } from '../kernel/task.js';
import { complain } from './io.js';
import { WordList } from './word-list.js';

/** A command line, read by getopt's rules. */
export interface Options {
  /** Whether an option was given. */
  has(letter: string): boolean;
  /** The last value of an option. */
  value(letter: string): string | undefined;
  /** All values of an option, in their order. */
  values(letter: string): readonly string[];
  /** Operands: neither options nor option values. */
  readonly words: readonly string[];
}

/** Unwinds a program whose command line is wrong. */
export class Usage extends Error {}

/**
 * Read a command line.
 *
 * @param spec letters, each with `:` where it takes a value
 * @param settings `stop`: the first word ends the options; `long`: long names and the letters they stand for
 * @throws Usage
 */
export function parseOptions(
  argv: readonly string[],
  spec: string,
  settings: { readonly stop?: boolean; readonly long?: Readonly<Record<string, string>> } = {},
): Options {
  const found = new Map<string, string[]>();
  const words: string[] = [];
  const left = new WordList(argv.slice(1));
  const add = (letter: string, value: string): void => {
    const values = found.get(letter);
    if (values === undefined) found.set(letter, [value]);
    else values.push(value);
  };
  const next = (letter: string): string => {
    const value = left.take();
    if (value === undefined) throw new Usage(`option requires an argument -- '${letter}'`);
    return value;
  };
  for (let word = left.take(); word !== undefined; word = left.take()) {
    if (word === '--') {
      for (const rest of left.rest()) words.push(rest);
      break;
    }
    if (word.startsWith('--') && settings.long !== undefined) {
      const [name = '', value] = word.slice(2).split(/=(.*)/s);
      const letter = settings.long[name];
      if (letter === undefined) throw new Usage(`unrecognized option '--${name}'`);
      add(letter, takesValue(spec, letter) ? (value ?? next(letter)) : '');
    } else if (word.startsWith('-') && word.length > 1) {
      for (let at = 1; at < word.length; at++) {
        const letter = word[at] as string;
        if (letter === ':' || !spec.includes(letter)) throw new Usage(`invalid option -- '${letter}'`);
        if (!takesValue(spec, letter)) add(letter, '');
        else {
          add(letter, at + 1 < word.length ? word.slice(at + 1) : next(letter));
          break;
        }
      }
    } else {
      words.push(word);
      if (settings.stop) {
        for (const rest of left.rest()) words.push(rest);
        break;
      }
    }
  }
  return {
    has: (letter) => found.has(letter),
    value: (letter) => found.get(letter)?.at(-1),
    values: (letter) => found.get(letter) ?? [],
    words,
  };
}

const takesValue = (spec: string, letter: string): boolean => spec[spec.indexOf(letter) + 1] === ':';

/** A program whose wrong command lines are said on standard error, with exit code 1. */
export function withUsage(
  action: (task: Task, argv: readonly string[]) => number | Promise<number>,
  status = 1,
): (task: Task, argv: readonly string[]) => Promise<number> {
  return async (task, argv) => {
    try {
      return await action(task, argv);
    } catch (error) {
      if (!(error instanceof Usage)) throw error;
      await complain(task, `${(argv[0] ?? '').split('/').at(-1)}: ${error.message}`);
      return status;
    }
  };
}
