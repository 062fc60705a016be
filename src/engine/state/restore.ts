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

/** The exit code of what ended while no daemon saw it. */
const unseenExit = 255;

/** How state is kept. */
export interface StateOptions {
  /** The folder; made when it is not there. */
  readonly root: string;
  /** Is told of what could not be read or written. */
  readonly warn: (message: string) => void;
  /** The machine's file system without it. */
  readonly files?: Files;
}

/**
 * Bring back the containers, networks, volumes and the swarm of an earlier daemon, and keep those of this one
 * (docs/reference/behavior/daemon.md#restarting-the-daemon).
 *
 * @throws what making the folder throws; a broken record is set aside and told, and ends nothing
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
    // `host` and `none` keep their ids; `bridge` is made anew unless containers have gone on in it.
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
 * A container that was to go goes; one that ran may go on; one whose policy says so is started again.
 *
 * @param before the endpoints of one that is to go on
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

/** An error of the file system says nothing of what is in a file, and another try may read it. */
const isSystemError = (error: unknown): boolean => typeof (error as NodeJS.ErrnoException).errno === 'number';

/** The files of a thing, its record first. */
const dataOf = (kind: string, name: string): readonly string[] =>
  ['json', 'tar', 'log'].map((ending) => `${kind}/${name}.${ending}`);

/** Reads what an earlier daemon wrote. */
export class Reader {
  /** Containers that ran and are to go on, with their endpoints of then. */
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

  /** @param paths what is set aside where it cannot be used, with all that belongs to it: somebody may still want it */
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

  /** Put a saved tree into a file system; what cannot be read is set aside. */
  async fileSystem(path: string, fileSystem: FileSystem): Promise<void> {
    if (!this.files.has(path)) return;
    await this.#guard([path], () => fileSystem.restore(entriesOfTar(this.files.stream(path))));
  }

  /** What images were made of. */
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

  /** Link a container again to what it was linked to, as far as that is there. */
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

  /** An image that is gone leaves what the container wrote itself. */
  async #snapshot({ id, manifest }: ContainerRecord): Promise<Snapshot> {
    try {
      return await this.context.rootfs.forContainer(manifest);
    } catch (error) {
      this.warn(`container ${id} comes back without the files of its image: ${(error as Error).message}`);
      return emptySnapshot;
    }
  }

  /** Delete the data of what has no record: it was being removed, or its making was never acknowledged. */
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
