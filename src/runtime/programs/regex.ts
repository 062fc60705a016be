/** Regular expressions of POSIX, matched in linear time. */

/** What is found, with where it is. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole, then the groups; undefined for one that took no part. */
  readonly groups: readonly (string | undefined)[];
}

/** A compiled expression. */
export interface Regex {
  test(text: string): boolean;
  /** The first match at or after an offset. */
  find(text: string, from?: number): Match | undefined;
}

/** How an expression is read. */
export interface RegexOptions {
  /** Extended syntax (ERE) instead of basic (BRE). */
  readonly extended?: boolean;
  readonly ignoreCase?: boolean;
  /** It is a text, not an expression. */
  readonly fixed?: boolean;
  /** Only whole lines, or whole words. */
  readonly whole?: 'line' | 'word' | undefined;
}

/** What cannot be read as an expression. */
export class BadRegex extends Error {}

/** Makes expressions. @throws BadRegex */
export type Compiler = (source: string, options?: RegexOptions) => Regex;

/** @throws BadRegex */
export async function compile(source: string, options: RegexOptions = {}): Promise<Regex> {
  return (await compiler())(source, options);
}

/** What makes expressions on the spot, once the library is there. */
export async function compiler(): Promise<Compiler> {
  const { RE2JS } = await import('re2js');
  return (source, options = {}) => compileWith(RE2JS, source, options);
}

function compileWith(RE2JS: typeof import('re2js').RE2JS, source: string, options: RegexOptions): Regex {
  let pattern = options.fixed ? RE2JS.quote(source) : options.extended ? fromExtended(source) : fromBasic(source);
  if (options.whole === 'line') pattern = `^(?:${pattern})$`;
  if (options.whole === 'word') pattern = `\\b(?:${pattern})\\b`;
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    compiled = RE2JS.compile(pattern, RE2JS.LONGEST_MATCH | (options.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0));
  } catch (error) {
    throw new BadRegex(`bad regex '${source}': ${(error as Error).message}`);
  }
  return {
    test: (text) => compiled.matcher(text).find(),
    find: (text, from = 0) => {
      const matcher = compiled.matcher(text);
      if (!matcher.find(from)) return undefined;
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined);
      return { start: matcher.start(), end: matcher.end(), groups };
    },
  };
}

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
      if (/\d/.test(letter)) throw new BadRegex('back-references are not simulated');
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
        if (/\d/.test(letter)) throw new BadRegex('back-references are not simulated');
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
  return source.match(/\[\^?\]?(?:\[[:.=][^\]]*[:.=]\]|[^\]])*\]|\\[\s\S]|[\s\S]/gu) ?? [];
}

function bracket(piece: string): string {
  if (!piece.endsWith(']') || piece.length < 3) return `\\${piece}`;
  const negated = piece[1] === '^';
  const inside = piece.slice(negated ? 2 : 1, -1);
  const escapedInside = inside.replace(/\[:\w+:\]|[\\[\]^]/g, (found) => (found.length > 1 ? found : `\\${found}`));
  return `[${negated ? '^' : ''}${escapedInside}]`;
}
