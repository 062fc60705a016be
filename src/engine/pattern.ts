import { type Filters, valuesOf } from './filters.js';

/** Whether a text matches one of a filter's values; true without values. */
export type Matcher = (text: string) => boolean;

/** Texts that mean nothing but themselves in a regular expression. */
const plain = /^[A-Za-z0-9_/ -]*$/;

/**
 * A filter whose values are regular expressions, found anywhere in a text, as dockerd's `Match` takes them: a value that
 * is no expression matches only itself.
 */
export async function patternFilter(filters: Filters, key: string): Promise<Matcher> {
  const values = valuesOf(filters, key);
  const tests = await Promise.all(values.map(textMatcher));
  return (text) => values.length === 0 || values.includes(text) || tests.some((matches) => matches(text));
}

/** An expression as Go has it, found anywhere in a text; one that is none matches nothing. */
export async function textMatcher(value: string): Promise<Matcher> {
  if (plain.test(value)) return (text) => text.includes(value);
  // Go's expressions, which take linear time whatever a client sends; loaded when somebody uses one.
  const { RE2JS } = await import('re2js');
  try {
    const compiled = RE2JS.compile(value);
    return (text) => compiled.matcher(text).find();
  } catch {
    return () => false;
  }
}
