/**
 * The persisted form of containers, networks, volumes and swarm objects
 * (docs/explanation/architecture.md#the-state-of-containers).
 */

import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { descriptorType, platformType } from '../../oci/manifest.js';
import { AttestdError } from '../../support/foundation/errors.js';
import {
  decodeJson,
  encodeJson,
  type GoType,
  goAny,
  goBool,
  goInt,
  goString,
  map,
  pointer,
  slice,
  struct,
} from '../../support/go/json.js';
import { type ContainerConfig, containerConfigType } from '../containers/create/config.js';
import { type HostConfig, hostConfigType } from '../containers/create/host-config.js';
import { type EndpointSettings, endpointSettingsType } from '../networks/endpoint.js';
import type { PoolConfig } from '../networks/pool.js';
import type { MountPoint } from '../volumes/mount.js';

/** The form that is written, and the only one that is read. */
export const recordVersion = 1;

/** A mount of a container, without its data. */
export interface MountRecord {
  point: MountPoint;
  /** Name of a volume. */
  volume: string;
  imageId: string;
  path: string;
  copy: boolean;
  implicit: boolean;
}

/** A container's life. */
export interface StateRecord {
  running: boolean;
  oomKilled: boolean;
  dead: boolean;
  exitCode: number;
  error: string;
  /** Milliseconds since 1970 as a text; empty before the first start. */
  startedAt: string;
  finishedAt: string;
  health: boolean;
}

/** A container on disk. */
export interface ContainerRecord {
  version: number;
  id: string;
  /** With a leading slash. */
  name: string;
  /** Milliseconds since 1970 as a text. */
  createdAt: string;
  imageId: string;
  manifest: Descriptor | undefined;
  platform: Platform;
  config: ContainerConfig;
  hostConfig: HostConfig;
  state: StateRecord;
  restartCount: number;
  stoppedByHand: boolean;
  startedBefore: boolean;
  mounts: MountRecord[] | undefined;
  networks: Record<string, EndpointSettings> | undefined;
}

/** A network on disk; of the predefined ones only the id counts. */
export interface NetworkRecord {
  version: number;
  id: string;
  name: string;
  driver: string;
  /** Default: `local`. */
  scope?: string;
  createdAt: string;
  ipv4: boolean;
  ipv6: boolean;
  ipamDriver: string;
  /** Absent where the client gave no IPAM. */
  ipamOptions: Record<string, string> | undefined;
  pools: PoolConfig[] | undefined;
  internal: boolean;
  attachable: boolean;
  ingress: boolean;
  configFrom: string;
  configOnly: boolean;
  options: Record<string, string> | undefined;
  labels: Record<string, string> | undefined;
}

/** A volume on disk. */
export interface VolumeRecord {
  version: number;
  name: string;
  driver: string;
  createdAt: string;
  labels: Record<string, string> | undefined;
  options: Record<string, string> | undefined;
}

/** A thing of a swarm on disk. */
export interface SwarmRecord<Data> {
  version: number;
  id: string;
  index: number;
  createdAt: string;
  updatedAt: string;
  data: Data;
}

/** The persisted lineage of images. */
export interface LineageRecord {
  version: number;
  origins: { digest: string; parent: string; step: string }[] | undefined;
  /** Repositories of pulled and pushed images. Undefined in older records. */
  repositories: { digest: string; names: string[] | undefined }[] | undefined;
}

const stateType = struct<StateRecord>('state.State', {
  running: goBool,
  oomKilled: goBool,
  dead: goBool,
  exitCode: goInt,
  error: goString,
  startedAt: goString,
  finishedAt: goString,
  health: goBool,
});

const mountType = struct<MountRecord>('state.Mount', {
  point: goAny as GoType<MountPoint>,
  volume: goString,
  imageId: goString,
  path: goString,
  copy: goBool,
  implicit: goBool,
});

export const containerRecordType: GoType<ContainerRecord> = struct<ContainerRecord>('state.Container', {
  version: goInt,
  id: goString,
  name: goString,
  createdAt: goString,
  imageId: goString,
  manifest: pointer(descriptorType),
  platform: platformType,
  config: containerConfigType,
  hostConfig: hostConfigType,
  state: stateType,
  restartCount: goInt,
  stoppedByHand: goBool,
  startedBefore: goBool,
  mounts: slice(mountType),
  networks: map(endpointSettingsType),
});

const strings = map(goString);

export const networkRecordType: GoType<NetworkRecord> = struct<NetworkRecord>('state.Network', {
  version: goInt,
  id: goString,
  name: goString,
  driver: goString,
  'scope?': goString,
  createdAt: goString,
  ipv4: goBool,
  ipv6: goBool,
  ipamDriver: goString,
  ipamOptions: strings,
  pools: slice(goAny as GoType<PoolConfig>),
  internal: goBool,
  attachable: goBool,
  ingress: goBool,
  configFrom: goString,
  configOnly: goBool,
  options: strings,
  labels: strings,
});

export const volumeRecordType: GoType<VolumeRecord> = struct<VolumeRecord>('state.Volume', {
  version: goInt,
  name: goString,
  driver: goString,
  createdAt: goString,
  labels: strings,
  options: strings,
});

/** @param data the type of the object's data */
export const swarmRecordType = <Data>(data: GoType<Data>): GoType<SwarmRecord<Data>> =>
  struct<SwarmRecord<unknown>>('state.SwarmObject', {
    version: goInt,
    id: goString,
    index: goInt,
    createdAt: goString,
    updatedAt: goString,
    data,
  }) as GoType<SwarmRecord<Data>>;

export const lineageRecordType: GoType<LineageRecord> = struct<LineageRecord>('state.Lineage', {
  version: goInt,
  origins: slice(
    struct<{ digest: string; parent: string; step: string }>('state.Origin', {
      digest: goString,
      parent: goString,
      step: goString,
    }),
  ),
  repositories: slice(
    struct<{ digest: string; names: string[] | undefined }>('state.Repositories', {
      digest: goString,
      names: slice(goString),
    }),
  ),
});

/** Encodes a record. */
export function encodeRecord<T extends { version: number }>(record: NoInfer<T>, type: GoType<T>): string {
  return `${encodeJson(record, type)}\n`;
}

/**
 * Decodes a record.
 *
 * @throws INVALID_JSON for malformed JSON; CORRUPT for another version
 */
export function decodeRecord<T extends { version: number }>(bytes: Buffer, type: GoType<T>): T {
  // Without a size limit, because acknowledged state must be readable.
  const record = decodeJson(bytes, type, Number.POSITIVE_INFINITY);
  if (record.version !== recordVersion)
    throw new AttestdError('CORRUPT', `its version is ${record.version}, not ${recordVersion}`);
  return record;
}
