import { trimSpace } from '../support/go/strings.js';

/** Says whether a statement with this predicate type is wanted. */
export type PredicateFilter = (predicateType: string) => boolean;

/** How `type` values are read: one type each, or (the proposal) a comma-separated list of them. */
export type PredicateSyntax = 'exact' | 'list';

/**
 * A filter from the values of the `type` parameter (docs/reference/behavior/attestations.md#predicate-types): trimmed, empty ones dropped,
 * all empty means everything; exact and case-sensitive. With the list syntax a value matches as a whole, or by one of
 * its comma-separated parts.
 *
 * @param values as they came in the query
 */
export function predicateFilter(values: readonly string[], syntax: PredicateSyntax): PredicateFilter {
  const wanted = new Set<string>();
  for (const value of values) {
    const whole = trimSpace(value);
    if (whole === '') continue;
    wanted.add(whole);
    if (syntax === 'exact') continue;
    for (const part of whole.split(',')) if (trimSpace(part) !== '') wanted.add(trimSpace(part));
  }
  return wanted.size === 0 ? () => true : (predicateType) => wanted.has(predicateType);
}
