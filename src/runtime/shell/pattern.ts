/** One place of a pattern. */
type Item =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly has: (char: string) => boolean };

/** A shell pattern: `*`, `?`, `[…]`; a backslash makes the next character stand for itself. */
export class Pattern {
  readonly #items: readonly Item[];

  constructor(source: string) {
    this.#items = parse(source);
  }

  /** Whether it stands for anything but itself. */
  get isPlain(): boolean {
    return this.#items.every(({ kind }) => kind === 'char');
  }

  /** Whether it matches a text as a whole. In time proportional to the product of their lengths. */
  matches(text: string): boolean {
    const chars = [...text];
    const items = this.#items;
    let at = 0;
    let item = 0;
    let star = -1;
    let resume = 0;
    while (at < chars.length) {
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

  /** How many characters at the start match, the fewest or the most; undefined when none do. */
  prefix(text: string, longest: boolean): number | undefined {
    const ends = Array.from({ length: text.length + 1 }, (_, index) => (longest ? text.length - index : index));
    return ends.find((end) => this.matches(text.slice(0, end)));
  }

  /** Where the match at the end starts, for the fewest or the most characters; undefined when none do. */
  suffix(text: string, longest: boolean): number | undefined {
    const starts = Array.from({ length: text.length + 1 }, (_, index) => (longest ? index : text.length - index));
    return starts.find((start) => this.matches(text.slice(start)));
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

/** Longest text that a replacement may make. */
const longestText = 64 * 1024 * 1024;

/**
 * Put something in the place of what a pattern matches: at its first place (`/`), at all of them (`//`), at the start
 * (`/#`) or at the end (`/%`).
 *
 * @returns undefined when that makes too long a text
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
  let made = '';
  for (let at = 0; at <= value.length; ) {
    const length = pattern.prefix(value.slice(at), true);
    if (length === undefined || length === 0) {
      made += value.slice(at, at + 1);
      at++;
      continue;
    }
    made += replacement;
    if (made.length > longestText) return undefined;
    at += length;
    if (operator === '/') return made + value.slice(at);
  }
  return made;
}

/** A text as a pattern that matches only itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}

/** Whether a pattern's source has anything that stands for other than itself. */
export function hasPattern(source: string): boolean {
  return /(^|[^\\])(\\\\)*[*?[]/.test(source);
}
