/** Looking for sequences of requests that two daemons answer differently, and shortening them. */
import fc from 'fast-check';
import type { Difference } from './compare.js';
import type { Step } from './requests.js';

/** A difference, and the shortest sequence that was found to show it. */
export interface Finding extends Difference {
  readonly signature: string;
  readonly steps: readonly Step[];
  readonly seed: number;
  /** Whether it came again each time its sequence was repeated; what did not is chance in one of the daemons. */
  readonly steady: boolean;
}

/** Thrown inside the property, so that fast-check shrinks the sequence. */
export class Disagreement extends Error {
  constructor(
    readonly difference: Difference,
    readonly signature: string,
  ) {
    super(signature);
  }
}

/** Two daemons and what is known of their differences. */
export interface Comparison {
  /** Requests that were compared. */
  requests: number;
  /** Signatures of differences that do not count any more. */
  readonly known: Set<string>;
  /** Run one sequence from empty daemons. @throws Disagreement */
  run(steps: readonly Step[]): Promise<void>;
}

/**
 * Whether a sequence may go on after an answer.
 *
 * @throws Disagreement for a difference that is not known yet
 */
export function judge(known: ReadonlySet<string>, step: Step, difference: Difference | undefined): boolean {
  if (difference === undefined) return true;
  const signature = `${step.operation}: ${difference.at}`;
  if (!known.has(signature)) throw new Disagreement(difference, signature);
  // After a write that went another way the two states have parted.
  return !step.writes || difference.at === 'text';
}

/** What to look among, and how to tell. */
export interface Exploration {
  readonly sequences: fc.Arbitrary<Step[]>;
  readonly requests: number;
  readonly seed: number;
  readonly describe: (step: Step) => string;
  readonly print: (line: string) => void;
}

/** Whether a sequence shows its difference again, each of several times. */
async function repeats(
  comparison: Comparison,
  steps: readonly Step[],
  signature: string,
  times: number,
): Promise<boolean> {
  for (let i = 0; i < times; i++) {
    try {
      await comparison.run(steps);
      return false;
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error;
      if (error.signature !== signature) return false;
    }
  }
  return true;
}

/** Leaves out each step that a difference can do without; shrinking alone may keep some. */
async function withoutBystanders(
  comparison: Comparison,
  steps: readonly Step[],
  signature: string,
): Promise<readonly Step[]> {
  let kept = steps;
  for (const step of steps) {
    const fewer = kept.filter((other) => other !== step);
    if (await repeats(comparison, fewer, signature, 1)) kept = fewer;
  }
  return kept;
}

/**
 * Compare until so many requests were; each difference is told once, in the shortest sequence that was found.
 *
 * @throws what a daemon fails with
 */
export async function explore(comparison: Comparison, options: Exploration): Promise<Finding[]> {
  const findings: Finding[] = [];
  let compared = 0;
  for (let round = 0; compared < options.requests; round++) {
    const seed = options.seed + round;
    let last: Disagreement | undefined;
    let shrinking = false;
    const property = fc.asyncProperty(options.sequences, async (steps) => {
      if (!shrinking && compared >= options.requests) return;
      const before = comparison.requests;
      try {
        await comparison.run(steps);
      } catch (error) {
        if (!(error instanceof Disagreement)) throw error;
        // While shrinking, only the difference that began it counts.
        if (last && error.signature !== last.signature) return;
        last = error;
        throw error;
      } finally {
        if (!shrinking) compared += comparison.requests - before;
        if (last) shrinking = true;
      }
    });
    const result = await fc.check(property, { seed, numRuns: 100 });
    if (!result.failed) continue;
    if (!last) throw result.errorInstance;
    const { difference, signature } = last as Disagreement;
    const steps = await withoutBystanders(comparison, result.counterexample?.[0] ?? [], signature);
    const steady = await repeats(comparison, steps, signature, 3);
    comparison.known.add(signature);
    findings.push({ ...difference, signature, steps, seed, steady });
    options.print(`\n${steady ? '' : '(not repeatable) '}${signature} (seed ${seed}, after ${compared} requests)`);
    for (const step of steps) options.print(`    ${options.describe(step)}`);
    options.print(`  reference: ${difference.reference}\n  real:      ${difference.real}`);
  }
  return findings;
}
