import type { Container } from '../containers/container.js';
import { createContainer } from '../containers/create/create.js';
import { removeContainer } from '../containers/remove.js';
import { startContainer } from '../containers/run/start.js';
import { kill, stop } from '../containers/run/stop.js';
import type { Context } from '../context.js';
import { resolveImage } from '../images/names.js';
import { pullImage } from '../registry/pull.js';
import { isMisplaced } from './placement.js';
import { type Service, serviceKind } from './service.js';
import type { Task } from './task.js';
import { containerOf, stopTimeout } from './task-container.js';
import { mountFiles } from './task-files.js';

/**
 * Run a task from its placement to its end, as a node's agent does (docs/reference/behavior/services.md#tasks-of-a-swarm). What fails ends the task,
 * and nothing else.
 *
 * @param ended called once when it has ended
 */
export async function runTask(context: Context, task: Task, ended: (task: Task) => void): Promise<void> {
  task.isWaitingForNode = false;
  if (task.state === 'new') task.enter('pending');
  const { current: swarm } = context.swarm;
  const reason = swarm === undefined ? 'no node' : unmetRequirement(context, task);
  if (swarm === undefined || reason !== '') {
    task.isWaitingForNode = true;
    const error = `no suitable node (${reason})`;
    if (task.error !== error) task.enter('pending', error);
    return;
  }
  task.nodeId = swarm.node.id;
  for (const state of ['assigned', 'accepted', 'preparing'] as const) task.enter(state);
  const service = swarm.store(serviceKind).byId(task.serviceId);
  try {
    await context.tasks.serialize(() => prepare(context, task, service));
  } catch (error) {
    if (task.shouldEnd) task.enter('shutdown');
    else task.enter('rejected', messageOf(error), { pid: 0, code: 0 });
    return ended(task);
  }
  if (!task.shouldEnd) task.enter('ready');
  await task.until(() => task.shouldEnd || task.desired !== 'ready');
  const { container } = task;
  if (task.shouldEnd || container === undefined) task.enter('shutdown');
  else await live(context, task, container);
  ended(task);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Returns the reason that the node cannot take a task; empty if it can. Reads other tasks only if the result depends on
 * them.
 */
export function unmetRequirement(context: Context, task: Task): string {
  const { MaxReplicas: most = 0 } = task.spec.Placement ?? {};
  const { NanoCPUs: cpus, MemoryBytes: memory } = task.spec.Resources?.Reservations ?? {};
  const others = [...(most || cpus || memory ? context.tasks.all() : [])].filter(
    (other) => other !== task && other.nodeId !== '' && !other.hasEnded,
  );
  if (
    most > 0 &&
    others.filter(({ serviceId, shouldEnd: ending }) => serviceId === task.serviceId && !ending).length >= most
  )
    return 'max replicas per node limit exceed';
  const sum = (key: 'NanoCPUs' | 'MemoryBytes'): number =>
    others.reduce((total, { spec }) => total + (spec.Resources?.Reservations?.[key] ?? 0), 0);
  const { node } = context.swarm.manager();
  return isMisplaced(context, node, task.spec, { cpus: sum('NanoCPUs'), memory: sum('MemoryBytes') });
}

/** Have the image and make the container. @throws what making it throws */
async function prepare(context: Context, task: Task, service: Service | undefined): Promise<void> {
  if (task.shouldEnd || service === undefined) return;
  await fetchImage(context, task);
  if (task.shouldEnd) return;
  const parts = containerOf(context, service, task);
  const { container } = await createContainer(context, parts, { name: task.name, platform: undefined });
  task.container = container;
  const { current: swarm } = context.swarm;
  if (swarm !== undefined) task.files = mountFiles(context, swarm, container, task.spec.ContainerSpec ?? {});
}

/** An image that is not there is pulled; what comes of it shows when the container is made. */
async function fetchImage(context: Context, { spec, aborter }: Task): Promise<void> {
  const image = spec.ContainerSpec?.Image ?? '';
  try {
    resolveImage(context.store, image);
    return;
  } catch {
    context.debug(`image ${image} of a service is pulled`);
  }
  try {
    for await (const _ of await pullImage(context, { fromImage: image, signal: aborter.signal }));
  } catch (error) {
    context.debug(`image ${image} of a service was not pulled: ${messageOf(error)}`);
  }
}

/** Start a task's container, and be there until it has ended. */
async function live(context: Context, task: Task, container: Container): Promise<void> {
  task.enter('starting', '', { pid: 0, code: 0 });
  const { state } = container;
  try {
    await context.tasks.serialize(async () => {
      if (!task.shouldEnd) await startContainer(context, container.id);
    });
  } catch (error) {
    task.enter('failed', `starting container failed: ${messageOf(error)}`, { pid: 0, code: state.exitCode });
    return;
  }
  if (state.startedAt === undefined) return task.enter('shutdown');
  const { pid } = state;
  let hasExited = false;
  const exited = state.wait('not-running').then(() => {
    hasExited = true;
    task.wake();
  });
  const isSound = (): boolean => state.health === undefined || state.health.status === 'healthy';
  const isSick = (): boolean => state.health?.status === 'unhealthy';
  await task.until(() => hasExited || task.shouldEnd || isSound() || isSick());
  if (!task.shouldEnd && !isSick()) {
    task.enter('running', '', { pid, code: 0 });
    await task.until(() => hasExited || task.shouldEnd || isSick());
  }
  const sick = !hasExited && !task.shouldEnd;
  if (!hasExited) await end(context, task, container);
  await exited;
  const exit = { pid: 0, code: state.exitCode };
  if (task.shouldEnd && !sick) task.enter('shutdown', '', exit);
  else if (exit.code === 0) task.enter('complete', '', exit);
  else
    task.enter('failed', `task: non-zero exit (${exit.code})${sick ? ': dockerexec: unhealthy container' : ''}`, exit);
}

async function end(context: Context, task: Task, container: Container): Promise<void> {
  try {
    await stop(context, container, { timeout: stopTimeout(task) });
  } catch (error) {
    context.debug(`the container of task ${task.id} was not stopped: ${messageOf(error)}`);
    await kill(context, container).catch(() => undefined);
  }
}

/** Forget a task that has ended, with its container. */
export async function discard(context: Context, task: Task): Promise<void> {
  context.tasks.remove(task);
  if (task.container === undefined) return;
  try {
    const { container } = task;
    await context.tasks.serialize(() => removeContainer(context, container, { force: true, volumes: true }));
  } catch (error) {
    context.debug(`the container of task ${task.id} was not removed: ${messageOf(error)}`);
  }
  task.files?.dispose();
}
