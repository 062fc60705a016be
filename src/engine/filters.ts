import { AttestdError } from '../support/foundation/errors.js';

/**
 * Decoded `filters` of a query: key to values, each with the flag that the map form gives it, as dockerd keeps them.
 */
export type Filters = ReadonlyMap<string, ReadonlyMap<string, boolean>>;

/** Most keys and values of one request's filters: each of them may be matched with each object of a list. */
const maxFilterValues = 500;

/** Longest `filters` parameter, characters. */
const maxFilterLength = 64 * 1024;

/** No filters. */
export const noFilters: Filters = new Map();

/** dockerd's error for a filter, or a value of it, that an operation does not take. */
export function invalidFilter(key?: string, values?: readonly string[]): AttestdError {
  const value = values === undefined ? '' : `=[${values.join(' ')}]`;
  return new AttestdError('INVALID_ARGUMENT', key === undefined ? 'invalid filter' : `invalid filter '${key}${value}'`);
}

/**
 * Decodes the `filters` parameter: `{"key":["value"]}` or `{"key":{"value":true}}`.
 *
 * @param text value of the parameter; undefined or empty means no filters
 * @throws INVALID_ARGUMENT `invalid filter`, also beyond the bounds of attestd, docs/reference/behavior/images.md#filters
 */
export function parseFilters(text: string | undefined): Filters {
  if (text === undefined || text === '') return noFilters;
  if (text.length > maxFilterLength) throw tooManyFilters(`${text.length} characters, more than ${maxFilterLength}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidFilter();
  }
  if (parsed === null) return noFilters;
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw invalidFilter();
  const entries = Object.entries(parsed as Record<string, unknown>);
  const listForm = entries.some(([, value]) => Array.isArray(value));
  const filters = new Map(entries.map(([key, value]) => [key, listForm ? listValues(value) : mapValues(value)]));
  let count = filters.size;
  for (const values of filters.values()) count += values.size;
  if (count > maxFilterValues) throw tooManyFilters(`${count} keys and values, more than ${maxFilterValues}`);
  return filters;
}

const tooManyFilters = (what: string): AttestdError => new AttestdError('INVALID_ARGUMENT', `invalid filter: ${what}`);

function listValues(value: unknown): ReadonlyMap<string, boolean> {
  if (value === null) return new Map();
  if (!Array.isArray(value)) throw invalidFilter();
  return new Map(
    value.map((item) => {
      if (item !== null && typeof item !== 'string') throw invalidFilter();
      return [item ?? '', true];
    }),
  );
}

function mapValues(value: unknown): ReadonlyMap<string, boolean> {
  if (value === null) return new Map();
  if (typeof value !== 'object') throw invalidFilter();
  const values = new Map<string, boolean>();
  for (const [key, flag] of Object.entries(value as Record<string, unknown>)) {
    if (flag !== null && typeof flag !== 'boolean') throw invalidFilter();
    values.set(key, flag === true);
  }
  return values;
}

/**
 * Refuse filters that an operation does not know.
 *
 * @throws INVALID_ARGUMENT `invalid filter 'key'`
 */
export function checkKeys(filters: Filters, accepted: readonly string[]): void {
  for (const key of filters.keys()) if (!accepted.includes(key)) throw invalidFilter(key);
}

/** Returns the values of a key in request order. */
export function valuesOf(filters: Filters, key: string): readonly string[] {
  return [...(filters.get(key)?.keys() ?? [])];
}

/**
 * Parses a boolean filter: `true`/`1` or `false`/`0`.
 *
 * @param fallback the value without the filter
 * @throws INVALID_ARGUMENT `invalid filter 'key=[a b]'` for any other value, for both values, or for none
 */
export function flagOf(filters: Filters, key: string, fallback: boolean): boolean {
  const values = filters.get(key);
  if (values === undefined) return fallback;
  if (values.size === 0) throw invalidFilter(key);
  const no = values.get('0') === true || values.get('false') === true;
  const yes = values.get('1') === true || values.get('true') === true;
  if (no === yes) throw invalidFilter(key, [...values.keys()]);
  return yes;
}

/** Whether the text is one of the key's values. True if the key has none. */
export function matchesExactly(filters: Filters, key: string, text: string): boolean {
  const values = filters.get(key);
  return values === undefined || values.size === 0 || values.get(text) === true;
}

/** Whether one of the key's values is a prefix of the text. True if the key has none. */
export function matchesPrefix(filters: Filters, key: string, text: string): boolean {
  if (matchesExactly(filters, key, text)) return true;
  for (const value of filters.get(key)?.keys() ?? []) if (text.startsWith(value)) return true;
  return false;
}

/** Whether each value of the key (`name` or `name=value`) matches one of the pairs. True if the key has none. */
export function matchesPairs(filters: Filters, key: string, pairs: Readonly<Record<string, string>>): boolean {
  return valuesOf(filters, key).every((pair) => {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    return Object.hasOwn(pairs, name) && (at < 0 || pairs[name] === pair.slice(at + 1));
  });
}
