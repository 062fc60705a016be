import type { Task } from '../kernel/task.js';
import { AwkSyntaxError } from './awk-lex.js';
import { divide } from './awk-record.js';
import type { Expression } from './awk-tree.js';
import { format, numberOf, textOf, Untyped, type Value } from './awk-values.js';
import type { Regex } from './regex.js';

/** The parts of the calling program that functions need. */
export interface Library {
  readonly task: Task;
  readonly vars: Map<string, Value>;
  value(expression: Expression): Value;
  pattern(expression: Expression): Regex;
  regex(source: string): Regex;
  assign(target: Expression, value: Value): void;
  set(name: string, value: Value): void;
  array(name: string): Map<string, Value>;
}

type Builtin = (by: Library, items: readonly Expression[]) => Value;

const numeric =
  (action: (a: number, b: number) => number): Builtin =>
  (by, [first, second]) =>
    action(first ? numberOf(by.value(first)) : 0, second ? numberOf(by.value(second)) : 0);

const textual =
  (action: (text: string) => Value): Builtin =>
  (by, [first]) =>
    action(first ? textOf(by.value(first)) : '');

const whole: Expression = { kind: 'field', index: { kind: 'number', value: 0 } };

function need(items: readonly Expression[], at: number): Expression {
  const item = items[at];
  if (item === undefined) throw new AwkSyntaxError('too few arguments');
  return item;
}

/** `sub` and `gsub` */
function substitute(by: Library, items: readonly Expression[], all: boolean): number {
  const regex = by.pattern(need(items, 0));
  const replacement = textOf(by.value(need(items, 1)));
  const target = items[2] ?? whole;
  const text = textOf(by.value(target));
  let [made, from, count] = ['', 0, 0];
  while (from <= text.length) {
    const found = regex.find(text, from);
    if (found === undefined) break;
    count++;
    const matched = text.slice(found.start, found.end);
    made +=
      text.slice(from, found.start) +
      replacement.replace(/\\(.)|&/g, (sign, char?: string) => (sign === '&' ? matched : (char as string)));
    if (found.end === found.start) made += text.slice(found.end, found.end + 1);
    from = found.end === found.start ? found.end + 1 : found.end;
    if (!all) break;
  }
  if (count > 0) by.assign(target, made + text.slice(from));
  return count;
}

/** Returns the separator of `split` in the form of `divide`. */
function separatorOf(by: Library, item: Expression | undefined): string {
  if (item === undefined) return textOf(by.vars.get('FS'));
  if (item.kind !== 'regex') return textOf(by.value(item));
  // A single character would be taken literally.
  return item.source.length === 1 ? `[${item.source}]` : item.source;
}

/** The functions that there are. */
export const builtins: Readonly<Record<string, Builtin>> = {
  atan2: numeric(Math.atan2),
  close: () => 0,
  cos: numeric(Math.cos),
  exp: numeric(Math.exp),
  fflush: () => 0,
  gsub: (by, items) => substitute(by, items, true),
  index: (by, items) => {
    const [text, part] = [textOf(by.value(need(items, 0))), textOf(by.value(need(items, 1)))];
    return part === '' ? 0 : text.indexOf(part) + 1;
  },
  int: numeric(Math.trunc),
  length: (by, [first = whole]) =>
    first.kind === 'name' && by.vars.get(first.name) === undefined && by.array(first.name).size > 0
      ? by.array(first.name).size
      : [...textOf(by.value(first))].length,
  log: numeric(Math.log),
  match: (by, items) => {
    const found = by.pattern(need(items, 1)).find(textOf(by.value(need(items, 0))));
    by.set('RSTART', found === undefined ? 0 : found.start + 1);
    by.set('RLENGTH', found === undefined ? -1 : found.end - found.start);
    return found === undefined ? 0 : found.start + 1;
  },
  rand: () => Math.random(),
  sin: numeric(Math.sin),
  split: (by, items) => {
    const [text, name, separator] = [textOf(by.value(need(items, 0))), need(items, 1), items[2]];
    if (name.kind !== 'name') throw new AwkSyntaxError('split needs an array');
    const parts = divide(text, separatorOf(by, separator), (source) => by.regex(source));
    by.array(name.name).clear();
    for (const [at, part] of parts.entries())
      by.assign({ kind: 'element', name: name.name, keys: [{ kind: 'number', value: at + 1 }] }, new Untyped(part));
    return parts.length;
  },
  sprintf: (by, [pattern, ...rest]) =>
    format(
      pattern ? textOf(by.value(pattern)) : '',
      rest.map((item) => by.value(item)),
    ),
  sqrt: numeric(Math.sqrt),
  srand: () => 0,
  sub: (by, items) => substitute(by, items, false),
  substr: (by, items) => {
    const text = [...textOf(by.value(need(items, 0)))];
    // Positions before the start are clamped, as in busybox.
    const start = Math.max(1, Math.round(numberOf(by.value(need(items, 1)))));
    const length = items[2] === undefined ? Number.POSITIVE_INFINITY : Math.round(numberOf(by.value(items[2])));
    return text.slice(start - 1, Math.max(start + length - 1, 0)).join('');
  },
  systime: (by) => Math.floor(by.task.machine.clock.now() / 1000),
  tolower: textual((text) => text.toLowerCase()),
  toupper: textual((text) => text.toUpperCase()),
};
