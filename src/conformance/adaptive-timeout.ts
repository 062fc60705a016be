/** Kinds of waits that timed out, by run. */
const vain = new WeakMap<object, Set<string>>();

/** Part of the time that is given to what did not come once already. */
const share = 1 / 4;

/**
 * Milliseconds between two looks at the clock, and the most that one interval counts: a longer one means that the
 * machine was busy.
 */
const step = 250;
const counted = 1000;

/**
 * An interval of this many milliseconds means that this process, and perhaps the daemon, was stopped. The wait then
 * restarts, at most `restarts` times.
 */
const stopped = 10_000;
const anew = 3;

/**
 * Deadline for something that a daemon has to do. The first wait of a kind gets the full time, so that a slow daemon
 * fails nothing. Once it times out, later waits of that kind get a part of it: a daemon that lacks a function would
 * delay the run at each of them.
 */
export class AdaptiveTimeout {
  readonly #vain: Set<string>;
  readonly #kind: string;
  readonly #full: number;
  readonly #now: () => number;
  #left: number;
  #seen: number;
  #stops = 0;

  /**
   * @param run identifies the run, e.g. its connection
   * @param kind name that all waits of the kind share
   * @param full milliseconds
   * @param now clock, in milliseconds
   */
  constructor(run: object, kind: string, full: number, now: () => number = () => performance.now()) {
    this.#vain = vain.get(run) ?? new Set();
    vain.set(run, this.#vain);
    this.#kind = kind;
    this.#full = this.#vain.has(kind) ? full * share : full;
    this.#left = this.#full;
    this.#now = now;
    this.#seen = now();
  }

  /** Milliseconds to wait until the next look. */
  get step(): number {
    this.#look();
    return Math.min(this.#left, step);
  }

  /** Whether it is over; then the next of the kind is given less. */
  get over(): boolean {
    this.#look();
    if (this.#left > 0) return false;
    this.#vain.add(this.#kind);
    return true;
  }

  #look(): void {
    const passed = this.#now() - this.#seen;
    this.#seen += passed;
    if (passed > stopped && this.#stops < anew) {
      this.#stops += 1;
      this.#left = this.#full;
    } else this.#left = Math.max(0, this.#left - Math.min(passed, counted));
  }
}
