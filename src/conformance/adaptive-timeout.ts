/** What was waited for in full and never came, by the run that waited. */
const vain = new WeakMap<object, Set<string>>();

/** Part of the time that is given to what did not come once already. */
const share = 1 / 4;

/** Milliseconds to wait between two looks, and how many count of what passes between them: more tells that the machine was busy. */
const step = 250;
const counted = 1000;

/** Milliseconds between two looks that tell that this process was stopped, and the daemon perhaps, and how often the wait then begins anew. */
const stopped = 10_000;
const anew = 3;

/**
 * How long a run waits for what a daemon is to do. The first time is given in full, so that a slow daemon fails nothing. When that was
 * in vain, the next of the same kind wait a part of it: a daemon that lacks something would hold the run up at each of them.
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
   * @param run what the run has one of, such as its connection
   * @param kind what is waited for, in words that others of its kind use, too
   * @param full milliseconds
   * @param now milliseconds, now
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
