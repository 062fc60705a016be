import { write } from '../../programs/io.js';
import { ShellError } from '../control.js';
import type { Executor } from '../execute.js';
import { namePattern } from '../variables.js';

const quote = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;

function parseAssignment(
  by: Executor,
  builtin: string,
  word: string,
): { readonly name: string; readonly value: string | undefined } {
  const equals = word.indexOf('=');
  const append = equals > 0 && word[equals - 1] === '+';
  const name = equals < 0 ? word : word.slice(0, append ? equals - 1 : equals);
  if (!namePattern.test(name)) throw new ShellError(`${builtin}: line ${by.shell.line}: ${word}: bad variable name`);
  if (equals < 0) return { name, value: undefined };
  return { name, value: (append ? (by.shell.vars.get(name) ?? '') : '') + word.slice(equals + 1) };
}

async function declare(by: Executor, argv: readonly string[], how: 'exported' | 'readonly'): Promise<number> {
  const { vars, task } = by.shell;
  const [builtin = ''] = argv;
  const words = argv.slice(1).filter((word) => !/^-[pnf-]$/.test(word));
  if (words.length === 0) {
    const marked = [...vars.entries()].filter(([, variable]) => variable[how]).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, { value }] of marked)
      await write(task, `${builtin} ${name}${value === undefined ? '' : `=${quote(value)}`}\n`);
    return 0;
  }
  const marks = { [how]: !argv.includes('-n') };
  for (const word of words) {
    const turn = task.yieldIfDue();
    if (turn !== undefined) await turn;
    const { name, value } = parseAssignment(by, builtin, word);
    if (value !== undefined) vars.set(name, value);
    vars.setAttributes(name, marks);
  }
  return 0;
}

export const exportVariables = (by: Executor, argv: readonly string[]): Promise<number> =>
  declare(by, argv, 'exported');
export const readonly = (by: Executor, argv: readonly string[]): Promise<number> => declare(by, argv, 'readonly');

export function local(by: Executor, argv: readonly string[]): number {
  const { vars, line } = by.shell;
  const [builtin = ''] = argv;
  const exports = argv.includes('-x');
  for (const word of argv.slice(1).filter((item) => !item.startsWith('-'))) {
    const { name, value } = parseAssignment(by, builtin, word);
    if (!vars.local(name) && builtin === 'local') throw new ShellError(`local: line ${line}: not in a function`);
    if (value !== undefined) vars.set(name, value);
    if (exports) vars.setAttributes(name, { exported: true });
  }
  return 0;
}

export function unset(by: Executor, argv: readonly string[]): number {
  const { vars, functions } = by.shell;
  for (const word of argv.slice(1)) {
    if (word === '-v' || word === '-f') continue;
    if (argv[1] === '-f') functions.delete(word);
    else vars.unset(word);
  }
  return 0;
}

export async function letNumbers(by: Executor, argv: readonly string[]): Promise<number> {
  let value = 0n;
  for (const word of argv.slice(1)) value = await by.expander.number(word);
  return value === 0n ? 1 : 0;
}

export function shift(by: Executor, argv: readonly string[]): number {
  const count = argv[1] === undefined ? 1 : Number(argv[1]);
  if (!Number.isInteger(count) || count < 0)
    throw new ShellError(`shift: line ${by.shell.line}: Illegal number: ${argv[1]}`);
  if (count > by.shell.positional.length) return 1;
  by.shell.positional = by.shell.positional.slice(count);
  return 0;
}

const longOptions: Readonly<Record<string, string>> = {
  errexit: 'e',
  nounset: 'u',
  xtrace: 'x',
  noglob: 'f',
  noexec: 'n',
  verbose: 'v',
  allexport: 'a',
  noclobber: 'C',
  pipefail: 'pipefail',
  monitor: 'm',
  notify: 'b',
  ignoreeof: 'I',
  vi: 'V',
};

/** Set options by their letters or names. False for one that there is not. */
export function setOption(by: Executor, name: string, on: boolean): boolean {
  const { options, vars } = by.shell;
  const option = name.length > 1 ? longOptions[name] : Object.values(longOptions).includes(name) ? name : undefined;
  if (option === undefined) return false;
  if (on) options.add(option);
  else options.delete(option);
  if (option === 'a') vars.exportAll = on;
  return true;
}

export async function set(by: Executor, argv: readonly string[]): Promise<number> {
  const { shell } = by;
  const words = argv.slice(1);
  if (words.length === 0) {
    const all = [...shell.vars.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, { value }] of all) if (value !== undefined) await write(shell.task, `${name}=${quote(value)}\n`);
    return 0;
  }
  for (let word = words[0]; word !== undefined && /^[-+]./.test(word); word = words[0]) {
    words.shift();
    if (word === '--') {
      shell.positional = words;
      return 0;
    }
    const on = word.startsWith('-');
    for (const letter of word.slice(1)) {
      const name = letter === 'o' ? (words.shift() ?? '') : letter;
      if (name !== '' && !setOption(by, name, on))
        throw new ShellError(`set: line ${shell.line}: illegal option ${word.slice(0, 1)}${name}`);
    }
  }
  if (words.length > 0) shell.positional = words;
  return 0;
}

export async function alias(by: Executor, argv: readonly string[]): Promise<number> {
  const { aliases, task } = by.shell;
  if (argv.length === 1) for (const [name, value] of aliases.entries()) await write(task, `${name}=${quote(value)}\n`);
  for (const word of argv.slice(1)) {
    const equals = word.indexOf('=');
    if (equals > 0) aliases.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return 0;
}

export async function unalias(by: Executor, argv: readonly string[]): Promise<number> {
  for (const name of argv.slice(1)) {
    if (by.shell.aliases.delete(name)) continue;
    await write(by.shell.task, `unalias: ${name} not found\n`, 2);
    return 1;
  }
  return 0;
}
