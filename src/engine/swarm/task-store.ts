import { yieldIfDue } from '../../support/foundation/scheduler.js';
import type { Clock, Timer } from '../../support/sandbox/clock.js';
import type { Container } from '../containers/container.js';
import type { EventBus } from '../events/bus.js';
import { maxConcurrentTaskStarts } from '../limits.js';
import type { Task } from './task.js';
import type { Updater } from './updater.js';

/** Marks a container as a task's. */
export const taskLabel = 'com.docker.swarm.task.id';

/** The runtime state of a service, which is not persisted. */
export interface ServiceRun {
  readonly tasks: Set<Task>;
  /** The same by their slots, the oldest first. */
  readonly slots: Map<number, Set<Task>>;
  /** Restart times by slot, in milliseconds since 1970. */
  readonly restarts: Map<number, number[]>;
  /** Tasks that wait until they may start. */
  readonly delayed: Map<Task, Timer>;
  updater: Updater | undefined;
}

/** The tasks of all services, and what goes on with them. */
export class TaskStore {
  readonly #byId = new Map<string, Task>();
  readonly #runs = new Map<string, ServiceRun>();
  readonly #queue: (() => void)[] = [];
  readonly #observers = new Set<(task: Task) => void>();
  #busy = 0;
  /** Serializes port changes by service. */
  readonly #ports = new Map<string, Promise<void>>();
  #due: Timer | undefined;
  #closed = false;

  /** @param events source of the containers' health events */
  constructor(events: EventBus) {
    events.observe(({ type, action, actor }) => {
      const id = actor.attributes[taskLabel];
      if (type === 'container' && action.startsWith('health_status') && id !== undefined) this.byId(id)?.wake();
    });
  }

  /** Whether nothing more happens by itself. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Number of tasks. */
  get count(): number {
    return this.#byId.size;
  }

  /** Ended tasks, the oldest first. */
  get endedTasks(): readonly Task[] {
    return [...this.#byId.values()].filter(({ hasEnded: over }) => over);
  }

  /** Tasks that wait for a node. */
  get waiting(): readonly Task[] {
    return [...this.#byId.values()].filter(({ isWaitingForNode: parked }) => parked);
  }

  /** All tasks by their ids, as managers list them. */
  list(): readonly Task[] {
    return [...this.#byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The same in no order. */
  all(): Iterable<Task> {
    return this.#byId.values();
  }

  byId(id: string): Task | undefined {
    return this.#byId.get(id);
  }

  /** Whether a container is of one of them. */
  has({ config }: Pick<Container, 'config'>): boolean {
    return this.#byId.has(config.Labels?.[taskLabel] ?? '');
  }

  /** Returns the runtime state of a service. */
  run(serviceId: string): ServiceRun {
    let run = this.#runs.get(serviceId);
    if (run === undefined) {
      run = { tasks: new Set(), slots: new Map(), restarts: new Map(), delayed: new Map(), updater: undefined };
      this.#runs.set(serviceId, run);
    }
    return run;
  }

  /** The tasks of a service, the oldest first. */
  of(serviceId: string): readonly Task[] {
    return [...(this.#runs.get(serviceId)?.tasks ?? [])];
  }

  add(task: Task): void {
    this.#byId.set(task.id, task);
    const { tasks, slots } = this.run(task.serviceId);
    tasks.add(task);
    const slot = slots.get(task.slot);
    if (slot === undefined) slots.set(task.slot, new Set([task]));
    else slot.add(task);
    for (const observer of this.#observers) observer(task);
  }

  /** Registers an observer of new tasks until the signal aborts. */
  observe(observer: (task: Task) => void, signal: AbortSignal): void {
    this.#observers.add(observer);
    signal.addEventListener('abort', () => this.#observers.delete(observer), { once: true });
  }

  remove(task: Task): void {
    this.#byId.delete(task.id);
    const run = this.#runs.get(task.serviceId);
    run?.tasks.delete(task);
    const slot = run?.slots.get(task.slot);
    slot?.delete(task);
    if (slot?.size === 0) run?.slots.delete(task.slot);
    run?.delayed.get(task)?.cancel();
    run?.delayed.delete(task);
  }

  /** Forget a service; its tasks go as they end. */
  deleteTask(serviceId: string): void {
    const run = this.#runs.get(serviceId);
    run?.updater?.cancel();
    for (const timer of run?.delayed.values() ?? []) timer.cancel();
    this.#runs.delete(serviceId);
  }

  /** Do something when few others are being prepared or started. */
  async serialize<T>(action: () => Promise<T>): Promise<T> {
    if (this.#busy >= maxConcurrentTaskStarts) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#busy++;
    try {
      await yieldIfDue();
      return await action();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#busy--;
      else next();
    }
  }

  /** Do something about the published ports of a service when what was begun before is done. */
  withPorts(serviceId: string, action: () => Promise<void>): void {
    const done = (this.#ports.get(serviceId) ?? Promise.resolve()).then(action);
    this.#ports.set(serviceId, done);
    void done.finally(() => {
      if (this.#ports.get(serviceId) === done) this.#ports.delete(serviceId);
    });
  }

  /** Schedules an action, unless one is already scheduled or no task waits. */
  once(clock: Clock, delay: number, action: () => void): void {
    if (this.#due !== undefined || this.waiting.length === 0) return;
    this.#due = clock.after(delay, () => {
      this.#due = undefined;
      action();
    });
  }

  /** Let nothing more happen by itself. */
  close(): void {
    this.#closed = true;
    this.#due?.cancel();
    for (const id of [...this.#runs.keys()]) this.deleteTask(id);
  }
}
