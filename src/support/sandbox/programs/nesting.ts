/** Levels of statements or of brackets: whoever goes through them later needs some of the stack for each. */
const deepest = 500;

/** How deeply a text is nested at the place that is read. */
export class Nesting {
  #depth = 0;

  /** @throws RangeError, which ends a program as a stack does that is full */
  within<T>(act: () => T): T {
    if (this.#depth === deepest) throw new RangeError('nested too deeply');
    this.#depth++;
    try {
      return act();
    } finally {
      this.#depth--;
    }
  }
}
