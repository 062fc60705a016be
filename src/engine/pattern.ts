import { AttestdError } from '../support/foundation/errors.js';
import { isTooCostly, longestExpression } from '../support/go/regexp.js';
import { type Filters, valuesOf } from './filters.js';

/** Whether a text matches one of a filter's values; true without values. */
export type Matcher = (text: string) => boolean;

/** Texts that mean nothing but themselves in a regular expression. */
const plain = /^[A-Za-z0-9_/ -]*$/;

/**
 * A filter whose values are regular expressions, found anywhere in a text, as dockerd's `Match` takes them: a value that
 * is no expression matches only itself.
 *
 * @throws AttestdError INVALID_ARGUMENT for expressions of more than 4096 characters in all
 */
export async function patternFilter(filters: Filters, key: string): Promise<Matcher> {
  const values = valuesOf(filters, key);
  const length = values.reduce((sum, value) => (plain.test(value) ? sum : sum + value.length), 0);
  if (length > longestExpression)
    throw new AttestdError('INVALID_ARGUMENT', `invalid filter '${key}': expressions of ${length} characters`);
  const tests = await Promise.all(values.map(textMatcher));
  return (text) => values.length === 0 || values.includes(text) || tests.some((matches) => matches(text));
}

/** An expression as Go has it, found anywhere in a text; one that is none, or very long, by itself or for the text, matches nothing. */
export async function textMatcher(value: string): Promise<Matcher> {
  if (plain.test(value)) return (text) => text.includes(value);
  // Go's expressions, which take linear time whatever a client sends; loaded when somebody uses one.
  const { RE2JS } = await import('re2js');
  if (value.length > longestExpression) return () => false;
  try {
    const compiled = RE2JS.compile(value);
    return (text) => !isTooCostly(compiled.programSize(), text.length) && compiled.matcher(text).find();
  } catch {
    return () => false;
  }
}
