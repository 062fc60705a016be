import { performance } from 'node:perf_hooks';
import { enqueueTask } from '../../foundation/scheduler.js';
import { busyPauseMs, maxBusySlices, taskSliceMs } from '../limits.js';

/** Steps between two looks at the time. */
const stepsPerCheck = 64;

/** The time slices and processor time of a task. */
export class Pace {
  /** Milliseconds of processor time, but for the slice that goes on. */
  cpu = 0;
  #steps = 0;
  #sliceStart = 0;
  #slices = 0;

  /** Count a step. @returns whether it is time for a look */
  step(): boolean {
    return ++this.#steps % stepsPerCheck === 0;
  }

  /** Whether the current time slice is used up. */
  isSliceUsedUp(): boolean {
    const now = performance.now();
    if (this.#sliceStart === 0) this.#sliceStart = now;
    if (now - this.#sliceStart < taskSliceMs) return false;
    this.#slices++;
    return true;
  }

  /**
   * Wait for the next turn.
   *
   * @param block waits, which otherwise counts as a rest
   */
  async next(block: (start: (resume: () => void) => () => void) => Promise<void>): Promise<void> {
    const turns = this.#slices;
    await block((resume) => {
      if (turns <= maxBusySlices) return enqueueTask('program', resume);
      let cancel = (): void => clearTimeout(timer);
      const timer = setTimeout(() => {
        cancel = enqueueTask('program', resume);
      }, busyPauseMs);
      return () => cancel();
    });
    this.#slices = turns;
  }

  /** The task does not work for now. */
  pause(): void {
    if (this.#sliceStart !== 0) this.cpu += performance.now() - this.#sliceStart;
    this.#sliceStart = 0;
  }

  /** It was away. */
  resume(): void {
    this.#slices = 0;
  }
}
