import type { Exchange } from './api.js';
import { Blocked, Unmet } from './expect.js';

/** The exchanges of the requirement that is being checked. */
export class Journal {
  #exchanges: Exchange[] = [];
  #of = '';
  readonly #failed = new Map<string, Blocked>();

  add(exchange: Exchange): void {
    this.#exchanges.push(exchange);
  }

  /**
   * Forget what was before.
   *
   * @param id the requirement that is checked from now on
   */
  begin(id: string): void {
    this.#of = id;
    this.#exchanges = [];
  }

  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  /**
   * Do what a check needs first. What failed once in a run is not tried again, however many checks need it.
   *
   * @param by id of the requirement that judges it
   * @param act what is needed
   * @throws Blocked with the exchanges of the act, when the daemon does not do it
   */
  async given<T>(by: string, act: () => Promise<T>): Promise<T> {
    const known = this.#failed.get(by);
    if (known && by !== this.#of) throw known;
    const from = this.#exchanges;
    const start = from.length;
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Unmet) || error instanceof Blocked) throw error;
      const blocked = new Blocked(by, error, from.slice(start));
      this.#failed.set(by, blocked);
      throw blocked;
    }
  }
}
