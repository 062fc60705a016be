/** Numbers that come out the same for the same seed (xorshift32). */
export class Random {
  private state: number;

  /** @param seed any 32 bits; 0 counts as 1 */
  constructor(seed: number) {
    this.state = seed >>> 0 || 1;
  }

  /** An integer from 0 up to, and not including, a bound. */
  below(bound: number): number {
    let { state } = this;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state >>> 0;
    return this.state % bound;
  }

  /** One of several. */
  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }

  /** True once in so many times. */
  once(inSoMany: number): boolean {
    return this.below(inSoMany) === 0;
  }

  /** A further, independent source. */
  fork(): Random {
    return new Random(this.below(2 ** 31) + 1);
  }
}

/** A seed that nobody chose. */
export const anySeed = (): number => Math.trunc(Math.random() * 2 ** 31) + 1;
