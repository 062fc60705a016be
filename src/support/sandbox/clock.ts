import { maxTimeoutMs } from './limits.js';

/**
 * Time, so that a test can be its master: everything of the runtime and of the containers that waits, waits on a clock.
 */

/** Something that happens later. */
export interface Timer {
  /** Let it not happen. Nothing when it has happened. */
  cancel(): void;
}

/** A clock. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * @param delay milliseconds; less than 0 is 0, and none is too long
   * @param action called once, never from within this call
   */
  after(delay: number, action: () => void): Timer;
}

/** The machine's own clock. Timers do not keep the program from ending. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(delay, action) {
    const end = Date.now() + delay;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = end - Date.now();
      timer = setTimeout(() => (left > maxTimeoutMs ? wait() : action()), Math.min(Math.max(left, 0), maxTimeoutMs));
      timer.unref();
    };
    wait();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** A clock that advances only on request. */
export class ManualClock implements Clock {
  #now: number;
  #count = 0;
  readonly #waiting = new Map<number, { readonly at: number; readonly action: () => void }>();

  /** @param start milliseconds since 1970 */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, action: () => void): Timer {
    const id = this.#count++;
    this.#waiting.set(id, { at: this.#now + Math.max(0, delay), action });
    return { cancel: () => void this.#waiting.delete(id) };
  }

  /** Number of pending timers. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Let time pass. What falls due happens in its order, at its time; what follows from it is done before time goes on.
   *
   * @param duration milliseconds
   */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await settle();
    for (;;) {
      const next = this.#next(end);
      if (next === undefined) break;
      const [id, { at, action }] = next;
      this.#waiting.delete(id);
      this.#now = Math.max(this.#now, at);
      action();
      await settle();
    }
    this.#now = end;
  }

  #next(end: number): [number, { readonly at: number; readonly action: () => void }] | undefined {
    let found: [number, { readonly at: number; readonly action: () => void }] | undefined;
    for (const entry of this.#waiting) {
      if (entry[1].at <= end && (found === undefined || entry[1].at < found[1].at)) found = entry;
    }
    return found;
  }
}

/** Turns of the event loop that work which waits for nothing is given to come to rest. */
const settleIterations = 8;

async function settle(): Promise<void> {
  for (let turn = 0; turn < settleIterations; turn++) await new Promise((resolve) => setImmediate(resolve));
}
