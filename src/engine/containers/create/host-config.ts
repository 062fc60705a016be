import { zero } from '../../../support/go/json/decode.js';
import {
  embedded,
  type GoType,
  goBool,
  goInt,
  goInt64,
  goString,
  goUint64,
  map,
  named,
  pointer,
  slice,
  struct,
} from '../../../support/go/json.js';
import { goAddress } from '../../../support/go/netip.js';
import { type PortMap, portMapType } from '../../networks/port.js';
import { type Mount, mountType } from '../../volumes/mount.js';
import { type RestartPolicy, restartPolicyType } from '../run/restart-policy.js';
import { type Resources, resourceFields } from './resources.js';

/** The host-dependent configuration of a container (`container.HostConfig`). */
export interface HostConfig extends Resources {
  Binds: string[] | undefined;
  ContainerIDFile: string;
  LogConfig: { Type: string; Config: Record<string, string> | undefined };
  NetworkMode: string;
  PortBindings: PortMap | undefined;
  RestartPolicy: RestartPolicy;
  AutoRemove: boolean;
  VolumeDriver: string;
  VolumesFrom: string[] | undefined;
  /** Height and width of the terminal, in characters. */
  ConsoleSize: number[] | undefined;
  Annotations?: Record<string, string>;
  CapAdd: string[] | undefined;
  CapDrop: string[] | undefined;
  CgroupnsMode: string;
  Dns: string[] | undefined;
  DnsOptions: string[] | undefined;
  DnsSearch: string[] | undefined;
  ExtraHosts: string[] | undefined;
  GroupAdd: string[] | undefined;
  IpcMode: string;
  Cgroup: string;
  Links: string[] | undefined;
  OomScoreAdj: number;
  PidMode: string;
  Privileged: boolean;
  PublishAllPorts: boolean;
  ReadonlyRootfs: boolean;
  SecurityOpt: string[] | undefined;
  StorageOpt?: Record<string, string>;
  Tmpfs?: Record<string, string>;
  UTSMode: string;
  UsernsMode: string;
  /** Bytes. */
  ShmSize: number;
  Sysctls?: Record<string, string>;
  Runtime?: string;
  Isolation: string;
  Mounts?: Mount[];
  MaskedPaths: string[] | undefined;
  ReadonlyPaths: string[] | undefined;
  Init?: boolean;
}

const strings = slice(goString);

/** container.HostConfig */
export const hostConfigType: GoType<HostConfig> = struct<HostConfig>('container.HostConfig', {
  Binds: strings,
  ContainerIDFile: goString,
  LogConfig: struct<HostConfig['LogConfig']>('container.LogConfig', { Type: goString, Config: map(goString) }),
  NetworkMode: named('container.NetworkMode'),
  PortBindings: portMapType,
  RestartPolicy: restartPolicyType,
  AutoRemove: goBool,
  VolumeDriver: goString,
  VolumesFrom: strings,
  ConsoleSize: slice({ ...goUint64, name: 'uint' } as GoType<number>),
  'Annotations?': map(goString),
  CapAdd: strings,
  CapDrop: strings,
  CgroupnsMode: named('container.CgroupnsMode'),
  Dns: slice(goAddress),
  DnsOptions: strings,
  DnsSearch: strings,
  ExtraHosts: strings,
  GroupAdd: strings,
  IpcMode: named('container.IpcMode'),
  Cgroup: named('container.CgroupSpec'),
  Links: strings,
  OomScoreAdj: goInt,
  PidMode: named('container.PidMode'),
  Privileged: goBool,
  PublishAllPorts: goBool,
  ReadonlyRootfs: goBool,
  SecurityOpt: strings,
  'StorageOpt?': map(goString),
  'Tmpfs?': map(goString),
  UTSMode: named('container.UTSMode'),
  UsernsMode: named('container.UsernsMode'),
  ShmSize: goInt64,
  'Sysctls?': map(goString),
  'Runtime?': goString,
  Isolation: named('container.Isolation'),
  ...embedded('Resources', resourceFields),
  'Mounts?': slice(mountType),
  MaskedPaths: strings,
  ReadonlyPaths: strings,
  'Init?': pointer(goBool),
});

/** Returns the default host configuration. */
export function emptyHostConfig(): HostConfig {
  return zero(hostConfigType) as HostConfig;
}
