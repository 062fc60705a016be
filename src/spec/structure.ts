/** Extracts and compares the structure of a description: its content without prose. */
import { isObject, type Json } from './document.js';
import { toPointer } from './pointer.js';

const prose = new Set(['summary', 'description', 'title', 'example', 'examples', 'externalDocs']);
const marks = new Set(['x-since', 'x-deprecated']);
/** Keywords whose member names belong to the API. A member `description` there is a property, not prose. */
const namedMembers = new Set(['properties', 'definitions', 'paths', 'headers', 'responses', 'schemas']);

/**
 * Whether a keyword holds text or examples, which do not affect messages on the wire.
 *
 * @param keyword a member of an object whose members are keywords
 */
export function isProse(keyword: string): boolean {
  return prose.has(keyword);
}

/**
 * Whether a keyword is a mark of this project: `x-since` or `x-deprecated`.
 *
 * @param keyword a member of an object whose members are keywords
 */
export function isMark(keyword: string): boolean {
  return marks.has(keyword);
}

/**
 * Whether the members of the object at a location are named by the API rather than keywords.
 *
 * @param location segments from the root of the description
 */
export function hasNamedMembers(location: readonly (string | number)[]): boolean {
  return location.reduce<boolean>((named, segment) => !named && namedMembers.has(String(segment)), false);
}

/**
 * Strips prose (summary, description, title, examples) and marks (x-since, x-deprecated).
 *
 * @param value a description or a part of one
 * @param named whether the members of `value` are named by the API rather than keywords
 * @returns the structure, sharing nothing with `value`
 */
export function structureOf(value: Json, named = false): Json {
  if (Array.isArray(value)) return value.map((item) => structureOf(item));
  if (!isObject(value)) return value;
  const out: Record<string, Json> = {};
  for (const [key, member] of Object.entries(value)) {
    if (!named && (prose.has(key) || marks.has(key))) continue;
    out[key] = structureOf(member as Json, !named && namedMembers.has(key));
  }
  return out;
}

/** One difference between two values. */
export interface Difference {
  readonly op: 'add' | 'remove' | 'replace';
  /** JSON Pointer to the place. */
  readonly pointer: string;
  readonly from?: Json;
  readonly to?: Json;
}

/**
 * Compares two JSON values; the order of object members does not count.
 *
 * @param from the older value
 * @param to the newer value
 * @returns the differences, each at the outermost place where one side has nothing or another value
 */
export function compareValues(from: Json, to: Json, at: readonly (string | number)[] = []): Difference[] {
  const found: Difference[] = [];
  const members = (a: Record<string, Json>, b: Record<string, Json>, keyed: (key: string) => string | number): void => {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const place = [...at, keyed(key)];
      const [x, y] = [a[key], b[key]];
      if (x === undefined) found.push({ op: 'add', pointer: toPointer(place), to: y as Json });
      else if (y === undefined) found.push({ op: 'remove', pointer: toPointer(place), from: x });
      else found.push(...compareValues(x, y, place));
    }
  };
  if (Array.isArray(from) && Array.isArray(to)) {
    members(Object.fromEntries(from.entries()), Object.fromEntries(to.entries()), Number);
  } else if (isObject(from) && isObject(to)) {
    members(from as Record<string, Json>, to as Record<string, Json>, String);
  } else if (from !== to) {
    found.push({ op: 'replace', pointer: toPointer(at), from, to });
  }
  return found;
}
