import { AttestdError } from '../errors.js';
import { type Filters, valuesOf } from './filters.js';

/** Whether a text matches one of a filter's values; true without values. */
export type Matcher = (text: string) => boolean;

/** Characters of expressions in one filter: to compile one takes time that grows faster than its length. */
const longestExpressions = 4096;

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
  if (length > longestExpressions)
    throw new AttestdError('INVALID_ARGUMENT', `invalid filter '${key}': expressions of ${length} characters`);
  const tests = await Promise.all(values.map(textMatcher));
  return (text) => values.length === 0 || values.includes(text) || tests.some((matches) => matches(text));
}

/** Steps of one search: an instruction of the expression on a character of the text is one. */
const mostSteps = 4e6;

/** An expression as Go has it, found anywhere in a text; one that is none, or very long, by itself or for the text, matches nothing. */
export async function textMatcher(value: string): Promise<Matcher> {
  if (plain.test(value)) return (text) => text.includes(value);
  // Go's expressions, which take linear time whatever a client sends; loaded when somebody uses one.
  const { RE2JS } = await import('re2js');
  if (value.length > longestExpressions) return () => false;
  try {
    const compiled = RE2JS.compile(value);
    return (text) => compiled.programSize() * text.length <= mostSteps && compiled.matcher(text).find();
  } catch {
    return () => false;
  }
}
