import { AttestdError } from '../../errors.js';
import { quote } from '../../go/quote.js';

/** Split at white space, but not inside quotes or after a backslash; the words keep their quotes. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'\\]|["'\\])+/gs) ?? [];
}

/**
 * The pairs of ENV and LABEL: `key=value …`, or in the old form `key value` with the rest of the line as the value.
 *
 * @throws INVALID_ARGUMENT when a word is no pair
 */
export function pairsOf(instruction: string, args: string): readonly (readonly [key: string, value: string])[] {
  const words = wordsOf(args);
  const [first = ''] = words;
  if (!first.includes('=')) {
    const rest = args.slice(first.length).trim();
    if (rest === '') throw new AttestdError('INVALID_ARGUMENT', `${instruction} must have two arguments`);
    return [[first, rest]];
  }
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at < 0) {
      const why = `Syntax error - can't find = in ${quote(word)}. Must be of the form: name=value`;
      throw new AttestdError('INVALID_ARGUMENT', why);
    }
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

/** The text without quotes and escapes. */
export function unquote(text: string): string {
  return expand(text, undefined, Number.MAX_SAFE_INTEGER);
}

/**
 * The text without quotes and escapes, and with `$name`, `${name}`, `${name:-default}` and `${name:+other}` replaced,
 * except within single quotes.
 *
 * @param environment values of names; undefined leaves `$` alone
 * @param limit most characters that may come out
 * @throws AttestdError INVALID_ARGUMENT when more come out, or a double quote is not closed
 */
export function expand(text: string, environment: ReadonlyMap<string, string> | undefined, limit: number): string {
  const pieces = /'([^']*)'|\\(.)|\$\{(\w+)(?::([-+])([^}]*))?\}|\$(\w+)|"|([^'"\\$]+)|([\s\S])/g;
  let quoted = false;
  let length = 0;
  const pieceOf = (piece: string, ...groups: readonly (string | undefined)[]): string => {
    const [single, escaped, braced, operator, other = '', bare, plain] = groups;
    if (plain !== undefined) return plain;
    if (piece === '"') {
      quoted = !quoted;
      return '';
    }
    if (single !== undefined) return quoted ? piece : single;
    if (escaped !== undefined) return quoted && !'"$\\'.includes(escaped) ? piece : escaped;
    const name = braced ?? bare;
    if (name === undefined || environment === undefined) return piece;
    const value = environment.get(name) ?? '';
    if (operator === '-') return value === '' ? other : value;
    if (operator === '+') return value === '' ? '' : other;
    return value;
  };
  const expanded = text.replace(pieces, (piece: string, ...groups: string[]) => {
    const part = pieceOf(piece, ...groups.slice(0, 7));
    length += part.length;
    if (length > limit) throw new AttestdError('INVALID_ARGUMENT', 'the changes make too large a configuration');
    return part;
  });
  if (!quoted) return expanded;
  const why = 'unexpected end of statement while looking for matching double-quote';
  throw new AttestdError('INVALID_ARGUMENT', `failed to process ${quote(text)}: ${why}`);
}
