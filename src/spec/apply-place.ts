/**
 * Chooses the position of a new member in a mapping:
 * - a path: after the first sibling, a path that differs in the last segment only. Without a sibling, after the first run
 *   of paths that share the most leading segments;
 * - a response status: after the last lower one;
 * - a definition: after the last one whose name starts with the same word. Without such a definition, after the definitions
 *   that it refers to and the neighbors that share their first word;
 * - everything else: last.
 */
import { isObject, type Json } from './document.js';

function segments(path: string): string[] {
  return path.split('/').slice(1);
}

function shared(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((segment, index) => segment !== b[index]);
  return at < 0 ? a.length : at;
}

/** The index of the last member of the first run of members that satisfy a test, or -1. */
function firstRunEnd(keys: readonly string[], test: (key: string) => boolean): number {
  const start = keys.findIndex(test);
  if (start < 0) return -1;
  const length = keys.slice(start).findIndex((key) => !test(key));
  return length < 0 ? keys.length - 1 : start + length - 1;
}

function placePath(keys: readonly string[], path: string): number {
  const own = segments(path);
  const sibling = keys.findIndex((key) => {
    const other = segments(key);
    return own.length > 1 && other.length === own.length && shared(own, other) === own.length - 1;
  });
  if (sibling >= 0) return sibling;
  const best = Math.max(0, ...keys.map((key) => shared(own, segments(key))));
  return best === 0 ? keys.length - 1 : firstRunEnd(keys, (key) => shared(own, segments(key)) === best);
}

function firstWord(name: string): string {
  return /^(?:[A-Z]{2,}(?=[A-Z][a-z]|$)|[A-Z]?[a-z0-9]+)/.exec(name)?.[0] ?? name;
}

function references(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === '$ref' && typeof member === 'string'
      ? [member.slice(member.lastIndexOf('/') + 1)]
      : references(member as Json),
  );
}

function placeDefinition(keys: readonly string[], name: string, value: Json): number {
  const word = firstWord(name);
  const kin = keys.findLastIndex((key) => firstWord(key) === word);
  if (kin >= 0) return kin;
  const wanted = new Set(references(value));
  let at = keys.findLastIndex((key) => wanted.has(key));
  if (at < 0) return keys.length - 1;
  const neighbour = firstWord(keys[at] as string);
  while (at + 1 < keys.length && firstWord(keys[at + 1] as string) === neighbour) at += 1;
  return at;
}

/**
 * Finds the position of a new member.
 *
 * @param parent the location of the mapping
 * @param keys the members that it has, in order
 * @param key the new member's name
 * @param value the new member's value
 * @returns the index of the member that precedes it; -1 for the first position
 */
export function placeMember(
  parent: readonly (string | number)[],
  keys: readonly string[],
  key: string,
  value: Json,
): number {
  const last = parent[parent.length - 1];
  if (parent.length === 1 && last === 'paths') return placePath(keys, key);
  const isSchema = parent.length === 2 && parent[0] === 'components' && last === 'schemas';
  if (isSchema || (parent.length === 1 && last === 'definitions')) return placeDefinition(keys, key, value);
  if (last === 'responses' && /^\d+$/.test(key)) {
    return keys.findLastIndex((other) => /^\d+$/.test(other) && Number(other) < Number(key));
  }
  return keys.length - 1;
}
