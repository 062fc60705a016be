/** Compares texts and marks: deprecations, lists of values, and keywords that Go's code generator reads. */
import { isDeepStrictEqual } from 'node:util';
import { announces, deprecatedValues } from './diff-deprecation.js';
import type { EvidenceBase } from './diff-evidence.js';
import { isMarkKeyword, isWords, show, textsOf } from './diff-flat.js';
import type { RuleId } from './diff-rules.js';
import type { Found, Place } from './diff-units.js';
import { isObject, type Json, type JsonObject } from './document.js';

/** A list item that starts with a value. */
const item = /^\s*[-*]\s+`([^`]+)`/gm;
/** Three values or more in a row. */
const series = /(?:`[^`]+`(?:, and |, | and |)){3,}/g;

/** Returns the values that a text lists: as items, and in series keyed by the preceding words. */
function listsIn(text: string): Map<string, Set<string>> {
  const lists = new Map([['', new Set([...text.matchAll(item)].map(([, value]) => value as string))]]);
  for (const match of text.matchAll(series)) {
    const intro = text.slice(Math.max(0, match.index - 30), match.index);
    lists.set(intro, new Set([...match[0].matchAll(/`([^`]+)`/g)].map(([, value]) => value as string)));
  }
  return lists;
}

/** Returns the values in lists of one text that the same lists of the other text lack. */
function listedOnlyIn(text: string, other: string): string[] {
  const others = listsIn(other);
  return [...listsIn(text)].flatMap(([intro, values]) => {
    const known = others.get(intro);
    return known ? [...values].filter((value) => !known.has(value)) : [];
  });
}

function isDeprecated(source: JsonObject): boolean {
  if (source.deprecated === true || source['x-deprecated'] === true) return true;
  return typeof source.description === 'string' && announces(source.description);
}

/** Compares the lists of values in two texts, and the values that they call deprecated. */
function valueChanges(from: string, to: string): string[] {
  const known = new Set(deprecatedValues(from));
  const ended = deprecatedValues(to).filter((value) => !known.has(value));
  const [fresh, gone] = [listedOnlyIn(to, from), listedOnlyIn(from, to)].map((values) => [...new Set(values)]) as [
    string[],
    string[],
  ];
  return [
    ...(fresh.length > 0 ? [`lists also ${fresh.join(', ')}`] : []),
    ...(gone.length > 0 ? [`no longer lists ${gone.join(', ')}`] : []),
    ...(ended.length > 0 ? [`calls ${ended.join(', ')} deprecated`] : []),
  ];
}

/** Formats the value of a mark. A Go type is shown by its name. */
function showMark(value: Json | undefined): string {
  if (!isObject(value) || typeof value.type !== 'string') return show(value);
  const path = isObject(value.import) ? `${String(value.import.package)}.` : '';
  return `${path}${value.type}`;
}

const goRules: Readonly<Record<string, RuleId>> = { 'x-go-name': 'go-name', 'x-go-type': 'go-type' };

/** Classifies a changed mark. */
function markChange(key: string, x: Json | undefined, y: Json | undefined, place: Place, base?: EvidenceBase): Found {
  const at = place.where;
  const message = `${key} was ${showMark(x)}, is ${showMark(y)}`;
  const goRule = goRules[key];
  if (goRule !== undefined) return { rule: goRule, at, message };
  if (key === 'x-omitempty') {
    if (y === true) {
      const evidence = base?.omitted(place);
      return { rule: 'omit-empty', at, message, ...(evidence && { evidence }) };
    }
    const evidence = base?.kept(place);
    return { rule: 'keep-empty', at, message, ...(evidence && { evidence }) };
  }
  return { rule: 'mark-changed', at, message };
}

/**
 * Compares the texts and marks of two objects.
 *
 * @param x the old object
 * @param y the new object
 * @param place their location
 * @param options whether the text of the object lists values that no schema defines; further keys to ignore
 * @returns the findings
 */
export function compareWords(
  x: JsonObject,
  y: JsonObject,
  place: Place,
  options: { readonly lists: boolean; readonly base?: EvidenceBase; readonly except?: readonly string[] },
): Found[] {
  const at = place.where;
  const keys = [...new Set([...Object.keys(x), ...Object.keys(y)])].filter(
    (key) => !isDeepStrictEqual(x[key], y[key]) && !options.except?.includes(key),
  );
  const found: Found[] = [];
  const texts = textsOf(x, y);
  const words = keys.filter(isWords);
  const [was, is] = [isDeprecated(x), isDeprecated(y)];
  if (was !== is) {
    const rule = is ? 'deprecated' : 'undeprecated';
    found.push({ rule, at, message: is ? 'is deprecated' : 'is not deprecated any more', texts });
  }
  const { from, to } = texts;
  const values = options.lists && from !== undefined && to !== undefined && from !== to ? valueChanges(from, to) : [];
  if (values.length > 0) found.push({ rule: 'values-told', at, message: `description ${values.join('; ')}`, texts });
  if (words.length > 0 && found.length === 0) {
    found.push({ rule: 'words-changed', at, message: words.join(', '), texts });
  }
  for (const key of keys.filter(isMarkKeyword)) {
    const isSpoken = was !== is && (key === 'deprecated' || key === 'x-deprecated');
    if (!isSpoken) found.push(markChange(key, x[key], y[key], place, options.base));
  }
  for (const key of keys.filter((each) => each === 'readOnly')) {
    const rule = y[key] === true ? 'read-only-added' : 'read-only-removed';
    found.push({ rule, at, message: `readOnly was ${show(x[key])}, is ${show(y[key])}` });
  }
  return found;
}
