import { readFile } from 'node:fs/promises';
import { type Daemon, startDaemon } from '../e2e/support/daemon.js';
import { buildkitImage } from '../e2e/support/images.js';
import { readTool } from '../helpers/options.js';
import { compareAnswers } from './compare.js';
import { Subject } from './daemons.js';
import { EngineComparison, EngineSubject } from './engine.js';
import { engineSequences } from './engine-requests.js';
import { type Comparison, type Exploration, explore, judge } from './explore.js';
import { type Archive, readArchives } from './pool.js';
import { type Step, sequences } from './requests.js';

const help = `usage: differential --host URL [OPTIONS]

Puts the same generated requests to the reference server (channel standard) and to a real daemon, compares the answers
and shrinks what differs. The daemon must be empty of what is compared: sequences begin by removing all.

  --kind KIND       images, or containers: these, networks and volumes, of a daemon that has none (images)
  --archive FILE    for containers: images to load into both
  --image NAME      for containers: their image, which has sleep (sim/busybox:1)
  --reference URL   a running daemon in place of a reference server of its own
  --images DIR      image archives (*.tar) to load; by default those that BuildKit built
  --requests N      how many requests to compare (5000); those that shrink a difference come on top
  --seed N          repeat a run; by default a new one, which is printed
  --length N        requests in a sequence (20)
  --texts           let differing error texts fail the run too; without it they are reported only

example: make differential HOST=unix:///run/docker.sock
`;

function describeStep(step: Step, archives: readonly Archive[]): string {
  const body = step.archive === undefined ? '' : ` < ${archives[step.archive]?.name}`;
  return `${step.method} ${step.path}${body}`;
}

/** Two daemons and their images. */
class ImageComparison implements Comparison {
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
    return judge(this.known, step, await compareAnswers(step, a, b, this.#dated));
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
    judge(this.known, events, await compareAnswers(events, a, b, this.#dated));
  }
}

async function main(): Promise<number> {
  const { values } = readTool({
    name: 'differential',
    help,
    options: {
      host: { type: 'string', required: true },
      kind: { type: 'string', default: 'images' },
      archive: { type: 'string' },
      image: { type: 'string', default: 'sim/busybox:1' },
      reference: { type: 'string' },
      images: { type: 'string', default: buildkitImage('') },
      requests: { type: 'number', whole: true, default: 5000 },
      seed: { type: 'number', whole: true, default: Date.now() % 1_000_000 },
      length: { type: 'number', whole: true, default: 20 },
      texts: { type: 'boolean' },
    },
    check: ({ kind }) =>
      ['images', 'containers'].includes(kind) ? undefined : `--kind: '${kind}' is not images or containers`,
  });
  const own: Daemon | undefined =
    values.reference === undefined ? await startDaemon(['--channel', 'standard']) : undefined;
  const hosts = [own?.host ?? values.reference ?? '', values.host] as const;
  try {
    return await (values.kind === 'containers' ? compareContainers : compareImages)(hosts, values);
  } catch (error) {
    if (!(error instanceof NotEmpty)) throw error;
    console.error(`differential: ${error.message}`);
    return 2;
  } finally {
    await own?.stop();
  }
}

interface Wanted {
  readonly images: string;
  readonly archive: string | undefined;
  readonly image: string;
  readonly requests: number;
  readonly seed: number;
  readonly length: number;
  readonly texts: boolean | undefined;
}

/** The daemon has what would be removed. */
class NotEmpty extends Error {}

async function compareImages([ours, theirs]: readonly [string, string], wanted: Wanted): Promise<number> {
  const archives = await readArchives(wanted.images);
  const [reference, real] = [new Subject(ours), new Subject(theirs)];
  try {
    const present = await real.images();
    if (present === undefined || present.length > 0)
      throw new NotEmpty(
        `the daemon has ${present?.length ?? 'broken'} images, which would be removed: use one that has none`,
      );
    console.log(`seed ${wanted.seed}, ${wanted.requests} requests, ${archives.length} archives`);
    const status = await tell(new ImageComparison(reference, real, archives), wanted, {
      sequences: sequences(archives, { maxLength: wanted.length }),
      describe: (step) => describeStep(step, archives),
    });
    await Promise.all([reference.clear(archives), real.clear(archives)]);
    return status;
  } finally {
    reference.close();
    real.close();
  }
}

async function compareContainers([ours, theirs]: readonly [string, string], wanted: Wanted): Promise<number> {
  const [reference, real] = [new EngineSubject(ours), new EngineSubject(theirs)];
  try {
    const things = (await real.things()).flat().length;
    if (things > 0)
      throw new NotEmpty(`the daemon has ${things} containers, networks and volumes, which would be removed`);
    const archive = wanted.archive === undefined ? undefined : await readFile(wanted.archive);
    for (const daemon of [reference, real])
      if (archive !== undefined) await daemon.send('POST', '/images/load', archive);
    console.log(`seed ${wanted.seed}, ${wanted.requests} requests`);
    const status = await tell(new EngineComparison(reference, real), wanted, {
      sequences: engineSequences(wanted.image, { maxLength: wanted.length }),
      describe: ({ method, path, body = '' }) => `${method} ${path} ${body}`.trimEnd(),
    });
    await Promise.all([reference.clear(), real.clear()]);
    return status;
  } finally {
    reference.close();
    real.close();
  }
}

/** Explore, and tell what was found. @returns the exit code */
async function tell(
  comparison: Comparison,
  { requests, seed, texts: strict }: Wanted,
  how: Pick<Exploration, 'sequences' | 'describe'>,
): Promise<number> {
  const print = (line: string): void => console.log(line);
  const findings = await explore(comparison, { ...how, requests, seed, print });
  const steady = findings.filter((finding) => finding.steady);
  const texts = steady.filter((finding) => finding.at === 'text').length;
  const others = steady.length - texts;
  console.log(
    `\nseed ${seed}: ${comparison.requests} requests compared, shrinking included. Kinds of difference: ${others}, ` +
      `in error texts alone: ${texts}, not repeatable: ${findings.length - steady.length}`,
  );
  return others > 0 || (strict && texts > 0) ? 1 : 0;
}

process.exitCode = await main();
