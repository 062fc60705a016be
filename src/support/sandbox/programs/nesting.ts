/** Levels of statements or of brackets: whoever goes through them later needs some of the stack for each. */
const maxNesting = 500;

/** How deeply a text is nested at the place that is read. */
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
