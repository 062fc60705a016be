import {
  type GoType,
  goFloat32,
  goString,
  goUint32,
  goUint64,
  named,
  pointer,
  slice,
  struct,
} from '../../support/go/json.js';
import { type Annotations, annotationFields } from './annotations.js';
import { duration, type TaskSpec, taskSpecType } from './task-spec.js';

/** The number of tasks of a service. One member is set (`swarm.ServiceMode`). */
export interface ServiceMode {
  Replicated?: { Replicas?: number };
  Global?: object;
  ReplicatedJob?: { MaxConcurrent?: number; TotalCompletions?: number };
  GlobalJob?: object;
}

/** The replacement of tasks during an update. Times are in nanoseconds (`swarm.UpdateConfig`). */
export interface UpdateConfig {
  /** Tasks at a time; 0 for all. */
  Parallelism: number;
  Delay?: number;
  FailureAction?: string;
  Monitor?: number;
  MaxFailureRatio: number;
  Order: string;
}

/** A port that a service publishes (`swarm.PortConfig`). */
export interface PortConfig {
  Name?: string;
  Protocol?: string;
  TargetPort?: number;
  PublishedPort?: number;
  PublishMode?: string;
}

export interface EndpointSpec {
  Mode?: string;
  Ports?: PortConfig[];
}

/** The configuration of a service (`swarm.ServiceSpec`). */
export interface ServiceSpec extends Annotations {
  TaskTemplate: TaskSpec;
  Mode: ServiceMode;
  UpdateConfig?: UpdateConfig;
  RollbackConfig?: UpdateConfig;
  EndpointSpec?: EndpointSpec;
}

const updateConfigType = struct<UpdateConfig>('swarm.UpdateConfig', {
  Parallelism: goUint64,
  'Delay?': duration,
  'FailureAction?': named('swarm.FailureAction'),
  'Monitor?': duration,
  MaxFailureRatio: goFloat32,
  Order: named('swarm.UpdateOrder'),
});

export const portConfigType: GoType<PortConfig> = struct<PortConfig>('swarm.PortConfig', {
  'Name?': goString,
  'Protocol?': named('network.IPProtocol'),
  'TargetPort?': goUint32,
  'PublishedPort?': goUint32,
  'PublishMode?': named('swarm.PortConfigPublishMode'),
});

export const endpointSpecType: GoType<EndpointSpec> = struct<EndpointSpec>('swarm.EndpointSpec', {
  'Mode?': named('swarm.ResolutionMode'),
  'Ports?': slice(portConfigType),
});

const modeType = struct<ServiceMode>('swarm.ServiceMode', {
  'Replicated?': pointer(struct<{ Replicas?: number }>('swarm.ReplicatedService', { 'Replicas?': pointer(goUint64) })),
  'Global?': pointer(struct<object>('swarm.GlobalService', {})),
  'ReplicatedJob?': pointer(
    struct<NonNullable<ServiceMode['ReplicatedJob']>>('swarm.ReplicatedJob', {
      'MaxConcurrent?': pointer(goUint64),
      'TotalCompletions?': pointer(goUint64),
    }),
  ),
  'GlobalJob?': pointer(struct<object>('swarm.GlobalJob', {})),
});

/** swarm.ServiceSpec */
export const serviceSpecType: GoType<ServiceSpec> = struct<ServiceSpec>('swarm.ServiceSpec', {
  ...annotationFields,
  TaskTemplate: taskSpecType,
  Mode: modeType,
  'UpdateConfig?': pointer(updateConfigType),
  'RollbackConfig?': pointer(updateConfigType),
  'EndpointSpec?': pointer(endpointSpecType),
});
