import { maxProgramBytes, maxTasks } from '../limits.js';
import { SIG } from './signals.js';
import type { Task } from './task.js';

/** Memory of a task: as its container sees it, and its total cost here. */
interface TaskUsage {
  readonly bytes: number;
  readonly all: number;
}

const nothing: TaskUsage = { bytes: 0, all: 0 };

/**
 * Memory of the programs of all containers, which is the server's memory. Above the limit, the largest task is killed,
 * like the kernel's out-of-memory killer does.
 */
export class ProgramMemory {
  readonly #usage = new Map<Task, TaskUsage>();
  #sum = 0;
  #tasks = 0;

  /**
   * @param limit bytes
   *
   * @param limitOfTasks maximum number of tasks for a fork
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

  /**
   * Releases the memory of a task.
   *
   * @returns its bytes as its container saw them
   */
  drop(task: Task): number {
    const { bytes, all } = this.#usage.get(task) ?? nothing;
    this.#usage.delete(task);
    this.#sum -= all;
    return bytes;
  }
}
