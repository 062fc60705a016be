import { AttestdError } from '../../support/foundation/errors.js';
import { goObject } from '../../support/go/json.js';
import { formatGoTime } from '../../support/go/rfc3339.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, matchesExactly, matchesPairs, matchesPrefix, valuesOf } from '../filters.js';
import { poolOf } from '../networks/network.js';
import type { AnswerOf } from '../wire.js';
import type { Swarm } from './membership.js';
import { nodeKind } from './node.js';
import { objectMeta, withPrefix } from './objects.js';
import { iterationObject, ownTaskSpec, serviceKind } from './service.js';
import { resolveService } from './services.js';
import { type Task, type TaskState, taskStates } from './task.js';
import { taskSpecType } from './task-spec.js';

const filterKeys = ['_up-to-date', 'desired-state', 'id', 'label', 'name', 'node', 'runtime', 'service'];

/**
 * `GET /tasks` (docs/reference/behavior/services.md#tasks-of-a-swarm).
 *
 * @throws UNAVAILABLE without a swarm; INVALID_ARGUMENT for another filter; NOT_FOUND for a service or node that is not there; INTERNAL
 *   for a state that is none
 */
export function listTasks(context: Context, filters: Filters): AnswerOf<'TaskList'> {
  const swarm = context.swarm.manager();
  checkKeys(filters, filterKeys);
  const accepts = taskFilter(swarm, filters);
  return context.tasks
    .list()
    .filter(accepts)
    .map((task) => taskObject(context, task)) as unknown as AnswerOf<'TaskList'>;
}

function taskFilter(swarm: Swarm, filters: Filters): (task: Task) => boolean {
  const services = valuesOf(filters, 'service').map((term) => resolveService(swarm, term).id);
  const nodes = valuesOf(filters, 'node').map((term) => swarm.store(nodeKind).resolve(term).id);
  const desired = valuesOf(filters, 'desired-state');
  for (const state of desired)
    if (!taskStates.includes(state as TaskState))
      throw new AttestdError('INTERNAL', `Invalid desired-state filter: '${state}'`);
  const runtimes = valuesOf(filters, 'runtime');
  const upToDate = valuesOf(filters, '_up-to-date');
  const isCurrent = ({ serviceId, spec }: Task): boolean =>
    swarm.store(serviceKind).byId(serviceId)?.data.spec.TaskTemplate === spec;
  return (task) =>
    matchesPrefix(filters, 'id', task.id) &&
    matchesPrefix(filters, 'name', task.name) &&
    matchesPairs(filters, 'label', labelsOfService(swarm, task)) &&
    (services.length === 0 || services.includes(task.serviceId)) &&
    (nodes.length === 0 || nodes.includes(task.nodeId)) &&
    matchesExactly(filters, 'desired-state', task.desired) &&
    (runtimes.length === 0 || runtimes.includes('container')) &&
    (upToDate.length === 0 || isCurrent(task));
}

/** Labels of tasks are those of their services. */
const labelsOfService = (swarm: Swarm, { serviceId }: Task): Record<string, string> =>
  swarm.store(serviceKind).byId(serviceId)?.data.spec.Labels ?? {};

/**
 * Resolves an id, a name or an id prefix.
 *
 * @throws NOT_FOUND; INVALID_ARGUMENT for an ambiguous prefix
 */
export function resolveTask(context: Context, term: string): Task {
  const tasks = context.tasks.list();
  return context.tasks.byId(term) ?? tasks.find(({ name }) => name === term) ?? withPrefix('task', term, tasks);
}

/** `GET /tasks/{id}`. @throws UNAVAILABLE, NOT_FOUND, INVALID_ARGUMENT */
export function inspectTask(context: Context, term: string): AnswerOf<'TaskInspect'> {
  context.swarm.manager();
  return taskObject(context, resolveTask(context, term)) as unknown as AnswerOf<'TaskInspect'>;
}

const timeOf = (milliseconds: number): string => formatGoTime(new Date(milliseconds));

function taskObject(context: Context, task: Task) {
  const { state, stateAt, message, error, exit, container, iteration } = task;
  const ports = portsOf(task);
  return {
    ...objectMeta({ id: task.id, index: task.index, createdAt: task.createdAt, updatedAt: task.updatedAt, data: task }),
    Labels: {},
    Spec: goObject(ownTaskSpec(task.spec), taskSpecType),
    ServiceID: task.serviceId,
    Slot: task.slot || undefined,
    NodeID: task.nodeId || undefined,
    Status: {
      Timestamp: timeOf(stateAt),
      State: state,
      Message: message,
      Err: error || undefined,
      ContainerStatus: exit && { ContainerID: container?.id ?? '', PID: exit.pid, ExitCode: exit.code },
      PortStatus: ports.length > 0 ? { Ports: ports } : {},
    },
    DesiredState: task.desired,
    NetworksAttachments: attachmentsOf(context, task),
    JobIteration: iteration === undefined ? undefined : iterationObject(iteration),
    Volumes: null,
  };
}

/** Returns the published ports of a task's container, separately for each address family. */
function portsOf({ state, container, ports }: Task): object[] {
  if (state !== 'running' || ports.length === 0) return [];
  return Object.entries(container?.ports ?? {}).flatMap(([key, bindings]) => {
    const [target = '', protocol = 'tcp'] = key.split('/');
    return (bindings ?? []).map(({ HostPort: port }) => ({
      Protocol: protocol,
      TargetPort: Number(target),
      PublishedPort: Number(port),
      PublishMode: 'host',
    }));
  });
}

function attachmentsOf(context: Context, { spec, container }: Task): object[] | undefined {
  const attachments = (spec.Networks ?? []).flatMap(({ Target: id }) => {
    const network = context.networks.list().find((one) => one.id === id);
    if (network === undefined) return [];
    const pool = poolOf(network, 4);
    const swarmWide = network.scope === 'swarm';
    const address = container?.networks.get(network.name)?.IPAddress;
    return [
      {
        Network: {
          ID: network.id,
          Version: {},
          CreatedAt: timeOf(network.createdAt),
          UpdatedAt: timeOf(network.createdAt),
          Spec: {
            Name: network.name,
            Labels: { ...network.labels },
            DriverConfiguration: { Name: network.driver },
            Attachable: network.attachable || undefined,
            Scope: 'swarm',
          },
          DriverState: { Name: network.driver },
          IPAMOptions: {
            Driver: swarmWide ? { Name: 'default' } : {},
            Configs: swarmWide && pool ? [{ Subnet: pool.subnet, Gateway: pool.gateway }] : undefined,
          },
        },
        Addresses: swarmWide && address && pool ? [`${address}/${pool.prefix.bits}`] : undefined,
      },
    ];
  });
  return attachments.length > 0 ? attachments : undefined;
}
