import { maxNesting } from '../limits.js';

/** Tracks the nesting depth during parsing. */
export class Nesting {
  #depth = 0;

  /** @throws RangeError, which ends a program as a stack does that is full */
  within<T>(action: () => T): T {
    if (this.#depth === maxNesting) throw new RangeError('nested too deeply');
    this.#depth++;
    try {
      return action();
    } finally {
      this.#depth--;
    }
  }
}
