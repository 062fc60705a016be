import type { Clock, Timer } from '../../../support/sandbox/clock.js';
import { maxRestartDelayMs } from '../../limits.js';
import type { RestartPolicy } from './restart-policy.js';

/** Milliseconds before the first restart. */
const first = 100;
/** Milliseconds after which a run resets the restart delay. */
const resetAfterMs = 10_000;

/** Decides whether a container that ended is started again, and when: each wait is twice the last one. */
export class RestartManager {
  #delay = 0;
  #count: number;
  #canceled = false;
  #due: { readonly timer: Timer; readonly giveUp: () => void } | undefined;

  /** @param count restarts that an earlier daemon made already */
  constructor(
    public policy: RestartPolicy,
    private readonly clock: Clock,
    count = 0,
  ) {
    this.#count = count;
  }

  /**
   * Decides about a restart at the end of a run.
   *
   * @param ran milliseconds
   * @param stopped whether a client stopped the container
   * @returns milliseconds until the restart; undefined if the container stays stopped
   */
  next(exitCode: number, ran: number, stopped: boolean): number | undefined {
    const { Name: name, MaximumRetryCount: most } = this.policy;
    if (name === '' || name === 'no' || this.#canceled) return undefined;
    if (ran >= resetAfterMs) this.#delay = 0;
    this.#delay = this.#delay === 0 ? first : Math.min(this.#delay * 2, maxRestartDelayMs);
    const shouldRestart =
      name === 'always' ||
      (name === 'unless-stopped' && !stopped) ||
      (name === 'on-failure' && exitCode !== 0 && (most === 0 || this.#count < most));
    if (!shouldRestart) return undefined;
    this.#count++;
    return this.#delay;
  }

  /**
   * Start again after a wait.
   *
   * @param delay milliseconds
   * @param giveUp called instead of `act` when the wait is canceled
   */
  schedule(delay: number, action: () => void, giveUp: () => void): void {
    const timer = this.clock.after(delay, () => {
      this.#due = undefined;
      action();
    });
    this.#due = { timer, giveUp };
  }

  /** Cancels a pending restart and all further ones. */
  cancel(): void {
    this.#canceled = true;
    const due = this.#due;
    this.#due = undefined;
    due?.timer.cancel();
    due?.giveUp();
  }

  /** Resets the delay, as a manual start does. */
  reset(): void {
    this.cancel();
    this.#canceled = false;
    this.#delay = 0;
    this.#count = 0;
  }
}
