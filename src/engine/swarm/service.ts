import { type GoType, goInt64, goObject, goString, named, pointer, slice, struct } from '../../support/go/json.js';
import { formatGoTime } from '../../support/go/rfc3339.js';
import { labelsOf } from './annotations.js';
import { type ObjectKind, objectMeta, type SwarmObject } from './objects.js';
import {
  type EndpointSpec,
  endpointSpecType,
  type PortConfig,
  portConfigType,
  type ServiceMode,
  type ServiceSpec,
  serviceSpecType,
} from './service-spec.js';
import type { TaskSpec } from './task-spec.js';

/** The state of a service's update. */
export type UpdateState =
  | 'updating'
  | 'paused'
  | 'completed'
  | 'rollback_started'
  | 'rollback_paused'
  | 'rollback_completed';

/** Times in milliseconds since 1970. */
export interface UpdateStatus {
  State: UpdateState;
  StartedAt: number;
  /** 0 while it is not completed. */
  CompletedAt?: number;
  Message: string;
}

/** An address of a service in a network, as CIDR; none in networks that give no addresses. */
export interface VirtualIp {
  NetworkID?: string;
  Addr?: string;
}

/** The persisted state of a service. */
export interface ServiceData {
  readonly spec: ServiceSpec;
  readonly previous?: ServiceSpec;
  readonly ports?: PortConfig[];
  readonly virtualIps?: VirtualIp[];
  readonly update?: UpdateStatus;
  /** Number of restarts of a job, and the time of the last one in milliseconds since 1970. */
  readonly iteration: number;
  readonly lastExecution: number;
}

/** A service, as one version of it is. */
export type Service = SwarmObject<ServiceData>;

const virtualIpType = struct<VirtualIp>('swarm.EndpointVirtualIP', { 'NetworkID?': goString, 'Addr?': goString });

const updateStatusType = struct<UpdateStatus>('state.Update', {
  State: named('swarm.UpdateState') as GoType<UpdateState>,
  StartedAt: goInt64,
  'CompletedAt?': goInt64,
  Message: goString,
});

export const serviceKind: ObjectKind<ServiceData> = {
  name: 'service',
  record: struct<ServiceData>('state.Service', {
    spec: serviceSpecType,
    'previous?': pointer(serviceSpecType),
    'ports?': slice(portConfigType),
    'virtualIps?': slice(virtualIpType),
    'update?': pointer(updateStatusType),
    iteration: goInt64,
    lastExecution: goInt64,
  }),
  annotations: ({ spec }) => spec,
  emitsEvents: true,
};

/** Modes of services by the names that filters have for them. */
export function modeName({ Global: global, ReplicatedJob: job, GlobalJob: globalJob }: ServiceMode): string {
  return global ? 'global' : job ? 'replicated-job' : globalJob ? 'global-job' : 'replicated';
}

/** Whether a service's tasks are meant to end. */
export const isJob = ({ ReplicatedJob: job, GlobalJob: globalJob }: ServiceMode): boolean => Boolean(job ?? globalJob);

/** Returns the number of tasks of a service, or the completions of a job. */
export function desiredTasks({ Replicated: replicated, ReplicatedJob: job }: ServiceMode): number {
  return replicated?.Replicas ?? job?.TotalCompletions ?? 1;
}

/** Returns a spec in the API's form. */
export function specObject(spec: ServiceSpec): Record<string, unknown> {
  return { ...goObject({ ...spec, Labels: undefined }, serviceSpecType), Labels: labelsOf(spec) };
}

/** Returns a task spec in the form of the tasks themselves. */
export const ownTaskSpec = ({ Runtime: _, ...spec }: TaskSpec): TaskSpec => spec;

/** Numbers of a service's tasks. */
export interface ServiceStatus {
  readonly RunningTasks: number;
  readonly DesiredTasks: number;
  readonly CompletedTasks: number;
}

/**
 * Returns a service in the API's form (docs/reference/behavior/services.md#services-of-a-swarm).
 *
 * @param spec its spec, possibly completed with defaults
 */
export function serviceObject(service: Service, spec = service.data.spec, status?: ServiceStatus) {
  const { previous, ports, virtualIps, update, iteration, lastExecution } = service.data;
  const endpoint: EndpointSpec = service.data.spec.EndpointSpec ?? {};
  return {
    ...objectMeta(service),
    Spec: specObject(spec),
    PreviousSpec: previous && specObject(previous),
    Endpoint: {
      // The requested endpoint is omitted if it has neither a port nor an address.
      Spec: goObject(ports?.length || virtualIps?.length ? endpoint : {}, endpointSpecType),
      Ports: ports?.length ? ports.map((port) => goObject(port, portConfigType)) : undefined,
      VirtualIPs: virtualIps?.length ? virtualIps.map((address) => goObject(address, virtualIpType)) : undefined,
    },
    UpdateStatus: update && {
      State: update.State,
      StartedAt: formatGoTime(new Date(update.StartedAt)),
      CompletedAt: update.CompletedAt ? formatGoTime(new Date(update.CompletedAt)) : undefined,
      Message: update.Message,
    },
    ServiceStatus: status,
    JobStatus: isJob(spec.Mode)
      ? { JobIteration: iterationObject(iteration), LastExecution: formatGoTime(new Date(lastExecution)) }
      : undefined,
  };
}

/** An iteration of a job; the first is not numbered. */
export const iterationObject = (iteration: number): { Index?: number } => (iteration === 0 ? {} : { Index: iteration });
