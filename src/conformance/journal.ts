import type { Exchange } from './api.js';
import { Blocked, Unmet } from './expect.js';

/** Number of consecutive failures after which a precondition is not retried: a single failure may be chance. */
const enough = 2;

/** The exchanges of the requirement that is being checked. */
export class Journal {
  #exchanges: Exchange[] = [];
  #of = '';
  /** Consecutive failures of each precondition, with the last failure. */
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
   * Runs an action that a check depends on. An action that failed twice in a row is not retried, however many checks
   * need it.
   *
   * @param by id of the requirement that judges the action
   * @param act the action
   * @throws Blocked with the exchanges of the action, if the daemon fails it
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
