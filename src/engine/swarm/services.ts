import { AttestdError } from '../../support/foundation/errors.js';
import { encodeJson, slice } from '../../support/go/json.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, matchesExactly, valuesOf } from '../filters.js';
import { maxTaskSpecBytes, maxTasks } from '../limits.js';
import type { Network } from '../networks/network.js';
import type { AnswerOf } from '../wire.js';
import { openIngress } from './ingress.js';
import { invalid } from './invalid.js';
import type { Swarm } from './membership.js';
import type { ObjectStore } from './objects.js';
import { cancelService, reconcile } from './orchestrate.js';
import {
  desiredTasks,
  isJob,
  modeName,
  type Service,
  type ServiceData,
  type ServiceStatus,
  serviceKind,
  serviceObject,
} from './service.js';
import { checkServiceSpec } from './service-check.js';
import { completeSpec, withDefaults } from './service-complete.js';
import { assignEndpoint, releaseEndpoint } from './service-endpoint.js';
import { portConfigType, type ServiceSpec } from './service-spec.js';
import { checkFiles } from './task-files.js';
import { type TaskSpec, taskSpecType } from './task-spec.js';

/**
 * Resolves an id, a name or an id prefix.
 *
 * @throws NOT_FOUND; INVALID_ARGUMENT for an ambiguous prefix
 */
export function resolveService(swarm: Swarm, term: string): Service {
  const store = swarm.store(serviceKind);
  const found = store.list().find((service) => service.data.spec.Name === term) ?? store.resolve(term);
  // The case of a name matters, although no other may have it in another one.
  if (found.data.spec.Name === term || found.id.startsWith(term)) return found;
  throw new AttestdError('NOT_FOUND', `service ${term} not found`);
}

/**
 * `GET /services` (docs/reference/behavior/services.md#services-of-a-swarm).
 *
 * @param status whether tasks are counted
 * @throws UNAVAILABLE without a swarm; INVALID_ARGUMENT for another filter
 */
export function listServices(context: Context, filters: Filters, status: boolean): AnswerOf<'ServiceList'> {
  checkKeys(filters, ['id', 'label', 'mode', 'name', 'runtime']);
  const store = context.swarm.manager().store(serviceKind);
  const runtimes = valuesOf(filters, 'runtime');
  const accepts = ({ data: { spec } }: Service): boolean =>
    matchesExactly(filters, 'mode', modeName(spec.Mode)) && (runtimes.length === 0 || runtimes.includes('container'));
  const found = store.select(filters, ['id', 'label', 'mode', 'name', 'runtime'], accepts);
  return found.map((service) =>
    serviceObject(service, service.data.spec, status ? statusOf(context, service) : undefined),
  ) as unknown as AnswerOf<'ServiceList'>;
}

function statusOf(context: Context, { id, data: { spec, iteration } }: Service): ServiceStatus {
  const tasks = context.tasks.of(id);
  const { Mode: mode } = spec;
  const running = tasks.filter(({ state }) => state === 'running').length;
  const done = tasks.filter((task) => task.state === 'complete' && task.iteration === iteration).length;
  const desired = mode.ReplicatedJob?.MaxConcurrent ?? desiredTasks(mode);
  return {
    RunningTasks: running,
    DesiredTasks: mode.Global || mode.GlobalJob ? tasks.filter((task) => task.isActive).length : desired,
    CompletedTasks: isJob(mode) ? done : 0,
  };
}

/**
 * `GET /services/{id}`.
 *
 * @param defaults whether what was not said is filled in
 * @throws UNAVAILABLE, NOT_FOUND, INVALID_ARGUMENT
 */
export function inspectService(context: Context, term: string, defaults: boolean): AnswerOf<'ServiceInspect'> {
  const service = resolveService(context.swarm.manager(), term);
  const { spec } = service.data;
  return serviceObject(service, defaults ? withDefaults(spec) : spec) as unknown as AnswerOf<'ServiceInspect'>;
}

/**
 * `POST /services/create`.
 *
 * @throws UNAVAILABLE; INVALID_ARGUMENT for a specification that cannot be, also for more tasks than this daemon runs; NOT_FOUND and
 *   FORBIDDEN for networks; ALREADY_EXISTS for a name that is taken; INTERNAL for constraints
 */
export function createService(context: Context, newSpec: ServiceSpec): AnswerOf<'ServiceCreate'> {
  const swarm = context.swarm.manager();
  const store = swarm.store(serviceKind);
  const spec = completed(context, swarm, newSpec, undefined);
  if (store.byName(spec.Name) !== undefined) {
    const reason = `name conflicts with an existing object: service ${spec.Name} already exists`;
    throw new AttestdError('ALREADY_EXISTS', `rpc error: code = AlreadyExists desc = ${reason}`);
  }
  const now = context.timers.now();
  const service = store.create({ spec, iteration: 0, lastExecution: isJob(spec.Mode) ? now : 0 });
  storeEndpoint(context, store, service);
  reconcile(context, service.id);
  return { ID: service.id, Warnings: null };
}

/** Options of a service update. */
export interface ServiceUpdate {
  /** The index of the version that the change is meant for. */
  readonly version: number;
  /** `previous` for the specification of before; empty for the one that is given. */
  readonly rollback: string;
  /** `spec`, `previous-spec` or empty. */
  readonly registryAuthFrom: string;
}

/**
 * `POST /services/{id}/update` (docs/reference/behavior/services.md#updates-of-services).
 *
 * @throws as for creating; NOT_FOUND; INTERNAL for another version; NOT_IMPLEMENTED for another name or mode
 */
export function updateService(
  context: Context,
  term: string,
  newSpec: ServiceSpec,
  { version, rollback, registryAuthFrom }: ServiceUpdate,
): AnswerOf<'ServiceUpdate'> {
  if (!['', 'spec', 'previous-spec'].includes(registryAuthFrom))
    throw new AttestdError('INVALID_ARGUMENT', `invalid registryAuthFrom '${registryAuthFrom}'`);
  const swarm = context.swarm.manager();
  const store = swarm.store(serviceKind);
  const given = completeSpec(newSpec);
  const service = resolveService(swarm, term);
  const { data } = service;
  if (registryAuthFrom === 'previous-spec' && data.previous === undefined)
    throw new AttestdError('INTERNAL', 'service does not have a previous spec');
  if (!['', 'none', 'previous'].includes(rollback))
    throw new AttestdError('INTERNAL', `unrecognized rollback option ${rollback}`);
  const back = rollback === 'previous';
  const spec = completed(context, swarm, newSpec, service);
  if (version !== service.index)
    throw new AttestdError('INTERNAL', 'rpc error: code = Unknown desc = update out of sequence');
  const unable = (reason: string): AttestdError =>
    new AttestdError('NOT_IMPLEMENTED', `rpc error: code = Unimplemented desc = ${reason}`);
  if (newSpec.Name === '' || given.Name !== data.spec.Name) throw unable('renaming services is not supported');
  if (modeName(spec.Mode) !== modeName(data.spec.Mode)) throw unable('service mode change is not allowed');
  if (back && data.previous === undefined) {
    const reason = `service ${service.id} does not have a previous spec`;
    throw new AttestdError('INVALID_ARGUMENT', `rpc error: code = FailedPrecondition desc = ${reason}`);
  }
  const target = back ? (data.previous as ServiceSpec) : spec;
  const next = { ...target, TaskTemplate: templateOf(target, data) };
  const now = context.timers.now();
  const { update: _, ...rest } = data;
  const rerun = isJob(next.Mode) && next.TaskTemplate.ForceUpdate !== data.spec.TaskTemplate.ForceUpdate;
  const changed: ServiceData = {
    ...rest,
    spec: next,
    previous: data.spec,
    ...(back && {
      update: { State: 'rollback_started', StartedAt: now, Message: 'manually requested rollback' } as const,
    }),
    ...(rerun && { iteration: data.iteration + 1, lastExecution: now }),
  };
  const stored = store.update(service, version, changed, differences(data.spec, next));
  storeEndpoint(context, store, stored);
  reconcile(context, service.id);
  return { Warnings: null } as unknown as AnswerOf<'ServiceUpdate'>;
}

/** Give a service its ports and addresses. */
function storeEndpoint(context: Context, store: ObjectStore<ServiceData>, service: Service): void {
  const endpoint = assignEndpoint(context, store, service);
  if (endpoint === undefined) return;
  const updated = store.update(service, service.index, { ...service.data, ...endpoint });
  const text = (ports: ServiceData['ports']): string => encodeJson(ports ?? [], slice(portConfigType));
  if (text(service.data.ports) !== text(endpoint.ports)) openIngress(context, updated);
}

/** Returns the event attributes of a change. */
function differences(before: ServiceSpec, now: ServiceSpec): Record<string, string> {
  const image = ({ TaskTemplate: { ContainerSpec: container } }: ServiceSpec): string => container?.Image ?? '';
  const replicas = ({ Mode: { Replicated: replicated } }: ServiceSpec): string => String(replicated?.Replicas ?? '');
  return {
    ...(image(before) !== image(now) && { 'image.new': image(now), 'image.old': image(before) }),
    ...(replicas(before) !== replicas(now) && { 'replicas.new': replicas(now), 'replicas.old': replicas(before) }),
  };
}

/** Returns the current template if the new one is equal, so that existing tasks stay up to date. */
function templateOf(next: ServiceSpec, { spec, previous }: ServiceData): TaskSpec {
  const text = ({ TaskTemplate: template, EndpointSpec: endpoint }: ServiceSpec): string =>
    encodeJson(template, taskSpecType) + encodeJson(endpoint?.Ports, slice(portConfigType));
  const nextTemplate = text(next);
  const same = [spec, ...(previous ? [previous] : [])].find((known) => text(known) === nextTemplate);
  return same?.TaskTemplate ?? { ...next.TaskTemplate };
}

/** `DELETE /services/{id}`: its tasks end, and go. @throws UNAVAILABLE, NOT_FOUND, INVALID_ARGUMENT */
export function removeService(context: Context, term: string): void {
  const swarm = context.swarm.manager();
  const service = resolveService(swarm, term);
  swarm.store(serviceKind).remove(service);
  releaseEndpoint(context, service);
  openIngress(context, service);
  cancelService(context, service.id);
}

/**
 * Returns a spec in its stored form, with network ids.
 *
 * @param now the current service, for an update
 */
function completed(context: Context, swarm: Swarm, newSpec: ServiceSpec, now: Service | undefined): ServiceSpec {
  const complete = completeSpec(now === undefined ? newSpec : { ...newSpec, Name: newSpec.Name || now.data.spec.Name });
  const networks = complete.TaskTemplate.Networks?.map((target) => ({
    ...target,
    Target: networkOf(context, target.Target ?? '').id,
  }));
  const spec = { ...complete, TaskTemplate: { ...complete.TaskTemplate, ...(networks && { Networks: networks }) } };
  checkServiceSpec(spec);
  checkFiles(swarm, spec.TaskTemplate.ContainerSpec ?? {});
  checkPorts(swarm.store(serviceKind), spec, now?.id);
  checkBounds(swarm.store(serviceKind), spec, now?.id);
  return spec;
}

/** @throws INTERNAL for a network that is not there, as a daemon answers; FORBIDDEN for one that services cannot be in */
function networkOf({ networks }: Context, term: string): Network {
  let network: Network;
  try {
    network = networks.resolve(term);
  } catch (error) {
    throw new AttestdError('INTERNAL', `network ${term} not found`, { cause: error });
  }
  if (network.scope !== 'swarm' && !['bridge', 'host'].includes(network.name)) {
    const reason = 'Only networks scoped to the swarm can be used, such as those created with the overlay driver.';
    throw new AttestdError('FORBIDDEN', `The network ${network.name} cannot be used with services. ${reason}`);
  }
  return network;
}

function checkPorts(store: ObjectStore<ServiceData>, spec: ServiceSpec, own: string | undefined): void {
  const others = store.list().filter(({ id }) => id !== own);
  for (const { PublishedPort: port = 0, Protocol: protocol, PublishMode: mode } of spec.EndpointSpec?.Ports ?? []) {
    if (port === 0) continue;
    for (const { id, data } of others) {
      const other = (data.ports ?? []).find((one) => one.PublishedPort === port && one.Protocol === protocol);
      if (other === undefined || (mode === 'host' && other.PublishMode === 'host')) continue;
      const how = other.PublishMode === 'host' ? 'a host-published port' : 'an ingress port';
      throw invalid(`port '${port}' is already in use by service '${data.spec.Name}' (${id}) as ${how}`);
    }
  }
}

/** This daemon's own bounds: a machine's would be how many containers it bears. */
function checkBounds(store: ObjectStore<ServiceData>, spec: ServiceSpec, own: string | undefined): void {
  const others = store.list().filter(({ id }) => id !== own);
  const all = [spec, ...others.map(({ data }) => data.spec)].filter(({ Mode: mode }) => desiredTasks(mode) > 0);
  const tasks = all.reduce((sum, { Mode: mode }) => sum + desiredTasks(mode), 0);
  if (tasks > maxTasks)
    throw new AttestdError('INVALID_ARGUMENT', `the simulated swarm runs at most ${maxTasks} tasks, not ${tasks}`);
  const bytes = all.reduce(
    (sum, { Mode: mode, TaskTemplate: template }) =>
      sum + desiredTasks(mode) * encodeJson(template, taskSpecType).length,
    0,
  );
  if (bytes > maxTaskSpecBytes)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `the tasks of the simulated swarm would repeat ${bytes} bytes of specifications`,
    );
}
