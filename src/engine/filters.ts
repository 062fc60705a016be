import { AttestdError } from '../errors.js';

/** Decoded `filters` of a query: key to values, each with the flag that the map form gives it, as dockerd keeps them. */
export type Filters = ReadonlyMap<string, ReadonlyMap<string, boolean>>;

/** No filters. */
export const noFilters: Filters = new Map();

function invalid(): AttestdError {
  return new AttestdError('INVALID_ARGUMENT', 'invalid filter');
}

/**
 * Decode the `filters` parameter: `{"key":["value"]}` or `{"key":{"value":true}}`.
 *
 * @param text the parameter's value; undefined or empty means no filters
 * @throws INVALID_ARGUMENT `invalid filter`, as observed in topics/images-json
 */
export function parseFilters(text: string | undefined): Filters {
  if (text === undefined || text === '') return noFilters;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid();
  }
  if (parsed === null) return noFilters;
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw invalid();
  const entries = Object.entries(parsed as Record<string, unknown>);
  const legacy = entries.some(([, value]) => Array.isArray(value));
  return new Map(entries.map(([key, value]) => [key, legacy ? listValues(value) : mapValues(value)]));
}

function listValues(value: unknown): ReadonlyMap<string, boolean> {
  if (value === null) return new Map();
  if (!Array.isArray(value)) throw invalid();
  return new Map(
    value.map((item) => {
      if (item !== null && typeof item !== 'string') throw invalid();
      return [item ?? '', true];
    }),
  );
}

function mapValues(value: unknown): ReadonlyMap<string, boolean> {
  if (value === null) return new Map();
  if (typeof value !== 'object') throw invalid();
  const values = new Map<string, boolean>();
  for (const [key, flag] of Object.entries(value as Record<string, unknown>)) {
    if (flag !== null && typeof flag !== 'boolean') throw invalid();
    values.set(key, flag === true);
  }
  return values;
}
