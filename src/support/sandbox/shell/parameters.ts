import type { ParameterOperation, Word } from 'unbash';
import { ShellError } from './control.js';
import type { Expander } from './expand.js';
import { Fields } from './fields.js';
import { Pattern, replacePattern } from './pattern.js';
import type { Shell } from './shell.js';

/** A parameter expansion: `$name` or `${name…}`. */
interface Parameter {
  readonly parameter: string;
  readonly prefix?: '!' | '#' | undefined;
  readonly operation?: ParameterOperation | undefined;
}

/** Expand a parameter into the words so far. */
export async function expandParameter(by: Expander, fields: Fields, what: Parameter, quoted: boolean): Promise<void> {
  const { shell } = by;
  const { parameter, operation } = what;
  if (what.prefix === '#') {
    const length =
      parameter === '@' || parameter === '*'
        ? shell.positional.length
        : [...(valueOfName(shell, parameter) ?? unset(shell, parameter))].length;
    fields.addExpansion(String(length), quoted);
    return;
  }
  if ((parameter === '@' || parameter === '*') && operation === undefined) {
    addPositional(shell, fields, parameter, quoted);
    return;
  }
  const name = what.prefix === '!' ? (valueOfName(shell, parameter) ?? '') : parameter;
  const value = valueOfName(shell, name);
  if (operation === undefined) fields.addExpansion(value ?? unset(shell, name), quoted);
  else if (operation.type === 'Default') await orDefault(by, fields, name, value, operation, quoted);
  else fields.addExpansion(await changed(by, value ?? unset(shell, name), operation), quoted);
}

/** The value of a variable, positional or special parameter; undefined when it is not set. */
function valueOfName(shell: Shell, name: string): string | undefined {
  if (/^\d+$/.test(name)) return name === '0' ? shell.name : shell.positional[Number(name) - 1];
  switch (name) {
    case '?':
      return String(shell.status);
    case '$':
      return String(shell.rootPid);
    case '#':
      return String(shell.positional.length);
    case '!':
      return shell.lastBackground === undefined ? '' : String(shell.lastBackground);
    case '-':
      return [...shell.options].join('');
    case '@':
    case '*':
      return shell.positional.length === 0
        ? undefined
        : shell.positional.join(name === '@' ? ' ' : shell.ifs.slice(0, 1));
    case 'RANDOM':
      return String(Math.floor(Math.random() * 32768));
    case 'LINENO':
      return String(shell.line);
    case 'PPID':
      return String(shell.task.parent?.pid ?? 0);
    default:
      return shell.vars.get(name);
  }
}

function unset(shell: Shell, name: string): string {
  if (!shell.options.has('u') || name === '@' || name === '*') return '';
  throw new ShellError(`${name}: parameter not set`);
}

function addPositional(shell: Shell, fields: Fields, parameter: '@' | '*', quoted: boolean): void {
  const { positional } = shell;
  if (quoted && parameter === '*') {
    fields.add(positional.join(shell.ifs.slice(0, 1)), true);
    return;
  }
  for (const [index, text] of positional.entries()) {
    if (index > 0) fields.end();
    fields.addExpansion(text, quoted);
  }
}

type DefaultOperation = Extract<ParameterOperation, { readonly type: 'Default' }>;

async function orDefault(
  by: Expander,
  fields: Fields,
  name: string,
  value: string | undefined,
  { operator, operand }: DefaultOperation,
  quoted: boolean,
): Promise<void> {
  const { shell } = by;
  const missing = value === undefined || (operator.startsWith(':') && value === '');
  if (operator.endsWith('+')) {
    if (!missing) await by.addWord(fields, operand, quoted);
    return;
  }
  if (!missing) {
    if ((name === '@' || name === '*') && value !== undefined) addPositional(shell, fields, name, quoted);
    else fields.addExpansion(value as string, quoted);
    return;
  }
  if (operator.endsWith('-')) {
    await by.addWord(fields, operand, quoted);
    return;
  }
  const text = await textOf(by, operand, quoted);
  if (operator.endsWith('?')) {
    throw new ShellError(`${name}: ${text || (operator === '?' ? 'parameter not set' : 'parameter not set or null')}`);
  }
  shell.vars.set(name, text);
  fields.addExpansion(text, quoted);
}

async function textOf(by: Expander, word: Word, quoted: boolean): Promise<string> {
  const fields = new Fields(undefined);
  await by.addWord(fields, word, quoted);
  return fields.texts().join(' ');
}

async function changed(by: Expander, value: string, operation: ParameterOperation): Promise<string> {
  switch (operation.type) {
    case 'Remove': {
      const pattern = new Pattern(await by.pattern(operation.operand));
      const longest = operation.operator.length === 2;
      if (operation.operator.startsWith('#')) return value.slice(pattern.prefix(value, longest) ?? 0);
      return value.slice(0, pattern.suffix(value, longest) ?? value.length);
    }
    case 'Replace':
      return replaced(
        value,
        await by.pattern(operation.pattern),
        await by.text(operation.replacement),
        operation.operator,
      );
    case 'Slice': {
      const offset = Number(await by.number(await by.text(operation.offset)));
      const start = offset < 0 ? Math.max(0, value.length + offset) : offset;
      if (operation.length === undefined) return value.slice(start);
      const length = Number(await by.number(await by.text(operation.length)));
      return length < 0
        ? value.slice(start, Math.max(start, value.length + length))
        : value.slice(start, start + length);
    }
    case 'CaseModification': {
      const all = operation.operator.length === 2;
      const change = (text: string): string =>
        operation.operator.startsWith('^') ? text.toUpperCase() : text.toLowerCase();
      return all ? change(value) : change(value.slice(0, 1)) + value.slice(1);
    }
    default:
      throw new ShellError('syntax error: bad substitution');
  }
}

function replaced(value: string, source: string, replacement: string, operator: string): string {
  const made = replacePattern(value, source, replacement, operator);
  if (made === undefined) throw new ShellError('out of memory');
  return made;
}
