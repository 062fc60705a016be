/** Overhead of a word and of a descriptor in bytes. */
const [wordCost, descriptorCost] = [32, 64] as const;

/** The arguments and environment of a task. */
export interface Command {
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
}

/** Bytes that a task's command and descriptors hold here, but for what is its parent's, too. */
export function costOf({ argv, env }: Command, parent: Command, descriptors: number): number {
  let cost = descriptors * descriptorCost;
  if (argv !== parent.argv) for (const word of argv) cost += word.length + wordCost;
  if (env !== parent.env) for (const [name, value] of env) cost += name.length + value.length + 2 * wordCost;
  return cost;
}
