import { join } from 'node:path';
import type { Files } from '../../oci/files.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { GoType } from '../../support/go/json.js';
import { createFileSystem } from '../../support/sandbox/fs/file-system.js';
import { emptySnapshot } from '../../support/sandbox/fs/snapshot.js';
import type { FileSystem, Snapshot } from '../../support/sandbox/fs/types.js';
import { Container } from '../containers/container.js';
import { addLinks } from '../containers/create/links.js';
import { entriesOfTar } from '../containers/io/archive-entries.js';
import { Streams } from '../containers/io/streams.js';
import { ContainerLog } from '../containers/logs/log.js';
import { logBounds } from '../containers/logs/log-config.js';
import { removeContainer } from '../containers/remove.js';
import { RestartManager } from '../containers/run/restart-manager.js';
import { goOn, run } from '../containers/run/start.js';
import type { Context } from '../context.js';
import { type Endpoints, resetEndpoint } from '../networks/attach.js';
import { resumeServices } from '../swarm/orchestrate.js';
import { restoreMount } from '../volumes/mounts.js';
import { StateFiles, volumeFile } from './files.js';
import { StateKeeper } from './keeper.js';
import { readLog } from './log-file.js';
import {
  type ContainerRecord,
  containerRecordType,
  decodeRecord,
  lineageRecordType,
  networkRecordType,
  volumeRecordType,
} from './records.js';
import { restoreSwarm } from './swarm.js';

/** Exit code of a process that ended while no daemon was running. */
const unseenExit = 255;

/** Options of the persistent state. */
export interface StateOptions {
  /** The directory, created if missing. */
  readonly root: string;
  /** Receives warnings about failed reads and writes. */
  readonly warn: (message: string) => void;
  /** Default: the host's file system. */
  readonly files?: Files;
}

/**
 * Restores the containers, networks, volumes and swarm of an earlier daemon, and persists those of this one
 * (docs/reference/behavior/daemon.md#restarting-the-daemon). Quarantines broken records with a warning.
 *
 * @throws errors of the directory's creation
 */
export async function openState(context: Context, { root, warn, files: disk }: StateOptions): Promise<StateKeeper> {
  const files = new StateFiles(root, disk);
  await files.open();
  const reader = new Reader(context, files, warn);
  const bounds = [context.quota, context.layerBudget];
  for (const bound of bounds) bound.isLenient = true;
  await reader.fileSystem('machine.tar', context.machine);
  await reader.lineage();
  await reader.each('volumes', volumeRecordType, async (record, name) => {
    const volume = context.volumes.restore(record);
    await reader.fileSystem(`volumes/${name}.tar`, volume.fileSystem);
  });
  await reader.each('networks', networkRecordType, async (record) => {
    // `host` and `none` keep their ids. `bridge` gets a new one unless containers kept running on it.
    if (record.name !== 'bridge' || context.settings.liveRestore) context.networks.restore(record);
  });
  await restoreSwarm(context, files, reader);
  const containers: Container[] = [];
  await reader.each('containers', containerRecordType, async (record, name) => {
    containers.push(await reader.container(record, name));
  });
  for (const container of containers) reader.links(container);
  for (const bound of bounds) bound.isLenient = false;
  await reader.sweep();
  const keeper = new StateKeeper(context, files, warn);
  keeper.clean('machine.tar', context.machine);
  for (const { name, fileSystem } of context.volumes.list())
    keeper.clean(`volumes/${volumeFile(name)}.tar`, fileSystem);
  for (const container of containers) {
    const { id, fileSystem } = container;
    if (fileSystem !== undefined) keeper.clean(`containers/${id}.tar`, fileSystem);
    keeper.follow(container);
  }
  try {
    keeper.markAll();
    await Promise.all(
      containers.map((container) => resume(context, container, reader.runningContainers.get(container))),
    );
    await resumeServices(context);
    await keeper.flush();
    return keeper;
  } catch (error) {
    await keeper.abandon();
    throw error;
  }
}

/**
 * Resumes, restarts or removes a container, depending on its state and restart policy.
 *
 * @param before the endpoints of a container that kept running
 */
async function resume(context: Context, container: Container, before: Endpoints | undefined): Promise<void> {
  const { state, hostConfig, restarts } = container;
  try {
    if (before !== undefined && !state.dead) {
      await container.exclusive(() => goOn(context, container, before));
      return;
    }
    if (hostConfig.AutoRemove || state.dead) {
      state.dead = false;
      await removeContainer(context, container, { force: true, volumes: true });
      return;
    }
    if (!container.startedBefore) return;
    const ran = (state.finishedAt ?? 0) - (state.startedAt ?? 0);
    if (restarts.next(state.exitCode, ran, container.stoppedByHand) === undefined) return;
    await container.exclusive(() => run(context, container, false));
  } catch (error) {
    context.debug(`container ${container.id} did not come back: ${(error as Error).message}`);
  }
}

/** An error of the file system does not mean that a file is broken. Another attempt may succeed. */
const isSystemError = (error: unknown): boolean => typeof (error as NodeJS.ErrnoException).errno === 'number';

/** The files of a thing, its record first. */
const dataOf = (kind: string, name: string): readonly string[] =>
  ['json', 'tar', 'log'].map((ending) => `${kind}/${name}.${ending}`);

/** Reads the state of an earlier daemon. */
export class Reader {
  /** Containers that kept running, with their previous endpoints. */
  readonly runningContainers = new Map<Container, Endpoints>();

  constructor(
    private readonly context: Context,
    private readonly files: StateFiles,
    private readonly warn: (message: string) => void,
  ) {}

  /**
   * Read the records of a kind, the oldest first; one that cannot be read is set aside.
   *
   * @param prefix of the names of those that are meant
   */
  async each<T extends { version: number; createdAt: string }>(
    kind: 'containers' | 'networks' | 'volumes' | 'swarm',
    type: GoType<T>,
    take: (record: T, name: string) => Promise<unknown>,
    prefix = '',
  ): Promise<void> {
    const found: { name: string; record: T }[] = [];
    for (const file of await this.files.list(kind)) {
      if (!file.endsWith('.json') || !file.startsWith(prefix)) continue;
      const name = file.slice(0, -'.json'.length);
      await this.#guard(dataOf(kind, name), async () => {
        found.push({ name, record: decodeRecord(await this.files.read(`${kind}/${file}`), type) });
      });
    }
    found.sort((a, b) => Number(a.record.createdAt) - Number(b.record.createdAt));
    for (const { name, record } of found) await this.#guard(dataOf(kind, name), () => take(record, name));
  }

  /** @param paths files to quarantine if the record is unusable, because their data may still be valuable */
  async #guard(paths: readonly string[], action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (isSystemError(error)) throw error;
      const there = paths.filter((path) => this.files.has(path));
      const setAside: string[] = [];
      for (const path of there) setAside.push(await this.files.quarantine(path));
      const what = join(this.files.root, paths[0] as string);
      this.warn(`${what} cannot be used and was set aside as ${setAside.join(', ')}: ${(error as Error).message}`);
    }
  }

  /** Restores a saved file system. Quarantines the file if it is unreadable. */
  async fileSystem(path: string, fileSystem: FileSystem): Promise<void> {
    if (!this.files.has(path)) return;
    await this.#guard([path], () => fileSystem.restore(entriesOfTar(this.files.stream(path))));
  }

  /** Restores the lineage of images. */
  async lineage(): Promise<void> {
    const path = 'lineage.json';
    if (!this.files.has(path)) return;
    await this.#guard([path], async () => {
      const { origins, repositories } = decodeRecord(await this.files.read(path), lineageRecordType);
      for (const { digest, ...origin } of origins ?? []) this.context.lineage.recordOrigin(digest, origin);
      for (const { digest, names } of repositories ?? []) this.context.lineage.restoreRepositories(digest, names ?? []);
    });
  }

  /** Make a container of its record: one that ran has ended, unseen. */
  async container(record: ContainerRecord, name: string): Promise<Container> {
    const { context } = this;
    const { id, hostConfig } = record;
    if (id !== name) throw new AttestdError('CORRUPT', `it is of container ${id}`);
    const log = new ContainerLog(context.timers, logBounds(hostConfig.LogConfig), context.logQuota);
    log.restore(await readLog(this.files, `containers/${id}.log`));
    const container = new Container({
      id,
      name: context.containers.reserve(id, record.name),
      createdAt: Number(record.createdAt),
      config: record.config,
      hostConfig,
      imageId: record.imageId,
      manifest: record.manifest,
      platform: record.platform,
      restarts: new RestartManager(hostConfig.RestartPolicy, context.timers, record.restartCount),
      log,
      streams: new Streams(log),
    });
    try {
      this.#life(container, record);
      if (record.state.running && context.settings.liveRestore)
        this.runningContainers.set(container, new Map(Object.entries(structuredClone(record.networks ?? {}))));
      for (const [network, settings] of Object.entries(record.networks ?? {}))
        container.networks.set(network, resetEndpoint(settings));
      for (const mount of record.mounts ?? [])
        container.mountSources.set(mount.point.Destination, await restoreMount(context, id, mount));
      container.mounts = [...container.mountSources.values()].map(({ point }) => point);
      const snapshot = await this.#snapshot(record);
      container.fileSystem = createFileSystem({ snapshot, budget: context.layerBudget, clock: context.timers });
      await this.fileSystem(`containers/${id}.tar`, container.fileSystem);
    } catch (error) {
      this.runningContainers.delete(container);
      context.containers.release(container.name);
      throw error;
    }
    context.containers.add(container);
    return container;
  }

  /** Restores a container's links to existing containers. */
  links(container: Container): void {
    const { containers } = this.context;
    const links = (container.hostConfig.Links ?? []).filter((spec) => containers.byId(spec.split(':')[0] ?? ''));
    addLinks(this.context, container, links);
  }

  #life(container: Container, { state: saved, ...record }: ContainerRecord): void {
    const { state } = container;
    const { running, startedAt, finishedAt, health, ...rest } = saved;
    const timeOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));
    Object.assign(state, rest, { startedAt: timeOf(startedAt), finishedAt: timeOf(finishedAt) });
    if (running) Object.assign(state, { exitCode: unseenExit, finishedAt: this.context.timers.now() });
    if (health) state.health = { status: 'starting', failingStreak: 0, log: [] };
    container.restartCount = record.restartCount;
    container.stoppedByHand = record.stoppedByHand;
    container.startedBefore = record.startedBefore;
  }

  /** If the image is missing, only the container's own files are restored. */
  async #snapshot({ id, manifest }: ContainerRecord): Promise<Snapshot> {
    try {
      return await this.context.rootfs.forContainer(manifest);
    } catch (error) {
      this.warn(`container ${id} comes back without the files of its image: ${(error as Error).message}`);
      return emptySnapshot;
    }
  }

  /** Deletes data without a record, which belongs to removed or never acknowledged objects. */
  async sweep(): Promise<void> {
    for (const kind of ['containers', 'volumes'] as const) {
      const files = await this.files.list(kind);
      const known = new Set(files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5)));
      for (const file of files)
        if (!file.endsWith('.json') && !known.has(file.replace(/\.(tar|log)$/, '')))
          await this.files.discard(`${kind}/${file}`);
    }
  }
}
