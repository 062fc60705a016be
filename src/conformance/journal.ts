import type { Exchange } from './api.js';
import { Blocked, Unmet } from './expect.js';

/** How often in a row what checks need first fails until it is not tried again: a first time may be by chance. */
const enough = 2;

/** The exchanges of the requirement that is being checked. */
export class Journal {
  #exchanges: Exchange[] = [];
  #of = '';
  /** How often in a row each act has failed, and how it did the last time. */
  readonly #failed = new Map<string, { readonly times: number; readonly blocked: Blocked }>();

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
   * Do what a check needs first. What failed twice in a row is not tried again, however many checks need it.
   *
   * @param by id of the requirement that judges it
   * @param act what is needed
   * @throws Blocked with the exchanges of the act, when the daemon does not do it
   */
  async given<T>(by: string, act: () => Promise<T>): Promise<T> {
    const known = this.#failed.get(by);
    if (known && known.times >= enough && by !== this.#of) throw known.blocked;
    const from = this.#exchanges;
    const start = from.length;
    try {
      const made = await act();
      this.#failed.delete(by);
      return made;
    } catch (error) {
      if (!(error instanceof Unmet) || error instanceof Blocked) throw error;
      const blocked = new Blocked(by, error, from.slice(start));
      this.#failed.set(by, { times: (known?.times ?? 0) + 1, blocked });
      throw blocked;
    }
  }
}
