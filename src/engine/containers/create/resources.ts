import {
  embedded,
  type Fields,
  type GoType,
  goBool,
  goInt,
  goInt64,
  goString,
  goUint16,
  goUint64,
  map,
  pointer,
  slice,
  struct,
} from '../../../support/go/json.js';
import { type RestartPolicy, restartPolicyType } from '../run/restart-policy.js';

/** A bound on the traffic with a block device, per second. */
export interface ThrottleDevice {
  Path: string;
  Rate: number;
}

/** A resource limit of a process (setrlimit). */
export interface Ulimit {
  Name: string;
  Hard: number;
  Soft: number;
}

/** units.Ulimit */
export const ulimitType: GoType<Ulimit | undefined> = pointer(
  struct<Ulimit>('units.Ulimit', { Name: goString, Hard: goInt64, Soft: goInt64 }),
);

/** Resource limits of a container (`container.Resources`). */
export interface Resources {
  CpuShares: number;
  /** Bytes. */
  Memory: number;
  NanoCpus: number;
  CgroupParent: string;
  BlkioWeight: number;
  BlkioWeightDevice: ({ Path: string; Weight: number } | undefined)[] | undefined;
  BlkioDeviceReadBps: (ThrottleDevice | undefined)[] | undefined;
  BlkioDeviceWriteBps: (ThrottleDevice | undefined)[] | undefined;
  BlkioDeviceReadIOps: (ThrottleDevice | undefined)[] | undefined;
  BlkioDeviceWriteIOps: (ThrottleDevice | undefined)[] | undefined;
  /** Microseconds. */
  CpuPeriod: number;
  /** Microseconds. */
  CpuQuota: number;
  CpuRealtimePeriod: number;
  CpuRealtimeRuntime: number;
  CpusetCpus: string;
  CpusetMems: string;
  Devices: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[] | undefined;
  DeviceCgroupRules: string[] | undefined;
  DeviceRequests: DeviceRequest[] | undefined;
  /** Bytes. */
  MemoryReservation: number;
  /** Bytes. -1: unlimited. */
  MemorySwap: number;
  MemorySwappiness: number | undefined;
  OomKillDisable: boolean | undefined;
  PidsLimit: number | undefined;
  Ulimits: (Ulimit | undefined)[] | undefined;
  CpuCount: number;
  CpuPercent: number;
  IOMaximumIOps: number;
  IOMaximumBandwidth: number;
}

export interface DeviceRequest {
  Driver: string;
  Count: number;
  DeviceIDs: string[] | undefined;
  Capabilities: (string[] | undefined)[] | undefined;
  Options: Record<string, string> | undefined;
}

const throttles = slice(pointer(struct<ThrottleDevice>('blkiodev.ThrottleDevice', { Path: goString, Rate: goUint64 })));

/** The members of container.Resources, which other types embed. */
export const resourceFields: Fields<Resources> = {
  CpuShares: goInt64,
  Memory: goInt64,
  NanoCpus: goInt64,
  CgroupParent: goString,
  BlkioWeight: goUint16,
  BlkioWeightDevice: slice(
    pointer(struct<{ Path: string; Weight: number }>('blkiodev.WeightDevice', { Path: goString, Weight: goUint16 })),
  ),
  BlkioDeviceReadBps: throttles,
  BlkioDeviceWriteBps: throttles,
  BlkioDeviceReadIOps: throttles,
  BlkioDeviceWriteIOps: throttles,
  CpuPeriod: goInt64,
  CpuQuota: goInt64,
  CpuRealtimePeriod: goInt64,
  CpuRealtimeRuntime: goInt64,
  CpusetCpus: goString,
  CpusetMems: goString,
  Devices: slice(
    struct<{ PathOnHost: string; PathInContainer: string; CgroupPermissions: string }>('container.DeviceMapping', {
      PathOnHost: goString,
      PathInContainer: goString,
      CgroupPermissions: goString,
    }),
  ),
  DeviceCgroupRules: slice(goString),
  DeviceRequests: slice(
    struct<DeviceRequest>('container.DeviceRequest', {
      Driver: goString,
      Count: goInt,
      DeviceIDs: slice(goString),
      Capabilities: slice(slice(goString)),
      Options: map(goString),
    }),
  ),
  MemoryReservation: goInt64,
  MemorySwap: goInt64,
  MemorySwappiness: pointer(goInt64),
  OomKillDisable: pointer(goBool),
  PidsLimit: pointer(goInt64),
  Ulimits: slice(ulimitType),
  CpuCount: goInt64,
  CpuPercent: goInt64,
  IOMaximumIOps: goUint64,
  IOMaximumBandwidth: goUint64,
};

/** Body of `POST /containers/{id}/update`. */
export interface UpdateRequest extends Resources {
  RestartPolicy: RestartPolicy;
}

/** container.UpdateConfig */
export const updateRequestType: GoType<UpdateRequest> = struct<UpdateRequest>('container.UpdateConfig', {
  ...embedded('Resources', resourceFields),
  RestartPolicy: restartPolicyType,
});
