import { AttestdError } from '../support/foundation/errors.js';
import { isTooCostly, longestExpression } from '../support/go/regexp.js';
import { type Filters, valuesOf } from './filters.js';

/** Whether a text matches one of a filter's values. True without values. */
export type Matcher = (text: string) => boolean;

/** Texts without special characters of regular expressions. */
const plain = /^[A-Za-z0-9_/ -]*$/;

/**
 * Creates a filter from regular expressions that match anywhere in a text, like dockerd's `Match`. An invalid
 * expression matches only itself.
 *
 * @throws AttestdError INVALID_ARGUMENT for expressions of more than 4096 characters in total
 */
export async function patternFilter(filters: Filters, key: string): Promise<Matcher> {
  const values = valuesOf(filters, key);
  const length = values.reduce((sum, value) => (plain.test(value) ? sum : sum + value.length), 0);
  if (length > longestExpression)
    throw new AttestdError('INVALID_ARGUMENT', `invalid filter '${key}': expressions of ${length} characters`);
  const tests = await Promise.all(values.map(textMatcher));
  return (text) => values.length === 0 || values.includes(text) || tests.some((matches) => matches(text));
}

/**
 * Creates a matcher from a Go expression that matches anywhere in a text. An invalid or very long expression matches
 * nothing, as does any expression for a very long text.
 */
export async function textMatcher(value: string): Promise<Matcher> {
  if (plain.test(value)) return (text) => text.includes(value);
  // RE2 runs in linear time for any input. Loaded on first use.
  const { RE2JS } = await import('re2js');
  if (value.length > longestExpression) return () => false;
  try {
    const compiled = RE2JS.compile(value);
    return (text) => !isTooCostly(compiled.programSize(), text.length) && compiled.matcher(text).find();
  } catch {
    return () => false;
  }
}
