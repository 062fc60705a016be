import type { Descriptor, Platform } from '../../oci/descriptor.js';
import type { FileSystem, MountSource } from '../../support/sandbox/fs/types.js';
import type { Process, Sandbox } from '../../support/sandbox/types.js';
import type { EndpointSettings } from '../networks/endpoint.js';
import type { PortMap } from '../networks/port.js';
import { SerialQueue } from '../serial-queue.js';
import type { MountPoint } from '../volumes/mount.js';
import type { ContainerMount } from '../volumes/mounts.js';
import type { ContainerConfig } from './create/config.js';
import type { HostConfig } from './create/host-config.js';
import type { Exec } from './exec/exec.js';
import type { Streams } from './io/streams.js';
import type { ContainerLog } from './logs/log.js';
import type { RestartManager } from './run/restart-manager.js';
import { ContainerState } from './run/state.js';

/** Parts of a new container. From then on its image is identified by digest. */
export interface ContainerParts {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** With a leading slash: `/web`. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  /** Digest of the image's target; empty for a container without an image. */
  readonly imageId: string;
  /** The manifest of the platform. */
  readonly manifest: Descriptor | undefined;
  readonly platform: Platform;
  readonly restarts: RestartManager;
  readonly log: ContainerLog;
  readonly streams: Streams;
}

/** A container: its requested configuration and its current state. */
export class Container {
  readonly id: string;
  name: string;
  readonly createdAt: number;
  readonly config: ContainerConfig;
  hostConfig: HostConfig;
  readonly imageId: string;
  readonly manifest: Descriptor | undefined;
  readonly platform: Platform;
  readonly path: string;
  readonly args: readonly string[];
  readonly state = new ContainerState();
  readonly restarts: RestartManager;
  readonly log: ContainerLog;
  readonly streams: Streams;
  /** Execs that have not ended, by id. */
  readonly execs = new Map<string, Exec>();
  /** Mounts by destination. Clients cannot rely on the order. */
  mounts: MountPoint[] = [];
  /** Sources of the mounts' data, by destination. */
  readonly mountSources = new Map<string, ContainerMount>();
  /** Endpoint settings by network name. */
  networks = new Map<string, EndpointSettings>();
  /** Linked containers on the default bridge, by alias. A linked container may have been removed. */
  readonly links = new Map<string, Container>();
  ports: PortMap = {};
  sandboxId = '';
  restartCount = 0;
  stoppedByHand = false;
  restartedByHand = false;
  startedBefore = false;
  /** The writable layer. Created and removed with the container. */
  fileSystem: FileSystem | undefined;
  /** Its host names and resolver, from its first start on. */
  systemFiles: FileSystem | undefined;
  /** The file system mounted at /dev/shm. */
  sharedMemory: MountSource | undefined;
  sandbox: Sandbox | undefined;
  process: Process | undefined;
  /** Serializes the creation of mounts. */
  readonly mounting = new SerialQueue();
  /** Acts that change its life. */
  readonly #life = new SerialQueue();

  constructor(parts: ContainerParts) {
    const { config } = parts;
    this.id = parts.id;
    this.name = parts.name;
    this.createdAt = parts.createdAt;
    this.config = config;
    this.hostConfig = parts.hostConfig;
    this.imageId = parts.imageId;
    this.manifest = parts.manifest;
    this.platform = parts.platform;
    this.restarts = parts.restarts;
    this.log = parts.log;
    this.streams = parts.streams;
    const [path = '', ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
    this.path = path;
    this.args = args;
  }

  /** The name without its slash. */
  get plainName(): string {
    return this.name.slice(1);
  }

  /** Do something to it when everything before it is done. */
  exclusive<T>(action: () => Promise<T>): Promise<T> {
    return this.#life.run(action);
  }
}
