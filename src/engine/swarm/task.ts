import type { FileSystem } from '../../support/sandbox/fs/types.js';
import type { Container } from '../containers/container.js';
import type { PortConfig } from './service-spec.js';
import type { TaskSpec } from './task-spec.js';

/** States of tasks, each later than the one before (docs/reference/behavior/services.md#tasks-of-a-swarm). */
export const taskStates = [
  'new',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
] as const;

export type TaskState = (typeof taskStates)[number];

const rank = new Map(taskStates.map((state, at) => [state, at]));

const after = (state: TaskState, other: TaskState): boolean =>
  (rank.get(state) as number) > (rank.get(other) as number);

/** Whether a task in a state has ended. */
export const hasTaskEnded = (state: TaskState): boolean => after(state, 'running');

/** Whether a desired state means that the task should end. `complete` does not: it is the goal of a job's task. */
const isEndState = (desired: TaskState): boolean => after(desired, 'complete');

/** Messages of states. */
const messages: Partial<Record<TaskState, string>> = {
  new: 'created',
  pending: 'pending task scheduling',
  assigned: 'scheduler assigned task to node',
  accepted: 'accepted',
  preparing: 'preparing',
  ready: 'prepared',
  starting: 'starting',
  running: 'started',
  complete: 'finished',
  shutdown: 'shutdown',
};

/** Parts of a new task. */
export interface TaskParts {
  readonly id: string;
  readonly serviceId: string;
  /** Name of the service. */
  readonly serviceName: string;
  /** 0 where tasks have no number. */
  readonly slot: number;
  /** Its service's template of then: when the service has another, the task is out of date. */
  readonly spec: TaskSpec;
  /** Ports that its container publishes on the node itself. */
  readonly ports: readonly PortConfig[];
  readonly desired: TaskState;
  /** Iteration of a job; undefined for other tasks. */
  readonly iteration: number | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Gives the index of each change. */
  readonly next: () => number;
  readonly now: () => number;
}

/** One run of a service in one of its slots. */
export class Task {
  readonly id: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly slot: number;
  readonly spec: TaskSpec;
  readonly ports: readonly PortConfig[];
  readonly iteration: number | undefined;
  readonly createdAt: number;
  index: number;
  updatedAt: number;
  state: TaskState = 'new';
  /** Milliseconds since 1970. */
  stateAt: number;
  message = 'created';
  error = '';
  /** Set once the task was started. */
  exit: { pid: number; code: number } | undefined;
  nodeId = '';
  desired: TaskState;
  container: Container | undefined;
  /** Secrets and configurations that its container is shown. */
  files: FileSystem | undefined;
  /** Whether it waits until the node can take it. */
  isWaitingForNode = false;
  /** Ends what waits for its image. */
  readonly aborter = new AbortController();
  readonly #parts: Pick<TaskParts, 'next' | 'now'>;
  #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  constructor(parts: TaskParts) {
    this.id = parts.id;
    this.serviceId = parts.serviceId;
    this.serviceName = parts.serviceName;
    this.slot = parts.slot;
    this.spec = parts.spec;
    this.ports = parts.ports;
    this.iteration = parts.iteration;
    this.createdAt = parts.createdAt;
    this.desired = parts.desired;
    this.#parts = parts;
    this.index = parts.next();
    this.updatedAt = parts.createdAt;
    this.stateAt = parts.createdAt;
  }

  /** Whether it has ended. */
  get hasEnded(): boolean {
    return hasTaskEnded(this.state);
  }

  /** Whether it runs, or is to run once it can. */
  get isActive(): boolean {
    return !this.shouldEnd && !this.hasEnded;
  }

  /** Whether the task should end. */
  get shouldEnd(): boolean {
    return isEndState(this.desired);
  }

  /** Its name: the service's, its slot, or the node where it has none, and its id. */
  get name(): string {
    return `${this.serviceName}.${this.slotName}.${this.id}`;
  }

  /** Its slot as templates and names have it. */
  get slotName(): string {
    return this.slot === 0 ? this.nodeId : String(this.slot);
  }

  /** Come into a state. */
  enter(state: TaskState, error = '', exit = this.exit): void {
    this.state = state;
    this.message = messages[state] ?? this.message;
    this.error = error;
    this.exit = exit;
    this.stateAt = this.#parts.now();
    this.#changed();
  }

  /** Be meant to come into a state. */
  setDesired(desired: TaskState): void {
    if (this.desired === desired || (this.shouldEnd && desired !== 'remove')) return;
    this.desired = desired;
    if (isEndState(desired)) this.aborter.abort();
    this.#changed();
  }

  /** Wait until something is so of it, which only its changes decide. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isMet, resolve }));
  }

  /** Checks the conditions of all waiters. */
  wake(): void {
    const due = this.#waiting.filter(({ isMet: met }) => met());
    this.#waiting = this.#waiting.filter((one) => !due.includes(one));
    for (const { resolve } of due) resolve();
  }

  #changed(): void {
    this.index = this.#parts.next();
    this.updatedAt = this.#parts.now();
    this.wake();
  }
}
