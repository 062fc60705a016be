import { AttestdError } from '../../support/foundation/errors.js';
import type { LogEntry } from '../containers/logs/log.js';
import { type ContainerLogOptions, containerLogs, type LogAttribute, logAttributes } from '../containers/logs/logs.js';
import type { Context } from '../context.js';
import { resolveService } from './services.js';
import type { Task } from './task.js';
import { resolveTask } from './tasks.js';

/** The log of one task. */
export interface TaskLog {
  readonly entries: AsyncIterable<readonly LogEntry[]>;
  /** Attributes that identify the source of an entry. */
  readonly attributes: readonly LogAttribute[];
}

/** The logs of tasks. */
export interface TaskLogs {
  /** Whether the output has no stream headers. */
  readonly tty: boolean;
  /** The log of each task. Following a service adds the logs of new tasks. */
  readonly logs: AsyncIterable<TaskLog>;
}

/**
 * `GET /services/{id}/logs` (docs/reference/behavior/services.md#tasks-of-a-swarm).
 *
 * @param signal the client has gone
 * @throws UNAVAILABLE, NOT_FOUND, INVALID_ARGUMENT
 */
export function serviceLogs(
  context: Context,
  term: string,
  options: ContainerLogOptions,
  signal: AbortSignal,
): TaskLogs {
  const { id, data } = resolveService(context.swarm.manager(), term);
  const ended = new AbortController();
  const end = (): void => ended.abort();
  if (options.follow) signal.addEventListener('abort', end, { once: true });
  const queue = new TaskQueue(context.tasks.of(id), !options.follow);
  if (options.follow) {
    context.tasks.observe((task) => task.serviceId === id && queue.add(task), ended.signal);
    ended.signal.addEventListener('abort', () => queue.end(), { once: true });
  }
  return { tty: data.spec.TaskTemplate.ContainerSpec?.TTY ?? false, logs: logsOf(context, queue, options, signal) };
}

/** `GET /tasks/{id}/logs`; errors as for those of a service. */
export function taskLogs(context: Context, term: string, options: ContainerLogOptions, signal: AbortSignal): TaskLogs {
  context.swarm.manager();
  const task = resolveTask(context, term);
  const queue = new TaskQueue([task], true);
  return { tty: task.spec.ContainerSpec?.TTY ?? false, logs: logsOf(context, queue, options, signal) };
}

/** A queue of tasks whose logs should be read. */
class TaskQueue {
  readonly #tasks: Task[];
  #ended: boolean;
  #wake: () => void = () => undefined;

  constructor(tasks: readonly Task[], ended: boolean) {
    this.#tasks = [...tasks];
    this.#ended = ended;
  }

  add(task: Task): void {
    this.#tasks.push(task);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async next(): Promise<Task | undefined> {
    for (;;) {
      const task = this.#tasks.shift();
      if (task !== undefined || this.#ended) return task;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

async function* logsOf(
  context: Context,
  queue: TaskQueue,
  options: ContainerLogOptions,
  signal: AbortSignal,
): AsyncGenerator<TaskLog> {
  for (let task = await queue.next(); task !== undefined && !signal.aborted; task = await queue.next()) {
    // Output of a task without a container is awaited only when following.
    if (task.container === undefined && !options.follow) continue;
    yield { entries: entriesOf(context, task, options, signal), attributes: await attributesOf(task) };
  }
}

async function* entriesOf(
  context: Context,
  task: Task,
  options: ContainerLogOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly LogEntry[]> {
  const wake = (): void => task.wake();
  signal.addEventListener('abort', wake, { once: true });
  await task.until(() => signal.aborted || task.hasEnded || task.exit !== undefined || !options.follow);
  signal.removeEventListener('abort', wake);
  const { container } = task;
  if (container === undefined || context.containers.byId(container.id) === undefined || signal.aborted) return;
  try {
    yield* containerLogs(context, container.id, options, signal).entries;
  } catch (error) {
    // A container that is being removed, or has an unreadable log driver, has no entries.
    if (!(error instanceof AttestdError)) throw error;
    context.debug(`the log of task ${task.id} was not read: ${error.message}`);
  }
}

async function attributesOf({ container, nodeId, serviceId, id }: Task): Promise<LogAttribute[]> {
  const own = container === undefined ? [] : await logAttributes(container);
  const names = { node: nodeId, service: serviceId, task: id };
  const where = Object.entries(names).map(([kind, Value]) => ({ Key: `com.docker.swarm.${kind}.id`, Value }));
  return [...where, ...own].sort((a, b) => (a.Key < b.Key ? -1 : 1));
}
