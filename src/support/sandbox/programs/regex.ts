/** Regular expressions of POSIX, matched in linear time. */
import { isTooCostly, longestExpression } from '../../go/regexp.js';
import { maxRegexSearchMs } from '../limits.js';

/** A match and its position. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole, then the groups; undefined for one that took no part. */
  readonly groups: readonly (string | undefined)[];
}

/** A compiled expression. Both throw BadRegex where it would take too long. */
export interface Regex {
  test(text: string): boolean;
  /** The first match at or after an offset. */
  find(text: string, from?: number): Match | undefined;
}

/** Options of an expression. */
export interface RegexOptions {
  /** Extended syntax (ERE) instead of basic (BRE). */
  readonly extended?: boolean;
  readonly ignoreCase?: boolean;
  /** It is a text, not an expression. */
  readonly fixed?: boolean;
  /** Only whole lines, or whole words. */
  readonly whole?: 'line' | 'word' | undefined;
}

/** An invalid expression, or one that would take too long. */
export class RegexSyntaxError extends Error {}

/**
 * Compiles an expression, or several alternatives.
 *
 * @throws RegexSyntaxError
 */
export type Compiler = (source: string | readonly string[], options?: RegexOptions) => Regex;

/** @throws BadRegex */
export async function compile(source: string | readonly string[], options: RegexOptions = {}): Promise<Regex> {
  return (await compiler())(source, options);
}

/** Returns a synchronous compiler once the library is loaded. */
export async function compiler(): Promise<Compiler> {
  const { RE2JS } = await import('re2js');
  return (source, options = {}) => compileWith(RE2JS, [source].flat(), options);
}

const plain = /^[\w ,:;"'/=-]*$/;

function compileWith(RE2JS: typeof import('re2js').RE2JS, sources: readonly string[], options: RegexOptions): Regex {
  const length = sources.reduce((sum, source) => sum + source.length, 0);
  if (length > longestExpression) throw new RegexSyntaxError(`an expression of ${length} characters is too long`);
  const read = options.fixed ? (source: string) => RE2JS.quote(source) : options.extended ? fromExtended : fromBasic;
  let pattern = sources.map(read).join('|');
  if (options.whole === 'line') pattern = `^(?:${pattern})$`;
  if (options.whole === 'word') pattern = `\\b(?:${pattern})\\b`;
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    compiled = RE2JS.compile(pattern, RE2JS.LONGEST_MATCH | (options.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0));
  } catch (error) {
    throw new RegexSyntaxError(`bad regex '${sources.join('|')}': ${(error as Error).message}`);
  }
  // A text that stands for itself is looked for without steps.
  const size = sources.length === 1 && plain.test(pattern) && !options.ignoreCase ? 1 : compiled.programSize();
  const matcherOf = (text: string, from: number): ReturnType<typeof compiled.matcher> => {
    if (isTooCostly(size, text.length - from)) throw tooCostly();
    return compiled.matcher(text);
  };
  let [last, spent] = ['', 0];
  return {
    test: (text) => matcherOf(text, 0).find(),
    find: (text, from = 0) => {
      const matcher = matcherOf(text, from);
      if (from === 0 || text !== last) [last, spent] = [text, 0];
      const began = performance.now();
      if (!matcher.find(from)) return undefined;
      spent += performance.now() - began;
      if (spent > maxRegexSearchMs) throw tooCostly();
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined);
      return { start: matcher.start(), end: matcher.end(), groups };
    },
  };
}

const tooCostly = (): RegexSyntaxError => new RegexSyntaxError('out of memory');

const gnuEscapes: Readonly<Record<string, string>> = {
  '<': '\\b',
  '>': '\\b',
  w: '\\w',
  W: '\\W',
  s: '\\s',
  S: '\\S',
  b: '\\b',
  n: '\\n',
  t: '\\t',
};

/** An extended expression as RE2 reads it: nearly the same. */
function fromExtended(source: string): string {
  return pieces(source)
    .map((piece) => {
      if (piece.startsWith('[')) return bracket(piece);
      if (!piece.startsWith('\\')) return piece;
      const letter = piece.slice(1);
      if (/\d/.test(letter)) throw new RegexSyntaxError('back-references are not simulated');
      return gnuEscapes[letter] ?? (/\w/.test(letter) ? letter : piece);
    })
    .join('');
}

/** In a basic expression, `\(` `\)` `\{` `\}` `\|` `\+` `\?` are special, and without the backslash they are not. */
function fromBasic(source: string): string {
  let start = true;
  return pieces(source)
    .map((piece, index, all) => {
      const first = start;
      start = piece === '\\(' || piece === '\\|';
      if (piece.startsWith('[')) return bracket(piece);
      if (/^\\[(){}|+?]$/.test(piece)) return piece.slice(1);
      if (piece.startsWith('\\')) {
        const letter = piece.slice(1);
        if (/\d/.test(letter)) throw new RegexSyntaxError('back-references are not simulated');
        return gnuEscapes[letter] ?? (/\w/.test(letter) ? letter : piece);
      }
      if (/^[(){}|+?]$/.test(piece)) return `\\${piece}`;
      if (piece === '*' && first) return '\\*';
      if (piece === '^') {
        start = first;
        return first ? '^' : '\\^';
      }
      if (piece === '$') return index === all.length - 1 || /^\\[)|]$/.test(all[index + 1] as string) ? '$' : '\\$';
      return piece;
    })
    .join('');
}

/** Bracket expressions, escaped characters, and single characters. */
function pieces(source: string): string[] {
  const found: string[] = [];
  let closed = true;
  for (let at = 0; at < source.length; at += (found.at(-1) as string).length) {
    const end = closed && source[at] === '[' ? endOfBracket(source, at) : undefined;
    // If a bracket is not closed, no later one is.
    if (source[at] === '[' && end === undefined) closed = false;
    const escaped = source[at] === '\\' ? 1 : 0;
    const char = String.fromCodePoint(source.codePointAt(at + escaped) ?? 0x5c);
    found.push(end === undefined ? source.slice(at, at + escaped + char.length) : source.slice(at, end));
  }
  return found;
}

/** Returns the end of a bracket expression, whose first `]` may be literal. Undefined if it is not closed. */
function endOfBracket(source: string, start: number): number | undefined {
  let at = start + (source[start + 1] === '^' ? 2 : 1);
  if (source[at] === ']') at++;
  /** The end of the last class, which closes the bracket if nothing else does. */
  let last: number | undefined;
  while (at < source.length) {
    if (source[at] === ']') return at + 1;
    const close = source[at] === '[' && ':.='.includes(source[at + 1] ?? ' ') ? source.indexOf(']', at) : -1;
    if (close > at + 2 && ':.='.includes(source.charAt(close - 1))) last = at = close + 1;
    else at++;
  }
  return last;
}

function bracket(piece: string): string {
  if (!piece.endsWith(']') || piece.length < 3) return `\\${piece}`;
  const negated = piece[1] === '^';
  const inside = piece.slice(negated ? 2 : 1, -1);
  const escapedInside = inside.replace(/\[:\w+:\]|[\\[\]^]/g, (found) => (found.length > 1 ? found : `\\${found}`));
  return `[${negated ? '^' : ''}${escapedInside}]`;
}
