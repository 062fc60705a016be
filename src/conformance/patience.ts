/** What was waited for in full and never came, by the run that waited. */
const vain = new WeakMap<object, Set<string>>();

/** Part of the time that is given to what did not come once already. */
const share = 1 / 4;

/**
 * How long a run waits for what a daemon is to do. The first time is given in full, so that a slow daemon fails nothing. When that was
 * in vain, the next of the same kind wait a part of it: a daemon that lacks something would hold the run up at each of them.
 */
export class Patience {
  readonly #vain: Set<string>;
  readonly #kind: string;
  readonly #limit: number;

  /**
   * @param run what the run has one of, such as its connection
   * @param kind what is waited for, in words that others of its kind use, too
   * @param full milliseconds
   */
  constructor(run: object, kind: string, full: number) {
    this.#vain = vain.get(run) ?? new Set();
    vain.set(run, this.#vain);
    this.#kind = kind;
    this.#limit = performance.now() + (this.#vain.has(kind) ? full * share : full);
  }

  /** When it is over, by performance.now(). */
  get limit(): number {
    return this.#limit;
  }

  /** Whether it is over; then the next of the kind is given less. */
  get over(): boolean {
    if (performance.now() < this.#limit) return false;
    this.#vain.add(this.#kind);
    return true;
  }
}
