import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { randomName } from '../containers/create/random-name.js';
import type { EndpointSpec, ServiceMode, ServiceSpec, UpdateConfig } from './service-spec.js';
import type { ContainerSpec, TaskRestartPolicy, TaskSpec } from './task-spec.js';

const bad = (reason: string): AttestdError => new AttestdError('INVALID_ARGUMENT', reason);

/** Nanoseconds. */
const second = 1_000_000_000;

/**
 * Completes a spec with the defaults that a manager stores and returns
 * (docs/reference/behavior/services.md#services-of-a-swarm).
 *
 * @throws INVALID_ARGUMENT for an invalid spec; INTERNAL for plugins, which are experimental
 */
export function completeSpec(spec: ServiceSpec): ServiceSpec {
  const { Name: name, Labels: labels, UpdateConfig: update, RollbackConfig: rollback } = spec;
  return {
    Name: name || randomName(0),
    Labels: labels ?? {},
    TaskTemplate: completeTemplate(spec.TaskTemplate),
    Mode: completeMode(spec.Mode),
    ...(update && { UpdateConfig: completeUpdate(update) }),
    ...(rollback && { RollbackConfig: completeUpdate(rollback) }),
    ...(spec.EndpointSpec && { EndpointSpec: completeEndpoint(spec.EndpointSpec) }),
  };
}

function completeTemplate(template: TaskSpec): TaskSpec {
  const { Runtime: runtime = '', ContainerSpec: container, PluginSpec: plugin, RestartPolicy: policy } = template;
  if (!['', 'container', 'plugin'].includes(runtime)) throw bad('unsupported runtime');
  if (runtime === 'plugin' && plugin !== undefined)
    throw new AttestdError('INTERNAL', 'runtime type "plugin" only supported in experimental');
  if (container === undefined || plugin !== undefined || runtime === 'plugin')
    throw bad('mismatched Runtime and *Spec fields');
  return {
    ...template,
    ContainerSpec: completeContainer(container),
    ...(policy && { RestartPolicy: completePolicy(policy) }),
    Runtime: 'container',
  };
}

function completeContainer(container: ContainerSpec): ContainerSpec {
  const mounts = container.Mounts?.map((mount) => {
    const { Type: type = '' } = mount;
    if (!['', 'bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image'].includes(type))
      throw bad(`invalid MountType: ${quote(type)}`);
    return { ...mount, Type: type || 'bind' };
  });
  return { ...container, ...(mounts && { Mounts: mounts }), Isolation: isolation(container) };
}

const isolation = ({ Isolation: mode = '' }: ContainerSpec): string =>
  ['hyperv', 'process'].includes(mode) ? mode : 'default';

function completePolicy(policy: TaskRestartPolicy): TaskRestartPolicy {
  const condition = policy.Condition || 'any';
  if (!['none', 'on-failure', 'any'].includes(condition)) throw bad(`invalid RestartCondition: ${quote(condition)}`);
  return { ...policy, Condition: condition, MaxAttempts: policy.MaxAttempts ?? 0 };
}

function completeMode(mode: ServiceMode): ServiceMode {
  const given = (['Replicated', 'Global', 'ReplicatedJob', 'GlobalJob'] as const).filter((name) => mode[name]);
  if (given.length > 1) throw bad('must specify only one service mode');
  if (mode.Global) return { Global: {} };
  if (mode.GlobalJob) return { GlobalJob: {} };
  if (mode.ReplicatedJob === undefined) return { Replicated: { Replicas: mode.Replicated?.Replicas ?? 1 } };
  const { MaxConcurrent: concurrent = 1, TotalCompletions: total = concurrent } = mode.ReplicatedJob;
  return { ReplicatedJob: { MaxConcurrent: concurrent, TotalCompletions: total } };
}

function completeUpdate(config: UpdateConfig): UpdateConfig {
  const { FailureAction: action = '', Order: order } = config;
  if (!['', 'pause', 'continue', 'rollback'].includes(action))
    throw bad(`unrecognized update failure action ${action}`);
  if (!['', 'stop-first', 'start-first'].includes(order)) throw bad(`unrecognized update order ${order}`);
  return { ...config, FailureAction: action || 'pause', Order: order || 'stop-first' };
}

function completeEndpoint({ Mode: mode = '', Ports: ports }: EndpointSpec): EndpointSpec {
  if (!['', 'vip', 'dnsrr'].includes(mode)) throw bad(`invalid resolution mode: ${quote(mode)}`);
  const known = <T extends string>(value: string | undefined, all: readonly T[]): string =>
    all.find((one) => one === value) ?? (all[0] as string);
  const completed = ports?.map((port) => ({
    ...port,
    Protocol: known(port.Protocol, ['tcp', 'udp', 'sctp']),
    PublishMode: known(port.PublishMode, ['ingress', 'host']),
  }));
  return { Mode: mode || 'vip', ...(completed && { Ports: completed }) };
}

const usualUpdate: UpdateConfig = {
  Parallelism: 1,
  FailureAction: 'pause',
  Monitor: 5 * second,
  MaxFailureRatio: 0,
  Order: 'stop-first',
};

/** Returns the update configuration with its defaults. */
export function effectiveUpdate(
  config: UpdateConfig | undefined,
): Required<Omit<UpdateConfig, 'Delay'>> & UpdateConfig {
  const { FailureAction: action = 'pause', ...given } = config ?? usualUpdate;
  return { ...given, FailureAction: action, Monitor: given.Monitor || 5 * second };
}

/** Returns the restart policy with its defaults. */
export function effectivePolicy(policy: TaskRestartPolicy | undefined): {
  Condition: string;
  Delay: number;
  MaxAttempts: number;
  Window?: number;
} {
  return {
    ...policy,
    Condition: policy?.Condition ?? 'any',
    Delay: policy?.Delay ?? 5 * second,
    MaxAttempts: policy?.MaxAttempts ?? 0,
  };
}

/** Nanoseconds between the signal and the killing of a task's container. */
export const gracePeriod = ({ StopGracePeriod: period = 10 * second }: ContainerSpec): number => period;

/** A specification with what holds where nothing was said (`insertDefaults=true`). */
export function withDefaults(spec: ServiceSpec): ServiceSpec {
  const { TaskTemplate: template } = spec;
  const { ContainerSpec: container = {} } = template;
  return {
    ...spec,
    TaskTemplate: {
      ...template,
      ContainerSpec: { ...container, StopGracePeriod: gracePeriod(container), DNSConfig: container.DNSConfig ?? {} },
      Resources: template.Resources ?? {},
      RestartPolicy: effectivePolicy(template.RestartPolicy),
      Placement: template.Placement ?? {},
    },
    UpdateConfig: effectiveUpdate(spec.UpdateConfig),
    RollbackConfig: effectiveUpdate(spec.RollbackConfig),
  };
}
