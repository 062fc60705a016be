/** Detects renames among removed and added names. */

/** Something with a name and a schema. */
export interface Named {
  readonly key: string;
  /** The name, if the key contains more than it. */
  readonly label?: string;
  /** The named schema that it refers to. */
  readonly name?: string | undefined;
  /** A summary of its schema. */
  readonly summary: string;
}

/** Splits a name into words in lower case and singular. */
function tokens(name: string): Set<string> {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return new Set(
    words
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== '')
      .map((word) => word.replace(/(?<=..)s$/, '')),
  );
}

/** Returns the similarity of two names, from 0 to 1. */
function likeness(a: string, b: string): number {
  const [x, y] = [tokens(a), tokens(b)];
  const shared = [...x].filter((word) => y.has(word)).length;
  return shared / Math.max(x.size, y.size, 1);
}

/** Returns the similarity that a rename requires: less with the same named schema, all of it with another schema. */
function needed(a: Named, b: Named): number {
  if (a.name !== undefined && a.name === b.name) return 0.3;
  return a.summary === b.summary ? 0.6 : 1;
}

/**
 * Pairs removed names with their replacements by common words and equal schemas.
 *
 * @param gone removed names
 * @param fresh added names
 * @returns new names by old ones. A name is in one pair at most
 */
export function pairRenamed(gone: readonly Named[], fresh: readonly Named[]): Map<string, string> {
  const candidates = gone
    .flatMap((a) => fresh.map((b) => ({ a, b, score: likeness(a.label ?? a.key, b.label ?? b.key) })))
    .filter(({ a, b, score }) => score > 0 && score >= needed(a, b))
    .sort((one, other) => other.score - one.score);
  const pairs = new Map<string, string>();
  const taken = new Set<string>();
  for (const { a, b } of candidates) {
    if (pairs.has(a.key) || taken.has(b.key)) continue;
    pairs.set(a.key, b.key);
    taken.add(b.key);
  }
  return pairs;
}
