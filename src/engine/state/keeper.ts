import { AttestdError } from '../../support/foundation/errors.js';
import type { FileSystem } from '../../support/sandbox/fs/types.js';
import type { Container } from '../containers/container.js';
import { tarOfEntries } from '../containers/io/archive-entries.js';
import type { Context } from '../context.js';
import { clusterKind } from '../swarm/cluster.js';
import { swarmKinds } from '../swarm/kinds.js';
import { type StateFiles, volumeFile } from './files.js';
import { LogFile } from './log-file.js';
import {
  containerRecordType,
  encodeRecord,
  lineageRecordType,
  networkRecordType,
  volumeRecordType,
} from './records.js';
import { swarmObjects, swarmText } from './swarm.js';
import { recordOfContainer, recordOfLineage, recordOfNetwork, recordOfVolume } from './to-records.js';

/** Milliseconds between checks for file changes of running containers. */
const interval = 1000;

/**
 * A possibly changed object: `containers/ID`, `networks/ID`, `volumes/NAME`, `swarm/KIND-ID`, or the lineage of images.
 */
type Key = `${'containers' | 'networks' | 'volumes' | 'swarm'}/${string}` | 'lineage';

/**
 * Persists containers, networks, volumes and the swarm in a directory
 * (docs/explanation/architecture.md#the-state-of-containers). Events mark changed objects. Changes are written before
 * the response of the request that made them, and other changes soon after.
 */
export class StateKeeper {
  readonly #dirty = new Set<Key>();
  readonly #texts = new Map<Key, string>();
  readonly #revisions = new WeakMap<FileSystem, number>();
  /** The file system saved in each data file. */
  readonly #saved = new Map<string, FileSystem>();
  /** Data whose record was deleted, to be deleted as well once that is certain. */
  readonly #orphans = new Set<string>();
  readonly #logs = new Map<string, LogFile>();
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();
  #scheduled = false;
  #closed = false;

  /**
   * @param files the directory
   *
   * @param failed receives errors of background writes
   */
  constructor(
    private readonly context: Context,
    private readonly files: StateFiles,
    private readonly failed: (message: string) => void,
  ) {
    context.events.observe(({ type, actor, action }) => this.#changed(type, actor.id, action));
    context.swarm.observe((kind, id) => {
      this.#mark(`swarm/${kind}-${id}`);
      if (kind === clusterKind.name) this.#markNetworks();
    });
    this.#timer = setInterval(() => this.#checkRunning(), interval).unref();
  }

  /** Whether the keeper is closed and ignores further changes. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Marks a file system as saved.
   *
   * @param path of its data, which need not exist
   */
  clean(path: string, fileSystem: FileSystem): void {
    this.#revisions.set(fileSystem, fileSystem.revision);
    this.#saved.set(path, fileSystem);
  }

  /** Persists the log of a container. */
  follow(container: Container): void {
    const path = `containers/${container.id}.log`;
    const file = new LogFile(this.files, path, () => container.log.retained(), this.failed);
    this.#logs.set(container.id, file);
    container.log.observe((entry) => (this.#closed ? undefined : file.add(entry)));
  }

  /** A request may have changed a container without an event of it. */
  markContainer(term: string): void {
    const { containers } = this.context;
    const found = containers.byId(term) ?? containers.byName(term);
    if (found !== undefined) this.#mark(`containers/${found.id}`);
  }

  /** Any container may have changed. */
  markContainers(): void {
    for (const { id } of this.context.containers.list()) this.#mark(`containers/${id}`);
  }

  /** Marks everything as changed. */
  markAll(): void {
    this.markContainers();
    this.#markNetworks();
    for (const { name } of this.context.volumes.list()) this.#mark(`volumes/${name}`);
    for (const { name } of swarmKinds)
      for (const { id } of swarmObjects(this.context, name)) this.#mark(`swarm/${name}-${id}`);
  }

  /**
   * Resolves once all changes so far are on disk.
   *
   * @throws errors of the file system, after which the changes are retried with the next write; UNAVAILABLE after the
   * close, because later changes are not persisted
   */
  flush(): Promise<void> {
    if (this.#closed) return Promise.reject(new AttestdError('UNAVAILABLE', 'the daemon is ending'));
    return this.#dirty.size > 0 || this.files.hasUncertainDeletes ? this.#startSave() : this.#writing;
  }

  /** Writes pending changes and closes the keeper. */
  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#timer);
    this.markContainers();
    try {
      await this.flush();
      for (const log of this.#logs.values()) await log.close();
    } finally {
      await this.abandon();
    }
  }

  /** Closes the keeper without writing pending changes, because the store's next owner writes to the same files. */
  async abandon(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed = true;
    // The requests that started the write receive its error.
    await this.#writing.catch(() => undefined);
    for (const log of this.#logs.values()) await log.close().catch(() => undefined);
  }

  #changed(type: string, id: string, action: string): void {
    if (type === 'network') this.#mark(`networks/${id}`);
    if (type === 'volume' && id !== '') this.#mark(`volumes/${id}`);
    if (type === 'image' || action === 'commit') this.#mark('lineage');
    if (type !== 'container' || id === '') return;
    const container = this.context.containers.byId(id);
    if (action === 'create' && container !== undefined) this.follow(container);
    this.#mark(`containers/${id}`);
  }

  #markNetworks(): void {
    for (const { id } of this.context.networks.list()) this.#mark(`networks/${id}`);
  }

  #mark(key: Key): void {
    if (this.#closed) return;
    this.#dirty.add(key);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#dirty.size > 0 && !this.#closed) this.#startSave().catch((error: Error) => this.failed(error.message));
    });
  }

  #checkRunning(): void {
    for (const container of this.context.containers.list())
      if (
        container.state.running &&
        this.#fileSystems(container).some(([, fileSystem]) => this.#deleteStale(fileSystem))
      )
        this.#mark(`containers/${container.id}`);
  }

  #deleteStale(fileSystem: FileSystem): boolean {
    // A file system without writes has no data file.
    return (this.#revisions.get(fileSystem) ?? 0) !== fileSystem.revision;
  }

  /**
   * Starts a write of all changes after the current one, and retries failed changes. All waiting requests share the
   * result, because any of them may have made the failed change.
   */
  #startSave(): Promise<void> {
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(async () => {
        const keys = [...this.#dirty];
        this.#dirty.clear();
        const failures: unknown[] = [];
        for (const key of keys) {
          try {
            await this.#write(key);
          } catch (error) {
            this.#dirty.add(key);
            failures.push(error);
          }
        }
        await this.files.sync();
        if (failures.length > 0) throw failures[0];
        // Data without a record is unreachable, even after a power failure. It must not reappear under a reused name.
        for (const path of this.#orphans) await this.files.discard(path);
        await this.files.sync();
        this.#orphans.clear();
      });
    this.#writing.catch(() => undefined);
    return this.#writing;
  }

  async #write(key: Key): Promise<void> {
    const [kind, name = ''] = key.split('/') as [string, string?];
    if (kind === 'lineage') {
      const text = encodeRecord(recordOfLineage(this.context.lineage), lineageRecordType);
      return this.#text(key, 'lineage.json', text);
    }
    if (kind === 'containers') return this.#container(name);
    if (kind === 'swarm') return this.#text(key, `${key}.json`, swarmText(this.context, name));
    if (kind === 'networks') {
      // Networks of scope swarm are persisted with the swarm.
      const network = this.context.networks.list().find(({ id, scope }) => id === name && scope !== 'swarm');
      const text = network && encodeRecord(recordOfNetwork(network), networkRecordType);
      return this.#text(key, `${key}.json`, text);
    }
    const volume = this.context.volumes.find(name);
    const path = `volumes/${volumeFile(name)}`;
    if (volume !== undefined) await this.#save(`${path}.tar`, volume.fileSystem);
    await this.#text(key, `${path}.json`, volume && encodeRecord(recordOfVolume(volume), volumeRecordType));
    if (volume === undefined) this.#orphan(`${path}.tar`);
  }

  async #container(id: string): Promise<void> {
    const path = `containers/${id}`;
    const container = this.context.containers.byId(id);
    if (container === undefined) {
      // The last writes to volumes were acknowledged, so they are saved.
      for (const { name, fileSystem } of this.context.volumes.list())
        await this.#save(`volumes/${volumeFile(name)}.tar`, fileSystem);
      await this.#text(`containers/${id}`, `${path}.json`, undefined);
      // Pending log writes of a removed container are dropped.
      await this.#logs.get(id)?.close();
      this.#logs.delete(id);
      this.#orphan(`${path}.tar`);
      this.#orphan(`${path}.log`);
      return;
    }
    // Data is written before the record that refers to it.
    for (const [file, fileSystem] of this.#fileSystems(container)) await this.#save(file, fileSystem);
    await this.#logs.get(id)?.flush();
    if (this.context.containers.byId(id) !== container) return;
    const text = encodeRecord(recordOfContainer(container), containerRecordType);
    await this.#text(`containers/${id}`, `${path}.json`, text);
  }

  /** The file systems that a container writes to and that outlive a run, with their files. */
  #fileSystems({ id, fileSystem, mountSources }: Container): [string, FileSystem][] {
    const found: [string, FileSystem][] = [];
    if (fileSystem !== undefined) found.push([`containers/${id}.tar`, fileSystem]);
    for (const { point, volume, fileSystem: source } of mountSources.values()) {
      if (volume !== undefined) found.push([`volumes/${volumeFile(volume.name)}.tar`, source]);
      else if (point.Type === 'bind') found.push(['machine.tar', source]);
    }
    return found;
  }

  async #save(path: string, fileSystem: FileSystem): Promise<void> {
    const { revision } = fileSystem;
    const saved = this.#saved.get(path);
    // Data of a previous owner is replaced with the first record of the name's new owner.
    const others = this.#orphans.has(path) || (saved !== undefined && saved !== fileSystem);
    if (!this.#deleteStale(fileSystem) && !others) return;
    await this.files.replace(path, tarOfEntries(fileSystem.layer()));
    this.#orphans.delete(path);
    this.#saved.set(path, fileSystem);
    this.#revisions.set(fileSystem, revision);
  }

  #orphan(path: string): void {
    this.#saved.delete(path);
    this.#orphans.add(path);
  }

  /** Writes a record if it changed. Undefined deletes it. */
  async #text(key: Key, path: string, text: string | undefined): Promise<void> {
    if (text === undefined) {
      this.#texts.delete(key);
      return this.files.discard(path);
    }
    if (this.#texts.get(key) === text) return;
    await this.files.replace(path, text);
    this.#texts.set(key, text);
  }
}
