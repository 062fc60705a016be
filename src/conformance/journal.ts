import type { Exchange } from './api.js';
import { Blocked, Unmet } from './expect.js';

/** The exchanges of the requirement that is being checked. */
export class Journal {
  #exchanges: Exchange[] = [];

  add(exchange: Exchange): void {
    this.#exchanges.push(exchange);
  }

  /** Forget what was before. */
  begin(): void {
    this.#exchanges = [];
  }

  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  /**
   * Do what a check needs first.
   *
   * @param by id of the requirement that judges it
   * @param act what is needed
   * @throws Blocked with the exchanges of the act, when the daemon does not do it
   */
  async given<T>(by: string, act: () => Promise<T>): Promise<T> {
    const from = this.#exchanges;
    const start = from.length;
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Unmet) || error instanceof Blocked) throw error;
      throw new Blocked(by, error, from.slice(start));
    }
  }
}
