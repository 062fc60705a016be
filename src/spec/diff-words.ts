/** What a change of words says: that something is deprecated, or that it takes other values. */
import type { Found } from './diff-units.js';

const deprecation = /\bdeprecated\b|\bwill (?:be|no longer be) (?:removed|omitted|returned)\b/i;
/** An item of a list that starts with a value. */
const item = /^\s*[-*]\s+`([^`]+)`/gm;
/** Three values or more in a row. */
const series = /(?:`[^`]+`(?:, and |, | and |)){3,}/g;

function sentences(text: string): string[] {
  return text
    .replaceAll(/[>*\s]+/g, ' ')
    .split(/(?<=[.!?:])\s/)
    .map((sentence) => sentence.trim());
}

/** The values that a text lists: as items, and in series, by the words before a series. */
function listsIn(text: string): Map<string, Set<string>> {
  const lists = new Map([['', new Set([...text.matchAll(item)].map(([, value]) => value as string))]]);
  for (const match of text.matchAll(series)) {
    const intro = text.slice(Math.max(0, match.index - 30), match.index);
    lists.set(intro, new Set([...match[0].matchAll(/`([^`]+)`/g)].map(([, value]) => value as string)));
  }
  return lists;
}

/** What one text lists and the other does not, where both have the list. */
function listedOnlyIn(text: string, other: string): string[] {
  const others = listsIn(other);
  return [...listsIn(text)].flatMap(([intro, values]) => {
    const known = others.get(intro);
    return known ? [...values].filter((value) => !known.has(value)) : [];
  });
}

/** The sentences of a text that announce an end. */
function announcements(text: string): string[] {
  return sentences(text).filter((sentence) => deprecation.test(sentence));
}

/**
 * Reads a change of words.
 *
 * @param found a change of the rule `words-changed`, or another, which stays as it is
 * @param inOperation whether it is a change of an operation rather than of a named schema
 * @returns what it says: a deprecation, other values, or words only
 */
export function readWords(found: Found, inOperation: boolean): Found {
  if (found.rule === 'mark-changed') {
    return /^(?:x-)?deprecated was .*, is true$/.test(found.message)
      ? { ...found, rule: 'deprecated', message: 'is deprecated' }
      : found;
  }
  if (found.rule !== 'words-changed') return found;
  const { from = '', to = '' } = found.texts ?? {};
  if (to === '' || from === to) return found;
  const known = new Set(announcements(from));
  const fresh = announcements(to).filter((sentence) => !known.has(sentence));
  if (fresh.length > 0) return { ...found, rule: 'deprecated', message: 'is deprecated' };
  // What a property may be is told by its schema; filters and events are told in words only.
  if (!inOperation || from === '' || !/^(?:(?:query|header) \S+)?$/.test(found.at)) return found;
  const [values, gone] = [listedOnlyIn(to, from), listedOnlyIn(from, to)];
  if (values.length === 0 && gone.length === 0) return found;
  const told = [
    ...(values.length > 0 ? [`lists also ${values.join(', ')}`] : []),
    ...(gone.length > 0 ? [`no longer ${gone.join(', ')}`] : []),
  ];
  return { ...found, rule: 'values-told', message: `description ${told.join('; ')}` };
}
