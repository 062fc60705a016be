import fc from 'fast-check';
import { type Daemon, startDaemon } from '../e2e/support/daemon.js';
import { buildkitImage } from '../e2e/support/images.js';
import { readTool } from '../support/options.js';
import { compareAnswers, type Difference } from './compare.js';
import { Subject } from './daemons.js';
import { type Archive, readArchives } from './pool.js';
import { type Step, sequences } from './requests.js';

const help = `usage: differential --host URL [OPTIONS]

Puts the same generated requests to the reference server (channel standard) and to a real daemon, compares the answers
and shrinks what differs. The daemon must have no images: sequences begin by removing all.

  --reference URL   a running daemon in place of a reference server of its own
  --images DIR      image archives (*.tar) to load; by default those that BuildKit built
  --requests N      how many requests to compare (5000); those that shrink a difference come on top
  --seed N          repeat a run; by default a new one, which is printed
  --length N        requests in a sequence (20)
  --texts           let differing error texts fail the run too; without it they are reported only

example: make differential HOST=unix:///run/docker.sock
`;

/** A difference, and the shortest sequence that was found to show it. */
interface Finding extends Difference {
  readonly signature: string;
  readonly steps: readonly Step[];
  readonly seed: number;
  /** Whether it came again each time its sequence was repeated; what did not is chance in one of the daemons. */
  readonly steady: boolean;
}

/** Thrown inside the property, so that fast-check shrinks the sequence. */
class Disagreement extends Error {
  constructor(
    readonly difference: Difference,
    readonly signature: string,
  ) {
    super(signature);
  }
}

function describeStep(step: Step, archives: readonly Archive[]): string {
  const body = step.archive === undefined ? '' : ` < ${archives[step.archive]?.name}`;
  return `${step.method} ${step.path}${body}`;
}

/** Two daemons and what is known of their differences. */
class Comparison {
  requests = 0;
  readonly known = new Set<string>();
  readonly #digests: ReadonlySet<string>;
  /** The digests of the archives, once an image of the running sequence has today's date. */
  #dated: ReadonlySet<string> | undefined;

  constructor(
    readonly reference: Subject,
    readonly real: Subject,
    readonly archives: readonly Archive[],
  ) {
    this.#digests = new Set(archives.flatMap(({ roots, inner }) => [...roots, ...inner]));
  }

  async #compare(step: Step): Promise<boolean> {
    this.requests += 1;
    const [a, b] = await Promise.all([this.reference.put(step, this.archives), this.real.put(step, this.archives)]);
    if (step.operation === 'import') this.#dated = this.#digests;
    return this.#judge(step, await compareAnswers(step, a, b, this.#dated));
  }

  /** Whether the sequence may go on; throws for a difference that is not known yet. */
  #judge(step: Step, difference: Difference | undefined): boolean {
    if (!difference) return true;
    const signature = `${step.operation}: ${difference.at}`;
    if (!this.known.has(signature)) throw new Disagreement(difference, signature);
    // After a write that went another way the two states have parted.
    return !step.writes || difference.at === 'text';
  }

  /** Runs one sequence from empty daemons. */
  async run(steps: readonly Step[]): Promise<void> {
    this.#dated = undefined;
    await Promise.all([this.reference.clear(this.archives), this.real.clear(this.archives)]);
    const both = [this.reference, this.real] as const;
    const [since, realSince] = await Promise.all(both.map((daemon) => daemon.now()));
    for (const step of steps) if (!(await this.#compare(step)) || step.last) return;
    const state: Step = { operation: 'list', method: 'GET', path: '/images/json?all=1&manifests=1&digests=1' };
    if (!(await this.#compare(state))) return;
    const [until, realUntil] = await Promise.all(both.map((daemon) => daemon.now()));
    const [a, b] = await Promise.all([
      this.reference.events(since ?? '', until ?? ''),
      this.real.events(realSince ?? '', realUntil ?? ''),
    ]);
    this.requests += 1;
    const events: Step = { operation: 'events', method: 'GET', path: '/events' };
    this.#judge(events, await compareAnswers(events, a, b, this.#dated));
  }
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

async function explore(
  comparison: Comparison,
  options: { requests: number; seed: number; length: number },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  let compared = 0;
  for (let round = 0; compared < options.requests; round++) {
    const seed = options.seed + round;
    let last: Disagreement | undefined;
    let shrinking = false;
    const property = fc.asyncProperty(sequences(comparison.archives, { maxLength: options.length }), async (steps) => {
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
    console.log(`\n${steady ? '' : '(not repeatable) '}${signature} (seed ${seed}, after ${compared} requests)`);
    for (const step of steps) console.log(`    ${describeStep(step, comparison.archives)}`);
    console.log(`  reference: ${difference.reference}\n  real:      ${difference.real}`);
  }
  return findings;
}

async function main(): Promise<number> {
  const { values } = readTool({
    name: 'differential',
    help,
    options: {
      host: { type: 'string', required: true },
      reference: { type: 'string' },
      images: { type: 'string', default: buildkitImage('') },
      requests: { type: 'number', whole: true, default: 5000 },
      seed: { type: 'number', whole: true, default: Date.now() % 1_000_000 },
      length: { type: 'number', whole: true, default: 20 },
      texts: { type: 'boolean' },
    },
  });
  const { requests, seed, length } = values;
  const archives = await readArchives(values.images);
  const own: Daemon | undefined =
    values.reference === undefined ? await startDaemon(['--channel', 'standard']) : undefined;
  const reference = new Subject(own?.host ?? values.reference ?? '');
  const real = new Subject(values.host);
  try {
    const present = await real.images();
    if (present === undefined || present.length > 0) {
      console.error(
        `differential: the daemon has ${present?.length ?? 'broken'} images, which would be removed: use one that has none`,
      );
      return 2;
    }
    console.log(`seed ${seed}, ${requests} requests, ${archives.length} archives`);
    const comparison = new Comparison(reference, real, archives);
    const findings = await explore(comparison, { requests, seed, length });
    await Promise.all([reference.clear(archives), real.clear(archives)]);
    const steady = findings.filter((finding) => finding.steady);
    const texts = steady.filter((finding) => finding.at === 'text').length;
    const others = steady.length - texts;
    console.log(
      `\nseed ${seed}: ${comparison.requests} requests compared, shrinking included. Kinds of difference: ${others}, ` +
        `in error texts alone: ${texts}, not repeatable: ${findings.length - steady.length}`,
    );
    return others > 0 || (values.texts && texts > 0) ? 1 : 0;
  } finally {
    reference.close();
    real.close();
    await own?.stop();
  }
}

process.exitCode = await main();
