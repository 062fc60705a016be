import { maxPatternLength, maxPatternSteps, maxReplacementLength } from '../limits.js';
import { ShellError } from './control.js';

/** One place of a pattern. */
type Item =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly has: (char: string) => boolean };

/** A shell pattern: `*`, `?`, `[…]`; a backslash makes the next character stand for itself. */
export class Pattern {
  readonly #items: readonly Item[];

  /** @throws PatternTooCostly when it is very long */
  constructor(source: string) {
    if (source.length > maxPatternLength) throw new PatternTooCostly();
    this.#items = parse(source);
  }

  /** Whether it stands for anything but itself. */
  get isPlain(): boolean {
    return this.#items.every(({ kind }) => kind === 'char');
  }

  /**
   * Whether it matches a text as a whole. In time proportional to the product of their lengths.
   *
   * @throws PatternTooCostly
   */
  matches(text: string): boolean {
    const work = new Work();
    const chars = [...text];
    const items = this.#items;
    let at = 0;
    let item = 0;
    let star = -1;
    let resume = 0;
    while (at < chars.length) {
      work.add(0);
      const now = items[item];
      if (now?.kind === 'star') {
        star = item++;
        resume = at;
      } else if (now !== undefined && fits(now, chars[at] as string)) {
        item++;
        at++;
      } else if (star >= 0) {
        item = star + 1;
        at = ++resume;
      } else return false;
    }
    while (items[item]?.kind === 'star') item++;
    return item === items.length;
  }

  /**
   * Returns the length of the shortest or longest match at the start. Undefined if the pattern does not match.
   *
   * @throws PatternTooCostly
   */
  prefix(text: string, longest: boolean, work = new Work()): number | undefined {
    return this.#ends(text, 0, 1, longest, work);
  }

  /**
   * Returns the start of the shortest or longest match at the end. Undefined if the pattern does not match.
   *
   * @throws PatternTooCostly
   */
  suffix(text: string, longest: boolean): number | undefined {
    return this.#ends(text, text.length, -1, longest, new Work());
  }

  /** The length of the match that begins at an offset of the text. @throws PatternTooCostly */
  lengthAt(text: string, at: number, work: Work): number | undefined {
    const end = this.#ends(text, at, 1, true, work);
    return end === undefined ? undefined : end - at;
  }

  /** Returns the end of a match from an offset in a direction. Follows all positions of the pattern in parallel. */
  #ends(text: string, from: number, by: 1 | -1, longest: boolean, work: Work): number | undefined {
    const items = by === 1 ? this.#items : this.#items.toReversed();
    let positions = advance(items, [0]);
    let found: number | undefined;
    for (let at = from; ; ) {
      work.add(positions.length);
      if (positions.at(-1) === items.length) {
        found = at;
        if (!longest) return found;
      }
      const char = charAt(text, at, by);
      if (char === '' || positions.length === 0) return found;
      const next: number[] = [];
      for (const position of positions) {
        const item = items[position];
        if (item === undefined) continue;
        if (item.kind === 'star') next.push(position);
        else if (fits(item, char)) next.push(position + 1);
      }
      positions = advance(items, next);
      at += by * char.length;
    }
  }
}

/** These places, in their order, with those that are reached from them by passing over stars. */
function advance(items: readonly Item[], from: readonly number[]): number[] {
  const positions: number[] = [];
  for (const start of from)
    for (let position = start; ; position++) {
      if ((positions.at(-1) ?? -1) < position) positions.push(position);
      if (items[position]?.kind !== 'star') break;
    }
  return positions;
}

/** The character at an offset, or before it. */
function charAt(text: string, at: number, by: 1 | -1): string {
  if (by === 1) return at < text.length ? String.fromCodePoint(text.codePointAt(at) as number) : '';
  if (at === 0) return '';
  const isPair = at > 1 && (text.codePointAt(at - 2) as number) > 0xffff;
  return text.slice(at - (isPair ? 2 : 1), at);
}

/** A text and a pattern that would take too long. */
export class PatternTooCostly extends ShellError {
  constructor() {
    super('out of memory');
  }
}

/** The steps that a matching has taken. */
class Work {
  #steps = 0;

  /** @throws PatternTooCostly */
  add(positions: number): void {
    this.#steps += 1 + positions;
    if (this.#steps > maxPatternSteps) throw new PatternTooCostly();
  }
}

function fits(item: Item, char: string): boolean {
  if (item.kind === 'char') return item.char === char;
  if (item.kind === 'set') return item.has(char) !== item.negated;
  return item.kind === 'any';
}

const classes: Readonly<Record<string, RegExp>> = {
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  alnum: /[A-Za-z0-9]/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  space: /\s/,
  blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/,
  xdigit: /[0-9A-Fa-f]/,
  print: /[ -~]/,
  graph: /[!-~]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what the class is
  cntrl: /[\x00-\x1f\x7f]/,
};

function parse(source: string): Item[] {
  const chars = [...source];
  const items: Item[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] as string;
    if (char === '\\' && at + 1 < chars.length) items.push({ kind: 'char', char: chars[++at] as string });
    else if (char === '*') {
      if (items.at(-1)?.kind !== 'star') items.push({ kind: 'star' });
    } else if (char === '?') items.push({ kind: 'any' });
    else if (char === '[') {
      const set = parseSet(chars, at);
      if (set === undefined) items.push({ kind: 'char', char });
      else {
        items.push(set.item);
        at = set.end;
      }
    } else items.push({ kind: 'char', char });
  }
  return items;
}

function parseSet(chars: readonly string[], start: number): { readonly item: Item; readonly end: number } | undefined {
  let at = start + 1;
  const negated = chars[at] === '!' || chars[at] === '^';
  if (negated) at++;
  const tests: ((char: string) => boolean)[] = [];
  for (let first = true; ; first = false) {
    const char = chars[at];
    if (char === undefined) return undefined;
    if (char === ']' && !first) break;
    const named =
      char === '[' && chars[at + 1] === ':'
        ? chars
            .slice(at)
            .join('')
            .match(/^\[:([a-z]+):\]/)
        : null;
    const known = named === null ? undefined : classes[named[1] as string];
    if (named !== null && known !== undefined) {
      tests.push((other) => known.test(other));
      at += named[0].length;
      continue;
    }
    if (char === '\\' && at + 1 < chars.length) at++;
    const low = chars[at++] as string;
    if (chars[at] === '-' && chars[at + 1] !== undefined && chars[at + 1] !== ']') {
      const high = chars[at + 1] as string;
      at += 2;
      tests.push((other) => other >= low && other <= high);
    } else tests.push((other) => other === low);
  }
  return { item: { kind: 'set', negated, has: (char) => tests.some((test) => test(char)) }, end: at };
}

/**
 * Put something in the place of what a pattern matches: at its first place (`/`), at all of them (`//`), at the start
 * (`/#`) or at the end (`/%`).
 *
 * @returns undefined when that makes too long a text
 * @throws PatternTooCostly
 */
export function replacePattern(
  value: string,
  source: string,
  replacement: string,
  operator: string,
): string | undefined {
  if (source === '') return value;
  const pattern = new Pattern(source);
  if (operator === '/#' || operator === '/%') {
    const cut = operator === '/#' ? pattern.prefix(value, true) : pattern.suffix(value, true);
    if (cut === undefined) return value;
    return operator === '/#' ? replacement + value.slice(cut) : value.slice(0, cut) + replacement;
  }
  const parts: string[] = [];
  const work = new Work();
  let length = 0;
  const add = (part: string): boolean => {
    parts.push(part);
    length += part.length;
    return length <= maxReplacementLength;
  };
  let kept = 0;
  for (let at = 0; at < value.length; ) {
    const matched = pattern.lengthAt(value, at, work) ?? 0;
    if (matched === 0) {
      at++;
      continue;
    }
    if (!add(value.slice(kept, at)) || !add(replacement)) return undefined;
    at += matched;
    kept = at;
    if (operator === '/') break;
  }
  return add(value.slice(kept)) ? parts.join('') : undefined;
}

/** A text as a pattern that matches only itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}

/** Whether a pattern's source has anything that stands for other than itself. */
export function hasPattern(source: string): boolean {
  return /(^|[^\\])(\\\\)*[*?[]/.test(source);
}
