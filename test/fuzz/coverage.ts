import { Session } from 'node:inspector';

interface CoverageRange {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly CoverageRange[] }[];
}

type Interval = readonly [start: number, end: number];

/** The functions that ran, with what of each did not. */
export type Sight = ReadonlyMap<string, readonly Interval[]>;

/** The code that counts: the project's, and the libraries that parse what comes from outside. */
export const parsers = /\/(?:src|node_modules\/(?:fzstd|yaml|re2js|unbash))\//;

/**
 * Which parts of the code have run, by V8's own counters: no instrumentation, and no add-on that has to fit the system.
 * (Jazzer.js 4 needs glibc 2.38; before, it downloaded its add-on when it was installed.)
 */
export class Coverage {
  private readonly session = new Session();
  /** What has not run yet of the functions that have. */
  private readonly missing = new Map<string, readonly Interval[]>();

  /** @param counted matches the URLs of the scripts that count */
  constructor(private readonly counted: RegExp) {}

  start(): void {
    this.session.connect();
    this.post('Profiler.enable');
    this.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many functions have run, and how many parts of them have not. */
  get reached(): { functions: number; missing: number } {
    let missing = 0;
    for (const intervals of this.missing.values()) missing += intervals.length;
    return { functions: this.missing.size, missing };
  }

  /** What ran since the last look. */
  look(): Sight {
    const { result } = this.post('Profiler.takePreciseCoverage') as { result: readonly ScriptCoverage[] };
    const sight = new Map<string, readonly Interval[]>();
    for (const { url, functions } of result)
      if (this.counted.test(url))
        for (const { ranges } of functions) {
          const [whole, ...inner] = ranges;
          if (whole !== undefined && whole.count > 0) sight.set(`${url} ${whole.startOffset}`, notRun(inner));
        }
    return sight;
  }

  /** Whether something is in sight that was not before. */
  isNew(sight: Sight): boolean {
    for (const [key, left] of sight) {
      const before = this.missing.get(key);
      if (before === undefined || length(common(before, left)) < length(before)) return true;
    }
    return false;
  }

  /** Take what is in sight for known from now on. */
  note(sight: Sight): void {
    for (const [key, left] of sight) {
      const before = this.missing.get(key);
      this.missing.set(key, before === undefined ? left : common(before, left));
    }
  }

  private post(method: string, parameters: object = {}): unknown {
    let answer: unknown;
    // The session is with this very thread, so that the answer is there before the call returns.
    this.session.post(method, parameters, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}

const notRun = (ranges: readonly CoverageRange[]): Interval[] =>
  ranges.filter(({ count }) => count === 0).map(({ startOffset, endOffset }) => [startOffset, endOffset]);

const length = (intervals: readonly Interval[]): number => intervals.reduce((sum, [from, to]) => sum + to - from, 0);

function common(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const found: Interval[] = [];
  for (const [from, to] of a)
    for (const [start, end] of b) if (start < to && from < end) found.push([Math.max(from, start), Math.min(to, end)]);
  return found;
}
