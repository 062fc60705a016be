import type { Random } from '../helpers/random.js';
import { systemError, type Weather } from './disk.js';

/** What every operation of a disk ends with once its power is lost. */
export class PowerLoss extends Error {}

/** A disk that works. */
export const calm: Weather = { step: async () => undefined };

/** Operations that a full or failing disk refuses. */
const fallible = new Set(['open wx', 'write', 'fsync', 'fsync of a folder', 'rename', 'mkdir']);

/** Delays, faults and at last a power loss, at steps that a seed chooses. */
export class Storm implements Weather {
  #steps = 0;
  readonly #faults = new Set<number>();
  /** How many operations were refused. */
  refused = 0;
  /** What was done after `end`. */
  readonly late: string[] = [];
  #ended = false;

  /**
   * @param lossAt at which step the power is lost
   * @param faults how many operations before that are to fail
   */
  constructor(
    readonly random: Random,
    readonly lossAt: number,
    faults: number,
  ) {
    for (let i = 0; i < faults; i++) this.#faults.add(random.below(lossAt));
  }

  get lost(): boolean {
    return this.#steps >= this.lossAt;
  }

  /** Whoever had the disk has let go of it; another has it next. */
  end(): void {
    this.#ended = true;
  }

  async step(operation: string): Promise<void> {
    if (this.#ended && !this.lost) {
      this.late.push(operation);
      throw new PowerLoss(`${operation} of who has no disk any more`);
    }
    this.#check();
    for (let ticks = this.random.below(4); ticks > 0; ticks--) await new Promise((resolve) => setImmediate(resolve));
    this.#check();
    if (!this.#faults.has(this.#steps++) || !fallible.has(operation)) return;
    this.refused++;
    throw systemError(this.random.pick(['ENOSPC', 'EIO']), operation);
  }

  #check(): void {
    if (this.lost) throw new PowerLoss('the power is lost');
  }
}
