/** Finding what was renamed among what is gone and what is new. */

/** Something with a name and a schema. */
export interface Named {
  readonly key: string;
  /** What it is called, when the key says more. */
  readonly label?: string;
  /** The named schema that it refers to. */
  readonly name?: string | undefined;
  /** Its schema in words. */
  readonly summary: string;
}

/** The words of a name: lower case, singular. */
function tokens(name: string): Set<string> {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return new Set(
    words
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== '')
      .map((word) => word.replace(/(?<=..)s$/, '')),
  );
}

/** How much two names have in common, from 0 to 1. */
function likeness(a: string, b: string): number {
  const [x, y] = [tokens(a), tokens(b)];
  const shared = [...x].filter((word) => y.has(word)).length;
  return shared / Math.max(x.size, y.size, 1);
}

/** How much of the name must have stayed: less when the named schema is the same, all when the schema is another. */
function needed(a: Named, b: Named): number {
  if (a.name !== undefined && a.name === b.name) return 0.3;
  return a.summary === b.summary ? 0.6 : 1;
}

/**
 * Pairs what is gone with what took its place: names that have words in common, and schemas that are the same.
 *
 * @param gone what is gone
 * @param fresh what is new
 * @returns new names by old ones; a name is in one pair at most
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
