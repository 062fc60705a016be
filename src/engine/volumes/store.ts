import { AttestdError } from '../../support/foundation/errors.js';
import { type GoType, goAny, goString, type JsonObject, map, pointer, struct } from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import { formatGoTime } from '../../support/go/rfc3339.js';
import { sorted } from '../../support/go/sorted.js';
import { bytesIn } from '../../support/go/units.js';
import type { Clock } from '../../support/sandbox/clock.js';
import { createFileSystem } from '../../support/sandbox/fs/file-system.js';
import type { ByteBudget, FileSystem } from '../../support/sandbox/fs/types.js';
import { newId } from '../containers/store.js';
import type { EventBus } from '../events/bus.js';
import { volumeOverheadBytes } from '../limits.js';
import { estimateBytes, ObjectQuota } from '../object-quota.js';
import { SerialQueue } from '../serial-queue.js';
import type { VolumeRecord } from '../state/records.js';
import type { AnswerOf } from '../wire.js';

/** A volume: data that outlives the containers that use it. */
export interface Volume {
  readonly name: string;
  /** The data directory that the daemon reports. */
  readonly mountpoint: string;
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly options: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly fileSystem: FileSystem;
  /** Copies an image's files into it. */
  readonly filling: SerialQueue;
  /** Ids of the containers that use it. */
  readonly users: Set<string>;
}

/** The checked members of a cluster volume's spec (`volume.ClusterVolumeSpec`). */
export interface ClusterVolumeSpec {
  AccessMode?: { MountVolume?: unknown; BlockVolume?: unknown };
}

const accessModeType = struct<NonNullable<ClusterVolumeSpec['AccessMode']>>('volume.AccessMode', {
  'MountVolume?': pointer(goAny),
  'BlockVolume?': pointer(goAny),
});

/** Body of `POST /volumes/create`. */
export interface CreateVolumeRequest {
  ClusterVolumeSpec?: ClusterVolumeSpec;
  Driver?: string;
  DriverOpts?: Record<string, string>;
  Labels?: Record<string, string>;
  Name?: string;
}

/** volume.CreateRequest */
export const createVolumeType: GoType<CreateVolumeRequest> = struct<CreateVolumeRequest>('volume.CreateRequest', {
  'ClusterVolumeSpec?': pointer(
    struct<ClusterVolumeSpec>('volume.ClusterVolumeSpec', { 'AccessMode?': pointer(accessModeType) }),
  ),
  'Driver?': goString,
  'DriverOpts?': map(goString),
  'Labels?': map(goString),
  'Name?': goString,
});

const validName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const anonymousLabel = 'com.docker.volume.anonymous';
const localOptions = ['type', 'o', 'device', 'size'];
/** Bytes that a file's name has at most. */
const maxNameLength = 255;

/** The volumes, by name. */
export class VolumeStore {
  readonly #byName = new Map<string, Volume>();

  constructor(
    private readonly clock: Clock,
    private readonly budget: ByteBudget,
    private readonly events: EventBus,
    private readonly dataRoot: string,
    /** For all that clients make. */
    private readonly quota = new ObjectQuota(),
  ) {}

  /** All volumes by their names. */
  list(): readonly Volume[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The volume of a name; undefined where there is none. */
  find(name: string): Volume | undefined {
    return this.#byName.get(name);
  }

  /**
   * The volume of a name.
   *
   * @throws NOT_FOUND
   */
  get(name: string): Volume {
    const volume = this.#byName.get(name);
    if (volume === undefined) throw new AttestdError('NOT_FOUND', `get ${name}: no such volume`);
    return volume;
  }

  /**
   * Creates a volume, or returns the existing one (docs/reference/behavior/files.md#volumes).
   *
   * @throws INVALID_ARGUMENT for a malformed name or unknown options; NOT_FOUND for an unknown driver; NO_SPACE
   */
  create(request: CreateVolumeRequest): Volume {
    const { Driver: driver, DriverOpts: options, Labels: labels } = request;
    const name = request.Name || newId();
    const driverName = driver || 'local';
    if (driverName !== 'local')
      throw new AttestdError(
        'NOT_FOUND',
        `create ${name}: error looking up volume plugin ${driverName}: plugin "${driverName}" not found`,
      );
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const mountpoint = this.#mountpoint(name);
    checkOptions(name, options ?? {});
    this.#chargeQuota(name, labels, options);
    const volume: Volume = {
      name,
      mountpoint,
      driver: driverName,
      labels: request.Name ? labels : { ...labels, [anonymousLabel]: '' },
      options,
      createdAt: this.clock.now(),
      fileSystem: createFileSystem({ budget: this.budget, clock: this.clock }),
      filling: new SerialQueue(),
      users: new Set(),
    };
    this.#byName.set(name, volume);
    this.#log(volume, 'create');
    return volume;
  }

  /** Bring back a volume of an earlier daemon, without its data. */
  restore({ name, driver, createdAt, labels, options }: VolumeRecord): Volume {
    this.#chargeQuota(name, labels, options);
    const volume: Volume = {
      name,
      mountpoint: this.#mountpoint(name),
      driver,
      labels,
      options,
      createdAt: Number(createdAt),
      fileSystem: createFileSystem({ budget: this.budget, clock: this.clock }),
      filling: new SerialQueue(),
      users: new Set(),
    };
    this.#byName.set(name, volume);
    return volume;
  }

  /**
   * Delete a volume.
   *
   * @throws CONFLICT when a container uses it
   */
  remove(volume: Volume): void {
    if (volume.users.size > 0)
      throw new AttestdError('CONFLICT', `remove ${volume.name}: volume is in use - [${[...volume.users].join(', ')}]`);
    this.#byName.delete(volume.name);
    this.quota.release(`volume ${volume.name}`);
    volume.fileSystem.dispose();
    this.#log(volume, 'destroy');
  }

  /** Releases a container's use of a volume. */
  release(name: string, containerId: string): void {
    this.#byName.get(name)?.users.delete(containerId);
  }

  #chargeQuota(name: string, ...parts: readonly unknown[]): void {
    this.quota.reserve(`volume ${name}`, volumeOverheadBytes + estimateBytes([name, ...parts]));
  }

  /** @throws INVALID_ARGUMENT for a malformed name; INTERNAL for one that is too long for a folder's */
  #mountpoint(name: string): string {
    checkName(name);
    const root = `${this.dataRoot}/volumes/${name}`;
    if (name.length <= maxNameLength) return `${root}/_data`;
    const reason = `error while creating volume root path '${root}': mkdir ${root}: file name too long`;
    throw new AttestdError('INTERNAL', `create ${name}: ${reason}`);
  }

  #log({ name, driver }: Volume, action: string): void {
    this.events.log('volume', action, { id: name, attributes: { driver } });
  }
}

/** @throws INVALID_ARGUMENT for options that the local driver does not have, or not without others */
function checkOptions(name: string, options: Readonly<Record<string, string>>): void {
  const refuse = (reason: string): never => {
    throw new AttestdError('INVALID_ARGUMENT', `create ${name}: ${reason}`);
  };
  const keys = Object.keys(options);
  for (const key of keys) if (!localOptions.includes(key)) refuse(`invalid option: ${quote(key)}`);
  for (const needed of ['device', 'type'])
    if (keys.some((key) => key !== 'size') && !keys.includes(needed))
      refuse(`missing required option: ${quote(needed)}`);
  const { size } = options;
  if (size === undefined) return;
  if (bytesIn(size) === undefined) refuse(`invalid size: '${size}'`);
  if (bytesIn(size) !== 0) refuse('quota size requested but no quota support');
}

function checkName(name: string): void {
  if (name.length < 2)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    );
  if (!validName.test(name))
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `create ${name}: ${quote(name)} includes invalid characters for a local volume name, only ` +
        '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
    );
}

/** Whether a volume was made without a name. */
export function isAnonymous({ labels }: Volume): boolean {
  return labels !== undefined && Object.hasOwn(labels, anonymousLabel);
}

/**
 * Returns a volume in the API's form.
 *
 * @param usage whether to measure it
 */
export function volumeObject(volume: Volume, usage = false): JsonObject & AnswerOf<'VolumeInspect'> {
  const { name, mountpoint, driver, labels, options, users, fileSystem } = volume;
  return {
    CreatedAt: formatGoTime(new Date(Math.floor(volume.createdAt / 1000) * 1000)),
    Driver: driver,
    Labels: labels === undefined ? null : sorted(labels),
    Mountpoint: mountpoint,
    Name: name,
    Options: options === undefined ? null : sorted(options),
    Scope: 'local',
    UsageData: usage ? { RefCount: users.size, Size: fileSystem.bytes() } : undefined,
  };
}
