import { defaultPath, findProgram } from '../../lookup.js';
import { write } from '../../programs/io.js';
import type { Executor } from '../execute.js';

/** Resolves a command name to its description and, for a program, its path. */
function find(by: Executor, name: string): { readonly text: string; readonly short: string } | undefined {
  const { shell } = by;
  if (reserved.has(name)) return { text: `${name} is a shell keyword`, short: name };
  const alias = shell.aliases.get(name);
  if (alias !== undefined) return { text: `${name} is an alias for ${alias}`, short: `alias ${name}='${alias}'` };
  if (shell.functions.has(name)) return { text: `${name} is a function`, short: name };
  if (by.hasBuiltin(name)) return { text: `${name} is a shell builtin`, short: name };
  const path = findProgram(shell.task.fs, name, shell.vars.get('PATH') ?? defaultPath, shell.task.cwd);
  return typeof path === 'string' ? { text: `${name} is ${path}`, short: path } : undefined;
}

const reserved: ReadonlySet<string> = new Set([
  '!',
  'case',
  'do',
  'done',
  'elif',
  'else',
  'esac',
  'fi',
  'for',
  'if',
  'in',
  'then',
  'until',
  'while',
  '{',
  '}',
]);

export async function type(by: Executor, argv: readonly string[]): Promise<number> {
  let status = 0;
  for (const name of argv.slice(1)) {
    const found = find(by, name);
    await write(by.shell.task, found === undefined ? `${name}: not found\n` : `${found.text}\n`);
    if (found === undefined) status = 127;
  }
  return status;
}

export async function command(by: Executor, argv: readonly string[]): Promise<number> {
  const [, option = '', ...rest] = argv;
  if (option === '-v' || option === '-V') {
    let status = 0;
    for (const name of rest) {
      const turn = by.shell.task.yieldIfDue();
      if (turn !== undefined) await turn;
      const found = find(by, name);
      if (found !== undefined) await write(by.shell.task, `${option === '-v' ? found.short : found.text}\n`);
      else if (option === '-V') await write(by.shell.task, `${name}: not found\n`, 2);
      if (found === undefined) status = 127;
    }
    return status;
  }
  const words = option === '-p' || option === '--' ? rest : argv.slice(1);
  return words.length === 0 ? 0 : by.runUnhidden(words);
}

export const hash = (): number => 0;

export async function getopts(by: Executor, argv: readonly string[]): Promise<number> {
  const { vars, positional } = by.shell;
  const [, spec = '', name = '', ...given] = argv;
  const words = given.length > 0 ? given : positional;
  const index = Number(vars.get('OPTIND') ?? '1') || 1;
  const offset = index === 1 ? 0 : by.shell.optionOffset;
  const word = words[index - 1];
  const silent = spec.startsWith(':');
  if (word === undefined || !word.startsWith('-') || word === '-' || word === '--') {
    if (word === '--') vars.set('OPTIND', String(index + 1));
    vars.set(name, '?');
    return 1;
  }
  const at = Math.max(1, offset);
  const letter = word[at] as string;
  const known = letter !== ':' && spec.indexOf(letter) >= 0;
  const wantsValue = known && spec[spec.indexOf(letter) + 1] === ':';
  let next = at + 1 < word.length ? index : index + 1;
  by.shell.optionOffset = at + 1 < word.length ? at + 1 : 0;
  vars.unset('OPTARG');
  if (wantsValue) {
    const value = at + 1 < word.length ? word.slice(at + 1) : words[index];
    next = at + 1 < word.length ? index + 1 : index + 2;
    by.shell.optionOffset = 0;
    if (value === undefined) {
      if (silent) vars.set('OPTARG', letter);
      else await by.shell.complain(`No arg for -${letter} option`);
      vars.set(name, silent ? ':' : '?');
      vars.set('OPTIND', String(index + 1));
      return 0;
    }
    vars.set('OPTARG', value);
  } else if (!known) {
    if (silent) vars.set('OPTARG', letter);
    else await by.shell.complain(`Illegal option -${letter}`);
  }
  vars.set(name, known ? letter : '?');
  vars.set('OPTIND', String(next));
  return 0;
}
