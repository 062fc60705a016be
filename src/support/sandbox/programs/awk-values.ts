import { AwkSyntaxError } from './awk-lex.js';
import { formatted, general } from './printf.js';

/** Text that came from outside, and is a number where it looks like one. */
export class Untyped {
  /** Undefined where it does not look like a number. */
  readonly number: number | undefined;

  constructor(readonly text: string) {
    this.number = /^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$/.test(text) ? Number(text) : undefined;
  }
}

/** The value of a variable. Undefined is both zero and the empty text. */
export type Value = number | string | Untyped | undefined;

/** A value as a number: that of the text's beginning. */
export function numberOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (value === undefined) return 0;
  const text = typeof value === 'string' ? value : value.text;
  return Number.parseFloat(/^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(text)?.[1] ?? '0');
}

/** A value as text. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  if (value instanceof Untyped) return value.text;
  if (Number.isInteger(value)) return String(value);
  return Number.isFinite(value) ? general(value, 6) : Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

/** Whether a value counts as true. */
export function isTrue(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  if (value instanceof Untyped && value.number !== undefined) return value.number !== 0;
  return textOf(value) !== '';
}

/** Compares two values: as numbers if both are numeric, otherwise as texts. */
export function compare(a: Value, b: Value): number {
  const numeric = (value: Value): number | undefined =>
    value instanceof Untyped ? value.number : typeof value === 'string' ? undefined : numberOf(value);
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined) return x - y;
  const [s, t] = [textOf(a), textOf(b)];
  return s < t ? -1 : s > t ? 1 : 0;
}

const conversion = /%[-+ #0]*(?:\*|[1-9]\d*)?(?:\.(?:\*|\d+))?([a-zA-Z%])/g;

/** `sprintf` */
export function format(pattern: string, values: readonly Value[]): string {
  const left = [...values];
  const given = [...pattern.matchAll(conversion)].flatMap(([whole, letter = '']) => {
    if (letter === '%') return [];
    const widths = [...whole].filter((char) => char === '*').map(() => String(Math.trunc(numberOf(left.shift()))));
    return [...widths, argument(letter, left.shift())];
  });
  return formatted(pattern.replaceAll('\\', '\\\\'), given);
}

function argument(letter: string, value: Value): string {
  if (letter === 'c')
    return typeof value === 'number' ? String.fromCodePoint(Math.trunc(value) & 0xffff) : textOf(value);
  if ('diouxX'.includes(letter)) {
    const number = Math.trunc(numberOf(value));
    return Number.isFinite(number) ? String(BigInt(number)) : '0';
  }
  return 'eEfFgG'.includes(letter) ? String(numberOf(value)) : textOf(value);
}

/** Longest text that is made, in characters. */
const longest = 1 << 20;

/** A value that is no longer than it may be. @throws BadAwk */
export function bounded(value: Value): Value {
  if (typeof value === 'string' && value.length > longest) throw new AwkSyntaxError('a text is too long');
  return value;
}

/**
 * Applies an arithmetic operator.
 *
 * @throws AwkSyntaxError for a division by zero
 */
export function arithmetic(sign: string, a: number, b: number): number {
  switch (sign) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
    case '%':
      if (b === 0) throw new AwkSyntaxError('Division by zero');
      return sign === '/' ? a / b : a % b;
    default:
      return a ** b;
  }
}
