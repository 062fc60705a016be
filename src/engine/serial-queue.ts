/** Runs actions one after the other. An action starts even if the previous one failed. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @returns the action's result
   *
   * @throws the action's errors
   */
  run<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#last.then(action, action);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
