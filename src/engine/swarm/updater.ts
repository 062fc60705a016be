import type { Clock } from '../../support/sandbox/clock.js';
import type { Service, UpdateStatus } from './service.js';
import { effectiveUpdate } from './service-complete.js';
import type { Task } from './task.js';
import type { TaskSpec } from './task-spec.js';

/** The operations that an updater performs on a service. */
export interface UpdaterHooks {
  readonly clock: Clock;
  /** Returns the current service. Undefined after its removal. */
  service(): Service | undefined;
  /** Its tasks in a slot that run or are to. */
  activeTasks(slot: number): readonly Task[];
  add(slot: number, desired: 'ready' | 'running'): Task;
  end(task: Task): void;
  notify(status: UpdateStatus): void;
  /** Go back to the specification of before. */
  rollBack(message: string): void;
}

/**
 * Replaces the tasks of a service that are out of date, some at a time, and watches over those that came for a while
 * (docs/reference/behavior/services.md#updates-of-services).
 */
export class Updater {
  #stopped = false;
  /** Start times of new tasks in milliseconds since 1970. */
  readonly #came = new Map<Task, number | undefined>();
  readonly #failed = new Set<Task>();
  readonly #watched = new Set<Task>();
  readonly #sleepers = new Set<() => void>();
  #total = 0;

  constructor(private readonly hooks: UpdaterHooks) {}

  /** Replace what is in some slots. */
  async run(slots: readonly number[]): Promise<void> {
    const service = this.hooks.service();
    if (service === undefined) return;
    const { update, spec } = service.data;
    this.#total = slots.length;
    const startedAt = update?.State === 'rollback_started' ? update.StartedAt : this.hooks.clock.now();
    const config = this.#config(service);
    if (update?.State !== 'rollback_started')
      this.hooks.notify({ State: 'updating', StartedAt: startedAt, Message: 'update in progress' });
    const queue = [...slots];
    const workers = config.Parallelism === 0 ? queue.length : Math.min(config.Parallelism, queue.length);
    const work = async (): Promise<void> => {
      for (let slot = queue.shift(); slot !== undefined && !this.#stopped; slot = queue.shift()) {
        await this.#replace(slot, spec.TaskTemplate, config.Order === 'start-first');
        if (queue.length > 0 && config.Delay) await this.#sleep(config.Delay / 1e6);
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    const last = Math.max(startedAt, ...[...this.#came.values()].map((time) => time ?? 0));
    await this.#sleep(last + config.Monitor / 1e6 - this.hooks.clock.now());
    if (!this.#stopped) this.#complete();
  }

  #config({ data: { spec, update } }: Service): ReturnType<typeof effectiveUpdate> {
    return effectiveUpdate(update?.State.startsWith('rollback') ? spec.RollbackConfig : spec.UpdateConfig);
  }

  #complete(): void {
    const update = this.hooks.service()?.data.update;
    if (update === undefined) return;
    this.cancel();
    this.hooks.notify(completed(update, this.hooks.clock.now()));
  }

  async #replace(slot: number, template: TaskSpec, startFirst: boolean): Promise<void> {
    const there = this.hooks.activeTasks(slot);
    if (there.length === 0) return;
    const old = there.filter(({ spec }) => spec !== template);
    const next = there.find(({ spec }) => spec === template) ?? this.hooks.add(slot, startFirst ? 'running' : 'ready');
    this.#came.set(next, undefined);
    if (!startFirst) {
      for (const task of old) this.hooks.end(task);
      for (const task of old) await this.#until(task, () => task.hasEnded);
      if (this.#stopped) return;
    }
    next.setDesired('running');
    await this.#until(next, () => next.state === 'running' || next.hasEnded);
    if (this.#stopped) return;
    this.#came.set(next, this.hooks.clock.now());
    if (next.state === 'running') for (const task of old) this.hooks.end(task);
  }

  /** A task of the service has ended that was not to. */
  taskEnded(task: Task): void {
    const service = this.hooks.service();
    if (this.#stopped || service === undefined || !this.#came.has(task)) return;
    const { FailureAction: action, Monitor: monitor, MaxFailureRatio: most } = this.#config(service);
    const since = this.#came.get(task);
    if (since !== undefined && this.hooks.clock.now() - since >= monitor / 1e6) return;
    this.#failed.add(task);
    if (action === 'continue' || this.#failed.size / this.#total <= most) return;
    this.cancel();
    const { update } = service.data;
    const back = update?.State === 'rollback_started';
    const reason = `due to failure or early termination of task ${task.id}`;
    if (action === 'rollback' && !back) {
      this.hooks.rollBack(`update rolled back ${reason}`);
      return;
    }
    const StartedAt = update?.StartedAt ?? this.hooks.clock.now();
    this.hooks.notify(
      back
        ? { State: 'rollback_paused', StartedAt, Message: `rollback paused ${reason}` }
        : { State: 'paused', StartedAt, Message: `update paused ${reason}` },
    );
  }

  /** Cancels the update without further changes. */
  cancel(): void {
    this.#stopped = true;
    for (const task of this.#watched) task.wake();
    for (const wake of [...this.#sleepers]) wake();
  }

  async #until(task: Task, isMet: () => boolean): Promise<void> {
    this.#watched.add(task);
    await task.until(() => this.#stopped || isMet());
    this.#watched.delete(task);
  }

  async #sleep(delay: number): Promise<void> {
    if (delay <= 0 || this.#stopped) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = this.hooks.clock.after(delay, wake);
      this.#sleepers.add(wake);
    });
  }
}

/**
 * Returns the status of a completed update.
 *
 * @param now milliseconds since 1970
 */
export function completed({ State: state, StartedAt }: UpdateStatus, now: number): UpdateStatus {
  const done = { StartedAt, CompletedAt: now };
  return state === 'updating'
    ? { State: 'completed', ...done, Message: 'update completed' }
    : { State: 'rollback_completed', ...done, Message: 'rollback completed' };
}
