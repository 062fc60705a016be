import { SIG } from './signals.js';
import type { Task } from './task.js';

/** Bytes that the programs of all containers may hold. */
const maxProgramBytes = 96 * 1024 * 1024;

/** Tasks of all containers from which on none makes another. Each costs about 12 KiB here. */
const maxTasks = 16 * 1024;

/** What a task holds: as its container sees it, and with what it costs here. */
interface TaskUsage {
  readonly bytes: number;
  readonly all: number;
}

const nothing: TaskUsage = { bytes: 0, all: 0 };

/**
 * What the programs of all containers hold together, which is memory of the server. Beyond its bound the one that holds most is
 * ended, as by the kernel's last resort.
 */
export class ProgramMemory {
  readonly #usage = new Map<Task, TaskUsage>();
  #sum = 0;
  #tasks = 0;

  /**
   * @param limit bytes
   * @param limitOfTasks how many tasks there may be for one to be forked
   */
  constructor(
    private readonly limit = maxProgramBytes,
    private readonly limitOfTasks = maxTasks,
  ) {}

  /** Whether a task may make another. */
  get canFork(): boolean {
    return this.#tasks < this.limitOfTasks;
  }

  /** A task has begun (1) or ended (-1). */
  count(by: 1 | -1): void {
    this.#tasks += by;
  }

  /** A task holds more or less than before. */
  add(task: Task, bytes: number, overhead: number): void {
    const before = this.#usage.get(task) ?? nothing;
    this.#usage.set(task, { bytes: before.bytes + bytes, all: before.all + bytes + overhead });
    this.#sum += bytes + overhead;
    while (this.#sum > this.limit) {
      const [largest] = [...this.#usage].reduce((a, b) => (b[1].all > a[1].all ? b : a));
      largest.end(SIG.KILL, true);
    }
  }

  /** A task holds nothing any more. @returns what it held as its container sees it */
  drop(task: Task): number {
    const { bytes, all } = this.#usage.get(task) ?? nothing;
    this.#usage.delete(task);
    this.#sum -= all;
    return bytes;
  }
}
