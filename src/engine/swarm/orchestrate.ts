import { removeContainer } from '../containers/remove.js';
import type { Context } from '../context.js';
import { maxEndedTasks } from '../limits.js';
import { newSwarmId } from './ids.js';
import { openIngress } from './ingress.js';
import type { Swarm } from './membership.js';
import { desiredTasks, isJob, type Service, type ServiceData, serviceKind, type UpdateStatus } from './service.js';
import { effectivePolicy } from './service-complete.js';
import { takeAgain } from './service-endpoint.js';
import { Task, type TaskState } from './task.js';
import { discard, runTask, unmetRequirement } from './task-run.js';
import { completed, Updater } from './updater.js';

/** Milliseconds: how long tasks that wait for a place let others end, and the least between two tasks of a slot. */
const placementDelayMs = 100;
const minRestartDelayMs = 100;

function serviceOf({ swarm }: Context, id: string): Service | undefined {
  return swarm.current?.store(serviceKind).byId(id);
}

/**
 * Starts and ends tasks until a service matches its spec (docs/reference/behavior/services.md#tasks-of-a-swarm). Called
 * after a service was created or changed.
 */
export function reconcile(context: Context, id: string): void {
  const service = serviceOf(context, id);
  if (service === undefined) return;
  const run = context.tasks.run(id);
  run.updater?.cancel();
  run.updater = undefined;
  const { spec, update } = service.data;
  if (isJob(spec.Mode)) {
    continueJob(context, service);
    return;
  }
  const slots = activeSlots(context, id);
  scale(context, service, slots);
  const dirty = [...slots.keys()].filter((slot) => {
    const tasks = slots.get(slot) as Task[];
    const waits = tasks.every((task) => task.desired === 'ready' && !run.delayed.has(task));
    return waits || tasks.some((task) => task.spec !== spec.TaskTemplate);
  });
  if (dirty.length > 0) {
    run.restarts.clear();
    run.updater = updaterOf(context, id);
    // If the quota cannot hold the new status, the status stays unchanged.
    run.updater
      .run(dirty)
      .catch((error: unknown) => context.debug(`the update of ${id} was given up: ${String(error)}`));
  } else if (update?.State === 'updating' || update?.State === 'rollback_started')
    notify(context, id, completed(update, context.timers.now()));
}

/** The tasks of a service that run or are to, by their slots. */
function activeSlots(context: Context, id: string): Map<number, Task[]> {
  const slots = new Map<number, Task[]>();
  for (const task of context.tasks.of(id)) {
    if (!task.isActive) continue;
    const tasks = slots.get(task.slot);
    if (tasks === undefined) slots.set(task.slot, [task]);
    else tasks.push(task);
  }
  return slots;
}

/** Fill slots, or empty those that run least and have the highest numbers. */
function scale(context: Context, service: Service, slots: Map<number, Task[]>): void {
  const { Mode: mode } = service.data.spec;
  if (mode.Global) {
    if (slots.size === 0) addTask(context, service, 0, 'running');
    return;
  }
  const replicas = desiredTasks(mode);
  for (let slot = 1, missing = replicas - slots.size; missing > 0; slot++) {
    if (slots.has(slot)) continue;
    addTask(context, service, slot, 'running');
    missing--;
  }
  const runs = (slot: number): number => ((slots.get(slot) ?? []).some(({ state }) => state === 'running') ? 0 : 1);
  const order = [...slots.keys()].sort((a, b) => runs(a) - runs(b) || a - b);
  for (const slot of order.slice(replicas)) {
    for (const task of slots.get(slot) ?? []) endTask(context, task, 'remove');
    slots.delete(slot);
  }
}

function addTask(context: Context, service: Service, slot: number, desired: TaskState): Task {
  const swarm = context.swarm.manager();
  const { spec, iteration } = service.data;
  const task = new Task({
    id: newSwarmId(),
    serviceId: service.id,
    serviceName: spec.Name,
    slot,
    spec: spec.TaskTemplate,
    ports: (spec.EndpointSpec?.Ports ?? []).filter(({ PublishMode: mode }) => mode === 'host'),
    desired,
    iteration: isJob(spec.Mode) ? iteration : undefined,
    createdAt: context.timers.now(),
    next: () => swarm.nextIndex(),
    now: () => context.timers.now(),
  });
  context.tasks.add(task);
  deleteOldTasks(context, swarm, task);
  // A task of a global service is only there where it can run.
  if (spec.Mode.Global && unmetRequirement(context, task) !== '') context.tasks.remove(task);
  else start(context, task);
  return task;
}

function start(context: Context, task: Task): void {
  runTask(context, task, (ended) => taskEnded(context, ended)).catch((error: unknown) => {
    context.debug(`task ${task.id} was given up: ${String(error)}`);
    if (!task.hasEnded) task.enter('failed', String(error));
    taskEnded(context, task);
  });
}

/** Of each slot no more tasks are kept than the swarm's history holds, and of all slots no more than are good for the daemon. */
function deleteOldTasks(context: Context, swarm: Swarm, { serviceId, slot }: Task): void {
  const limit = swarm.cluster.data.spec.Orchestration.TaskHistoryRetentionLimit ?? 0;
  const tasks = [...(context.tasks.run(serviceId).slots.get(slot) ?? [])];
  const finished = tasks.filter((task) => task.hasEnded);
  for (const task of finished.slice(0, Math.max(0, tasks.length - Math.max(limit, 1)))) void discard(context, task);
  if (context.tasks.count <= maxEndedTasks) return;
  const { endedTasks: ended } = context.tasks;
  for (const task of ended.slice(0, Math.max(0, ended.length - maxEndedTasks))) void discard(context, task);
}

/** Ends a task. A task that waits for a node ends immediately. */
function endTask(context: Context, task: Task, desired: 'shutdown' | 'remove'): void {
  task.setDesired(desired);
  if (task.hasEnded) {
    if (desired === 'remove') void discard(context, task);
  } else if (task.isWaitingForNode) {
    task.isWaitingForNode = false;
    task.enter('shutdown');
    taskEnded(context, task);
  }
}

/** A task has ended: another one follows where its service wants one. */
function taskEnded(context: Context, task: Task): void {
  if (context.tasks.closed) return;
  const service = serviceOf(context, task.serviceId);
  if (service === undefined || task.desired === 'remove') {
    void discard(context, task);
  } else if (!task.shouldEnd) {
    context.tasks.run(service.id).updater?.taskEnded(task);
    follow(context, serviceOf(context, task.serviceId) ?? service, task);
  }
  placeSoon(context);
}

function follow(context: Context, service: Service, task: Task): void {
  const job = isJob(service.data.spec.Mode);
  if (!(job && task.state === 'complete')) {
    task.setDesired('shutdown');
    const replaced = activeSlots(context, service.id).has(task.slot);
    if (!replaced && mayRestart(context, service, task)) restart(context, service, task, job ? 'complete' : 'running');
  }
  if (job) continueJob(context, service);
}

function mayRestart(context: Context, { id, data }: Service, task: Task): boolean {
  const policy = effectivePolicy(data.spec.TaskTemplate.RestartPolicy);
  if (policy.Condition === 'none' || (policy.Condition === 'on-failure' && task.state === 'complete')) return false;
  if (task.iteration !== undefined && task.iteration !== data.iteration) return false;
  if (policy.MaxAttempts === 0) return true;
  const { restarts } = context.tasks.run(id);
  const since = policy.Window ? context.timers.now() - policy.Window / 1e6 : 0;
  return (restarts.get(task.slot) ?? []).filter((time) => time >= since).length < policy.MaxAttempts;
}

/**
 * Replaces an ended task in its slot: with a ready task, or, if the ended one was never ready, with a new task after
 * the delay.
 */
function restart(context: Context, service: Service, ended: Task, desired: TaskState): void {
  const { id } = service;
  const { slot } = ended;
  const { restarts, delayed } = context.tasks.run(id);
  const { Delay: delay, MaxAttempts: most } = effectivePolicy(service.data.spec.TaskTemplate.RestartPolicy);
  // No more is remembered than is ever counted.
  if (most > 0) restarts.set(slot, [...(restarts.get(slot) ?? []), context.timers.now()].slice(-Math.min(most, 100)));
  const rejected = ended.state === 'rejected';
  const task = rejected ? ended : addTask(context, service, slot, 'ready');
  const timer = context.timers.after(Math.max(minRestartDelayMs, delay / 1e6), () => {
    delayed.delete(task);
    if (rejected) fill(context, id, slot, desired);
    else task.setDesired(desired);
  });
  delayed.set(task, timer);
}

/** Creates a task in an empty slot if the service still needs it. */
function fill(context: Context, id: string, slot: number, desired: TaskState): void {
  const service = serviceOf(context, id);
  const slots = activeSlots(context, id);
  if (service === undefined || slots.has(slot) || slots.size >= desiredTasks(service.data.spec.Mode)) return;
  addTask(context, service, slot, desired);
}

/** Begin what of a job is neither done, nor running, nor given up. */
function continueJob(context: Context, service: Service): void {
  const { spec, iteration } = service.data;
  const tasks = context.tasks.of(service.id);
  for (const task of tasks) if (task.isActive && task.iteration !== iteration) endTask(context, task, 'remove');
  const present = tasks.filter((task) => task.iteration === iteration);
  const taken = new Set(present.map(({ slot }) => slot));
  const { MaxConcurrent: most = 1 } = spec.Mode.ReplicatedJob ?? {};
  let free = most - present.filter((task) => task.isActive).length;
  for (let slot = 0; slot < desiredTasks(spec.Mode) && free > 0; slot++) {
    if (taken.has(slot)) continue;
    addTask(context, service, slot, 'complete');
    free--;
  }
}

/** The node has changed: a drained one loses its tasks, others wait in their slots; an active one takes what it can. */
export function nodeChanged(context: Context): void {
  const swarm = context.swarm.manager();
  const { Availability: availability } = swarm.node.data.spec;
  for (const service of swarm.store(serviceKind).list()) {
    const { Mode: mode } = service.data.spec;
    const job = isJob(mode);
    for (const task of availability === 'drain' ? context.tasks.of(service.id) : []) {
      if (!task.isActive || task.nodeId === '') continue;
      endTask(context, task, 'shutdown');
      if (!mode.Global) addTask(context, service, task.slot, job ? 'complete' : 'running');
    }
    if (mode.Global && availability === 'active') scale(context, service, activeSlots(context, service.id));
  }
  placeWaiting(context);
}

/** Tasks that wait for a place look for one again. */
function placeWaiting(context: Context): void {
  for (const task of context.tasks.waiting) start(context, task);
}

/** Places waiting tasks after a short delay, because several tasks may end together. */
function placeSoon(context: Context): void {
  context.tasks.once(context.timers, placementDelayMs, () => placeWaiting(context));
}

/** The tasks of a service that is gone end, and go. */
export function cancelService(context: Context, id: string): void {
  const tasks = context.tasks.of(id);
  context.tasks.deleteTask(id);
  for (const task of tasks) endTask(context, task, 'remove');
}

/** All tasks end: the daemon has left the swarm. @param services of then */
export function cancelAll(context: Context, services: readonly Service[]): void {
  for (const service of services) {
    openIngress(context, service);
    cancelService(context, service.id);
  }
}

/**
 * Restarts all services after a restart of the daemon. Removes the containers of the previous tasks, which are unknown
 * now (docs/reference/behavior/services.md#tasks-of-a-swarm).
 */
export async function resumeServices(context: Context): Promise<void> {
  for (const container of context.containers.list())
    if (container.config.Labels?.['com.docker.swarm.task.name'] === container.plainName)
      await removeContainer(context, container, { force: true, volumes: true });
  for (const service of context.swarm.current?.store(serviceKind).list() ?? []) {
    takeAgain(context, service);
    openIngress(context, service);
    reconcile(context, service.id);
  }
}

function notify(context: Context, id: string, update: UpdateStatus): void {
  change(context, id, (data) => ({ ...data, update }));
}

/** Keep another version of a service, and say how its update goes. */
function change(context: Context, id: string, made: (data: ServiceData) => ServiceData): void {
  const service = serviceOf(context, id);
  if (service === undefined) return;
  const data = made(service.data);
  const [before, now] = [service.data.update?.State, data.update?.State];
  const attributes =
    before === now ? {} : { ...(now && { 'updatestate.new': now }), ...(before && { 'updatestate.old': before }) };
  context.swarm.manager().store(serviceKind).update(service, service.index, data, attributes);
}

function updaterOf(context: Context, id: string): Updater {
  return new Updater({
    clock: context.timers,
    service: () => serviceOf(context, id),
    activeTasks: (slot) => context.tasks.of(id).filter((task) => task.slot === slot && task.isActive),
    add: (slot, desired) => addTask(context, serviceOf(context, id) as Service, slot, desired),
    end: (task) => endTask(context, task, 'shutdown'),
    notify: (update) => notify(context, id, update),
    rollBack(message) {
      change(context, id, ({ previous, update, ...data }) => {
        const StartedAt = update?.StartedAt ?? context.timers.now();
        return {
          ...data,
          spec: previous ?? data.spec,
          update: { State: 'rollback_started', StartedAt, Message: message },
        };
      });
      reconcile(context, id);
    },
  });
}
