import { type Healthcheck, healthcheckType } from '../../oci/image-config.js';
import {
  type GoType,
  goBool,
  goInt64,
  goString,
  goUint64,
  map,
  named,
  pointer,
  slice,
  struct,
} from '../../support/go/json.js';
import { type Ulimit, ulimitType } from '../containers/create/resources.js';
import { type Mount, mountType } from '../volumes/mount.js';
import { type Driver, driverType } from './annotations.js';

/** A secret or config in a container (`swarm.SecretReference`, `swarm.ConfigReference`). */
export interface FileReference {
  File?: { Name: string; UID: string; GID: string; Mode: number };
}

export interface SecretReference extends FileReference {
  SecretID: string;
  SecretName: string;
}

export interface ConfigReference extends FileReference {
  Runtime?: object;
  ConfigID: string;
  ConfigName: string;
}

/** The container configuration of a task (`swarm.ContainerSpec`). */
export interface ContainerSpec {
  Image?: string;
  Labels?: Record<string, string>;
  Command?: string[];
  Args?: string[];
  Hostname?: string;
  Env?: string[];
  Dir?: string;
  User?: string;
  Groups?: string[];
  Privileges?: Privileges;
  Init?: boolean;
  StopSignal?: string;
  TTY?: boolean;
  OpenStdin?: boolean;
  ReadOnly?: boolean;
  Mounts?: Mount[];
  /** Nanoseconds. */
  StopGracePeriod?: number;
  Healthcheck?: Healthcheck;
  Hosts?: string[];
  DNSConfig?: { Nameservers?: string[]; Search?: string[]; Options?: string[] };
  Secrets?: (SecretReference | undefined)[];
  Configs?: (ConfigReference | undefined)[];
  Isolation?: string;
  Sysctls?: Record<string, string>;
  CapabilityAdd?: string[];
  CapabilityDrop?: string[];
  Ulimits?: (Ulimit | undefined)[];
  OomScoreAdj?: number;
}

export interface Privileges {
  CredentialSpec?: { Config: string; File: string; Registry: string };
  SELinuxContext?: { Disable: boolean; User: string; Role: string; Type: string; Level: string };
  Seccomp?: { Mode?: string; Profile?: string };
  AppArmor?: { Mode?: string };
  NoNewPrivileges: boolean;
}

export interface Limits {
  NanoCPUs?: number;
  /** Bytes. */
  MemoryBytes?: number;
  Pids?: number;
}

export interface Reservations {
  NanoCPUs?: number;
  MemoryBytes?: number;
  GenericResources?: {
    NamedResourceSpec?: { Kind?: string; Value?: string };
    DiscreteResourceSpec?: { Kind?: string; Value?: number };
  }[];
}

export interface ResourceRequirements {
  Limits?: Limits;
  Reservations?: Reservations;
  SwapBytes?: number;
  MemorySwappiness?: number;
}

/** The condition and delay of a task's restart. Times are in nanoseconds. */
export interface TaskRestartPolicy {
  Condition?: string;
  Delay?: number;
  MaxAttempts?: number;
  Window?: number;
}

export interface Placement {
  Constraints?: string[];
  Preferences?: { Spread?: { SpreadDescriptor: string } }[];
  MaxReplicas?: number;
  Platforms?: { Architecture?: string; OS?: string }[];
}

/** A network that tasks are in. */
export interface NetworkTarget {
  Target?: string;
  Aliases?: string[];
  DriverOpts?: Record<string, string>;
}

/** The configuration of a service's tasks (`swarm.TaskSpec`). */
export interface TaskSpec {
  ContainerSpec?: ContainerSpec;
  PluginSpec?: object;
  NetworkAttachmentSpec?: object;
  Resources?: ResourceRequirements;
  RestartPolicy?: TaskRestartPolicy;
  Placement?: Placement;
  Networks?: NetworkTarget[];
  LogDriver?: Driver;
  ForceUpdate: number;
  Runtime?: string;
}

export const duration: GoType<number> = { ...goInt64, name: 'time.Duration' };
const strings = slice(goString);

const fileType = struct<NonNullable<FileReference['File']>>('swarm.SecretReferenceFileTarget', {
  Name: goString,
  UID: goString,
  GID: goString,
  Mode: { kind: 'int', name: 'os.FileMode', unsigned: 32 } as GoType<number>,
});

const secretType = struct<SecretReference>('swarm.SecretReference', {
  'File?': pointer(fileType),
  SecretID: goString,
  SecretName: goString,
});

const configType = struct<ConfigReference>('swarm.ConfigReference', {
  'File?': pointer(fileType),
  'Runtime?': pointer(struct<object>('swarm.ConfigReferenceRuntimeTarget', {})),
  ConfigID: goString,
  ConfigName: goString,
});

const privilegesType = struct<Privileges>('swarm.Privileges', {
  'CredentialSpec?': pointer(
    struct<NonNullable<Privileges['CredentialSpec']>>('swarm.CredentialSpec', {
      Config: goString,
      File: goString,
      Registry: goString,
    }),
  ),
  'SELinuxContext?': pointer(
    struct<NonNullable<Privileges['SELinuxContext']>>('swarm.SELinuxContext', {
      Disable: goBool,
      User: goString,
      Role: goString,
      Type: goString,
      Level: goString,
    }),
  ),
  'Seccomp?': pointer(
    struct<NonNullable<Privileges['Seccomp']>>('swarm.SeccompOpts', {
      'Mode?': named('swarm.SeccompMode'),
      'Profile?': goString,
    }),
  ),
  'AppArmor?': pointer(
    struct<NonNullable<Privileges['AppArmor']>>('swarm.AppArmorOpts', { 'Mode?': named('swarm.AppArmorMode') }),
  ),
  NoNewPrivileges: goBool,
});

const containerSpecType = struct<ContainerSpec>('swarm.ContainerSpec', {
  'Image?': goString,
  'Labels?': map(goString),
  'Command?': strings,
  'Args?': strings,
  'Hostname?': goString,
  'Env?': strings,
  'Dir?': goString,
  'User?': goString,
  'Groups?': strings,
  'Privileges?': pointer(privilegesType),
  'Init?': pointer(goBool),
  'StopSignal?': goString,
  'TTY?': goBool,
  'OpenStdin?': goBool,
  'ReadOnly?': goBool,
  'Mounts?': slice(mountType),
  'StopGracePeriod?': pointer(duration),
  'Healthcheck?': pointer(healthcheckType),
  'Hosts?': strings,
  'DNSConfig?': pointer(
    struct<NonNullable<ContainerSpec['DNSConfig']>>('swarm.DNSConfig', {
      'Nameservers?': strings,
      'Search?': strings,
      'Options?': strings,
    }),
  ),
  'Secrets?': slice(pointer(secretType)),
  'Configs?': slice(pointer(configType)),
  'Isolation?': named('container.Isolation'),
  'Sysctls?': map(goString),
  'CapabilityAdd?': strings,
  'CapabilityDrop?': strings,
  'Ulimits?': slice(ulimitType),
  'OomScoreAdj?': goInt64,
});

const reservationsType = struct<Reservations>('swarm.Resources', {
  'NanoCPUs?': goInt64,
  'MemoryBytes?': goInt64,
  'GenericResources?': slice(
    struct<NonNullable<Reservations['GenericResources']>[number]>('swarm.GenericResource', {
      'NamedResourceSpec?': pointer(
        struct<{ Kind?: string; Value?: string }>('swarm.NamedGenericResource', {
          'Kind?': goString,
          'Value?': goString,
        }),
      ),
      'DiscreteResourceSpec?': pointer(
        struct<{ Kind?: string; Value?: number }>('swarm.DiscreteGenericResource', {
          'Kind?': goString,
          'Value?': goInt64,
        }),
      ),
    }),
  ),
});

/** swarm.TaskSpec */
export const taskSpecType: GoType<TaskSpec> = struct<TaskSpec>('swarm.TaskSpec', {
  'ContainerSpec?': pointer(containerSpecType),
  'PluginSpec?': pointer(struct<object>('swarm.RuntimeSpec', {})),
  'NetworkAttachmentSpec?': pointer(struct<object>('swarm.NetworkAttachmentSpec', {})),
  'Resources?': pointer(
    struct<ResourceRequirements>('swarm.ResourceRequirements', {
      'Limits?': pointer(
        struct<Limits>('swarm.Limit', { 'NanoCPUs?': goInt64, 'MemoryBytes?': goInt64, 'Pids?': goInt64 }),
      ),
      'Reservations?': pointer(reservationsType),
      'SwapBytes?': pointer(goInt64),
      'MemorySwappiness?': pointer(goInt64),
    }),
  ),
  'RestartPolicy?': pointer(
    struct<TaskRestartPolicy>('swarm.RestartPolicy', {
      'Condition?': named('swarm.RestartPolicyCondition'),
      'Delay?': pointer(duration),
      'MaxAttempts?': pointer(goUint64),
      'Window?': pointer(duration),
    }),
  ),
  'Placement?': pointer(
    struct<Placement>('swarm.Placement', {
      'Constraints?': strings,
      'Preferences?': slice(
        struct<NonNullable<Placement['Preferences']>[number]>('swarm.PlacementPreference', {
          'Spread?': pointer(struct<{ SpreadDescriptor: string }>('swarm.SpreadOver', { SpreadDescriptor: goString })),
        }),
      ),
      'MaxReplicas?': goUint64,
      'Platforms?': slice(
        struct<{ Architecture?: string; OS?: string }>('swarm.Platform', {
          'Architecture?': goString,
          'OS?': goString,
        }),
      ),
    }),
  ),
  'Networks?': slice(
    struct<NetworkTarget>('swarm.NetworkAttachmentConfig', {
      'Target?': goString,
      'Aliases?': strings,
      'DriverOpts?': map(goString),
    }),
  ),
  'LogDriver?': pointer(driverType),
  ForceUpdate: goUint64,
  'Runtime?': named('swarm.RuntimeType'),
});
