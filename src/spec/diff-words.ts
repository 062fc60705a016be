/** Detects deprecations and changed lists of values in description texts. */
import type { Found } from './diff-units.js';

const deprecation = /\bdeprecated\b|\bwill (?:be|no longer be) (?:removed|omitted|returned)\b/i;
/** A list item that starts with a value. */
const item = /^\s*[-*]\s+`([^`]+)`/gm;
/** Three values or more in a row. */
const series = /(?:`[^`]+`(?:, and |, | and |)){3,}/g;

function sentences(text: string): string[] {
  return text
    .replaceAll(/[>*\s]+/g, ' ')
    .split(/(?<=[.!?:])\s/)
    .map((sentence) => sentence.trim());
}

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

/** Returns the sentences of a text that announce a deprecation. */
function announcements(text: string): string[] {
  return sentences(text).filter((sentence) => deprecation.test(sentence));
}

/**
 * Interprets a changed text.
 *
 * @param found a finding. Only `words-changed` and `mark-changed` are interpreted
 * @param inOperation whether it is in an operation and not in a named schema
 * @returns a finding of a deprecation or of changed values; otherwise the same finding
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
  // The schema defines the values of a property. Only the text lists the values of filters and events.
  if (!inOperation || from === '' || !/^(?:(?:query|header) \S+)?$/.test(found.at)) return found;
  const [values, gone] = [listedOnlyIn(to, from), listedOnlyIn(from, to)];
  if (values.length === 0 && gone.length === 0) return found;
  const told = [
    ...(values.length > 0 ? [`lists also ${values.join(', ')}`] : []),
    ...(gone.length > 0 ? [`no longer ${gone.join(', ')}`] : []),
  ];
  return { ...found, rule: 'values-told', message: `description ${told.join('; ')}` };
}
