import type { Clock } from '../../../support/sandbox/clock.js';
import type { ExitStatus } from '../../../support/sandbox/types.js';
import type { HealthState } from './health.js';

/** The states of a container as the API names them. */
export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

/** The event to wait for: the end of the current run, of the next run, or the removal of the container. */
export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** The result of a wait. */
export interface WaitStatus {
  readonly exitCode: number;
  readonly error?: string;
}

/**
 * The state of a container (docs/reference/behavior/containers.md#container-states). As in dockerd, paused and
 * restarting containers count as running, and waiters are notified of each exit.
 */
export class ContainerState {
  running = false;
  paused = false;
  restarting = false;
  oomKilled = false;
  dead = false;
  removing = false;
  removed = false;
  pid = 0;
  exitCode = 0;
  error = '';
  /** Milliseconds since 1970; undefined before the first start. */
  startedAt: number | undefined;
  finishedAt: number | undefined;
  health: HealthState | undefined;
  readonly #stops = new Set<(status: WaitStatus) => void>();
  readonly #removals = new Set<(status: WaitStatus) => void>();

  get status(): ContainerStatus {
    if (this.running) return this.paused ? 'paused' : this.restarting ? 'restarting' : 'running';
    if (this.removing) return 'removing';
    if (this.dead) return 'dead';
    return this.startedAt === undefined ? 'created' : 'exited';
  }

  /** The process runs. */
  setRunning(pid: number, now: number): void {
    Object.assign(this, { running: true, paused: false, restarting: false, oomKilled: false });
    Object.assign(this, { pid, exitCode: 0, error: '', startedAt: now });
  }

  /** The process has ended, and another one follows with `restarting`. */
  setExited(status: ExitStatus, now: number, restarting: boolean): void {
    Object.assign(this, {
      running: restarting,
      paused: false,
      restarting,
      pid: 0,
      exitCode: status.code,
      finishedAt: now,
    });
    if (status.oomKilled) this.oomKilled = true;
    this.#notify(this.#stops);
  }

  /** Marks the container as removed. */
  setRemoved(): void {
    this.error = '';
    this.removed = true;
    this.#notify(this.#removals);
    this.#notify(this.#stops);
  }

  /** Whether a condition is already met. */
  meets(condition: WaitCondition): boolean {
    return condition === 'not-running' ? !this.running : condition === 'removed' && this.removed;
  }

  /**
   * Waits for a condition. Resolves immediately if it is already met.
   *
   * @param signal cancels the wait; the promise then never settles
   */
  wait(condition: WaitCondition, signal?: AbortSignal): Promise<WaitStatus> {
    if (this.meets(condition)) return Promise.resolve(this.#result());
    const waiters = condition === 'removed' ? this.#removals : this.#stops;
    return new Promise((resolve) => {
      waiters.add(resolve);
      signal?.addEventListener('abort', () => waiters.delete(resolve), { once: true });
    });
  }

  /**
   * Waits for the end of the current run.
   *
   * @param timeout milliseconds; negative waits forever
   * @returns whether it ended in time
   */
  async finished(clock: Clock, timeout: number): Promise<boolean> {
    const aborter = new AbortController();
    if (timeout < 0) return this.wait('not-running').then(() => true);
    return new Promise((resolve) => {
      const timer = clock.after(timeout, () => {
        aborter.abort();
        resolve(!this.running);
      });
      void this.wait('not-running', aborter.signal).then(() => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  #result(): WaitStatus {
    return { exitCode: this.exitCode, ...(this.error !== '' && { error: this.error }) };
  }

  #notify(waiters: Set<(status: WaitStatus) => void>): void {
    const result = this.#result();
    for (const waiter of [...waiters]) waiter(result);
    waiters.clear();
  }
}
