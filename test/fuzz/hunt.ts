import { performance } from 'node:perf_hooks';
import type { Random } from '../helpers/random.js';
import type { Coverage } from './coverage.js';
import { mutate } from './mutate.js';
import { isExpected, type Target } from './target.js';

/** An input that a parser did not take as it should. */
export interface Finding {
  readonly input: Buffer;
  readonly what: string;
}

/** What came of a hunt. */
export interface Outcome {
  readonly runs: number;
  /** Inputs that reached what none before did, the first ones included. */
  readonly corpus: readonly Buffer[];
  readonly findings: readonly Finding[];
  /** Milliseconds of processor time that the slowest input took. */
  readonly slowest: number;
  /** Milliseconds of processor time that all of them took. */
  readonly spent: number;
}

/** Milliseconds of processor time from which on an input is a finding. */
export const tooSlow = 2000;

/** Inputs between two looks at the coverage. */
const batchSize = 128;
/** Longest input that the corpus takes. */
const longestKept = 4096;

/** Looks for inputs that a parser does not take as it should, by changing those that reached new code. */
export class Hunt {
  readonly #corpus: Buffer[] = [];
  readonly #findings = new Map<string, Finding>();
  readonly #words: readonly Buffer[];
  #runs = 0;
  #slowest = 0;
  #spent = 0;

  /**
   * @param target what is given inputs
   * @param coverage started
   * @param random where changes come from
   * @param before told each input before it is run, in case that it never ends
   */
  constructor(
    readonly target: Target,
    readonly coverage: Coverage,
    readonly random: Random,
    readonly before: (input: Buffer) => void = () => undefined,
  ) {
    this.#words = target.words.map((word) => Buffer.from(word, 'latin1'));
  }

  get outcome(): Outcome {
    return {
      runs: this.#runs,
      corpus: this.#corpus,
      findings: [...this.#findings.values()],
      slowest: this.#slowest,
      spent: this.#spent,
    };
  }

  /** Run inputs as they are; those that reach what is new are kept. */
  async begin(inputs: readonly Buffer[]): Promise<void> {
    for (const input of [...inputs].sort((a, b) => a.length - b.length)) await this.search([input]);
    if (this.#corpus.length === 0) this.#corpus.push(inputs[0] ?? Buffer.alloc(0));
  }

  /**
   * Change and run.
   *
   * @param end when to end, by `performance.now()`
   * @param enough end earlier with so many findings
   */
  async until(end: number, enough = Number.POSITIVE_INFINITY): Promise<void> {
    while (performance.now() < end && this.#findings.size < enough)
      await this.search(Array.from({ length: batchSize }, () => this.next()));
  }

  /** Run inputs together; where something was new, find out by halves which of them it was. */
  private async search(batch: readonly Buffer[]): Promise<void> {
    for (const input of batch) await this.try(input);
    const { coverage } = this;
    const sight = coverage.look();
    if (!coverage.isNew(sight)) return;
    const half = batch.length / 2;
    if (batch.length > 1) for (const part of [batch.slice(0, half), batch.slice(half)]) await this.search(part);
    else if ((batch[0] as Buffer).length <= longestKept) this.#corpus.push(batch[0] as Buffer);
    // What does not come again when it is looked for is not looked for again.
    coverage.note(sight);
  }

  private next(): Buffer {
    const { random } = this;
    return mutate(random.pick(this.#corpus), random, random.pick(this.#corpus), this.#words);
  }

  private async try(input: Buffer): Promise<void> {
    this.before(input);
    this.#runs++;
    const began = process.cpuUsage();
    try {
      await this.target.run(input);
    } catch (error) {
      if (!isExpected(this.target, error)) this.report(input, describe(error));
    }
    const { user, system } = process.cpuUsage(began);
    const ms = (user + system) / 1000;
    this.#spent += ms;
    this.#slowest = Math.max(this.#slowest, ms);
    if (ms > tooSlow) this.report(input, `takes ${Math.round(ms)} ms of processor time`, 'slow');
  }

  private report(input: Buffer, what: string, kind = what): void {
    const known = this.#findings.get(kind);
    if (known === undefined || input.length < known.input.length) this.#findings.set(kind, { input, what });
  }
}

/** The error with the place that threw it: two inputs that end there are one finding. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `throws ${String(error)}`;
  const [place = ''] = /\(?[^\s(]+:\d+:\d+\)?/.exec(error.stack ?? '') ?? [];
  const text = error.message.replace(/\d+/g, 'N').slice(0, 200);
  return `${error.name}: ${text} at ${place.replace(/^\(|\)$/g, '').replace(/^.*?(?=\/(?:src|test|node_modules)\/)/, '')}`;
}
