import { performance } from 'node:perf_hooks';
import { enqueueTask } from '../../foundation/scheduler.js';

/** Milliseconds that a task may run before others have their turn. */
const slice = 3;
/** Steps between two looks at the time. */
const stepsPerLook = 64;
/** After so many slices without waiting for anything, a task gets only every other one: it loops. */
const patience = 300;
const breather = 5;

/** How long a task works at a time, and how much it has worked. */
export class Pace {
  /** Milliseconds of processor time, but for the slice that goes on. */
  cpu = 0;
  #steps = 0;
  #sliceStart = 0;
  #slices = 0;

  /** Count a step. @returns whether it is time for a look */
  step(): boolean {
    return ++this.#steps % stepsPerLook === 0;
  }

  /** Whether the task has had its turn. */
  isOver(): boolean {
    const now = performance.now();
    if (this.#sliceStart === 0) this.#sliceStart = now;
    if (now - this.#sliceStart < slice) return false;
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
      if (turns <= patience) return enqueueTask('program', resume);
      let cancel = (): void => clearTimeout(timer);
      const timer = setTimeout(() => {
        cancel = enqueueTask('program', resume);
      }, breather);
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
  rested(): void {
    this.#slices = 0;
  }
}
