/** How many letters may differ. */
const furthest = 2;

/**
 * What is said of a word that is not known: ` (did you mean RUN?)`, or nothing when no known one is near.
 *
 * @param known in the order in which the last of the nearest is taken
 */
export function suggestion(word: string, known: readonly string[]): string {
  const distances = known.map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate) }));
  const nearest = distances.sort((a, b) => b.distance - a.distance).at(-1);
  if (nearest === undefined || nearest.distance > furthest) return '';
  return ` (did you mean ${word === word.toUpperCase() ? nearest.candidate.toUpperCase() : nearest.candidate}?)`;
}

/** Levenshtein's: letters to put in, take out or change. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > furthest) return furthest + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (row[j] as number) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
