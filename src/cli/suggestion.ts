/** How many letters have to be put in, taken out or changed to make one word of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (above[j] as number) + 1, (row[j - 1] as number) + 1));
    }
  }
  return row[b.length] as number;
}

/**
 * A question behind an error about an unknown word, for the known word that was probably meant.
 *
 * @param word what was given
 * @param known what could have been given
 * @param prefix what stands before words, such as `--`
 * @returns for example ` (did you mean '--host'?)`; empty when nothing is near
 */
export function suggestion(word: string, known: readonly string[], prefix = ''): string {
  const near = known
    .map((candidate) => ({ candidate, far: distance(word, candidate) }))
    .filter(({ candidate, far }) => far <= 2 && far < candidate.length)
    .sort((a, b) => a.far - b.far);
  return near[0] === undefined ? '' : ` (did you mean '${prefix}${near[0].candidate}'?)`;
}
