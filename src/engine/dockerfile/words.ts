import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { expand } from './expand.js';

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
  return expand(text, { limit: Number.MAX_SAFE_INTEGER });
}
