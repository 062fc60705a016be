/** Acts of which each begins when those before it are done, however they ended. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns what the act gives. @throws what the act throws */
  run<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#last.then(action, action);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
