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

/** Milliseconds between looks at what running containers have written to their files. */
const interval = 1000;

/** A thing that may have changed: `containers/ID`, `networks/ID`, `volumes/NAME`, `swarm/KIND-ID`, or where images come from. */
type Key = `${'containers' | 'networks' | 'volumes' | 'swarm'}/${string}` | 'lineage';

/**
 * Keeps containers, networks, volumes and the swarm in a folder (docs/explanation/architecture.md#the-state-of-containers).
 *
 * The daemon's events tell what has changed; it is written before the request that changed it is answered, and soon
 * after where nobody asked for it.
 */
export class StateKeeper {
  readonly #dirty = new Set<Key>();
  readonly #texts = new Map<Key, string>();
  readonly #revisions = new WeakMap<FileSystem, number>();
  /** Whose the data in a file is. */
  readonly #saved = new Map<string, FileSystem>();
  /** Data whose record was deleted, to be deleted as well once that is certain. */
  readonly #orphans = new Set<string>();
  readonly #logs = new Map<string, LogFile>();
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();
  #scheduled = false;
  #closed = false;

  /**
   * @param files the folder
   * @param failed is told when something could not be written that nobody waits for
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

  /** Whether what changes now is not kept any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** A file system is as it is on disk. @param path of its data, which need not be there */
  clean(path: string, fileSystem: FileSystem): void {
    this.#revisions.set(fileSystem, fileSystem.revision);
    this.#saved.set(path, fileSystem);
  }

  /** Follow what a container writes. */
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

  /** All that there is is to be written. */
  markAll(): void {
    this.markContainers();
    this.#markNetworks();
    for (const { name } of this.context.volumes.list()) this.#mark(`volumes/${name}`);
    for (const { name } of swarmKinds)
      for (const { id } of swarmObjects(this.context, name)) this.#mark(`swarm/${name}-${id}`);
  }

  /**
   * Resolves when everything that has changed so far is on disk.
   *
   * @throws what the file system throws, and what could not be written is written with what changes next; UNAVAILABLE once it
   * was closed, for what has changed since then is not kept
   */
  flush(): Promise<void> {
    if (this.#closed) return Promise.reject(new AttestdError('UNAVAILABLE', 'the daemon is ending'));
    return this.#dirty.size > 0 || this.files.hasUncertainDeletes ? this.#startSave() : this.#writing;
  }

  /** Write what is left, and no more. */
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

  /** Write nothing more but what is being written: whoever has the store next writes to the same files. */
  async abandon(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed = true;
    // Whoever began it is told how it ends.
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
    // What was never written to has no file.
    return (this.#revisions.get(fileSystem) ?? 0) !== fileSystem.revision;
  }

  /**
   * Write what has changed, after what is being written; what failed there is tried again. Whoever changed something before
   * waits for the whole of it: a failure is everybody's, for each may be the one whose change it is.
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
        // Without their record they are nobody's, now also after a power cut; nor may one bring them back for whoever has the
        // name next.
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
      // What all of the swarm has is written with the swarm.
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
      // What its last requests wrote to volumes is there still, and was acknowledged.
      for (const { name, fileSystem } of this.context.volumes.list())
        await this.#save(`volumes/${volumeFile(name)}.tar`, fileSystem);
      await this.#text(`containers/${id}`, `${path}.json`, undefined);
      // Whoever waits for it to be written waits for nothing.
      await this.#logs.get(id)?.close();
      this.#logs.delete(id);
      this.#orphan(`${path}.tar`);
      this.#orphan(`${path}.log`);
      return;
    }
    // A record never tells of what is not there yet.
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
    // Another's data goes with the first record of who has its name now.
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

  /** Write a record where it differs from what was written last; nothing for none. */
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
