import { SIG } from './signals.js';
import type { Task } from './task.js';

/** Bytes that the programs of all containers may hold. */
const most = 96 * 1024 * 1024;

/** Tasks of all containers from which on none makes another. Each costs about 12 KiB here. */
const mostTasks = 16 * 1024;

/** What a task holds: as its container sees it, and with what it costs here. */
interface Held {
  readonly bytes: number;
  readonly all: number;
}

const nothing: Held = { bytes: 0, all: 0 };

/**
 * What the programs of all containers hold together, which is memory of the server. Beyond its bound the one that holds most is
 * ended, as by the kernel's last resort.
 */
export class ProgramMemory {
  readonly #held = new Map<Task, Held>();
  #sum = 0;
  #tasks = 0;

  /**
   * @param limit bytes
   * @param limitOfTasks how many tasks there may be for one to be forked
   */
  constructor(
    private readonly limit = most,
    private readonly limitOfTasks = mostTasks,
  ) {}

  /** Whether a task may make another. */
  get roomForTask(): boolean {
    return this.#tasks < this.limitOfTasks;
  }

  /** A task has begun (1) or ended (-1). */
  count(by: 1 | -1): void {
    this.#tasks += by;
  }

  /** A task holds more or less than before. */
  add(task: Task, bytes: number, beside: number): void {
    const before = this.#held.get(task) ?? nothing;
    this.#held.set(task, { bytes: before.bytes + bytes, all: before.all + bytes + beside });
    this.#sum += bytes + beside;
    while (this.#sum > this.limit) {
      const [largest] = [...this.#held].reduce((a, b) => (b[1].all > a[1].all ? b : a));
      largest.end(SIG.KILL, true);
    }
  }

  /** A task holds nothing any more. @returns what it held as its container sees it */
  drop(task: Task): number {
    const { bytes, all } = this.#held.get(task) ?? nothing;
    this.#held.delete(task);
    this.#sum -= all;
    return bytes;
  }
}
