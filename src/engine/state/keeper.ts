import { dirname, join } from 'node:path';
import { syncFolder, systemFiles } from '../../oci/files.js';
import type { ArchiveEntry, FileSystem } from '../../runtime/fs/types.js';
import { tarOfEntries } from '../containers/archive-entries.js';
import type { Container } from '../containers/container.js';
import type { Context } from '../context.js';
import { discard, replace } from './files.js';
import { LogFile } from './log-file.js';
import {
  containerRecordType,
  encodeRecord,
  lineageRecordType,
  networkRecordType,
  volumeRecordType,
} from './records.js';
import { recordOfContainer, recordOfLineage, recordOfNetwork, recordOfVolume } from './to-records.js';

/** Entries with their bytes as they are now: what is written meanwhile must not get into half of an archive. */
function frozen(entries: Iterable<ArchiveEntry>): ArchiveEntry[] {
  return [...entries].map((entry) => ({ ...entry, content: [...(entry.content as Iterable<Uint8Array>)] }));
}

/** Milliseconds between looks at what running containers have written to their files. */
const interval = 1000;

/** A thing that may have changed: `containers/ID`, `networks/ID`, `volumes/NAME`, or where images come from. */
type Key = `containers/${string}` | `networks/${string}` | `volumes/${string}` | 'lineage';

/**
 * Keeps containers, networks and volumes in a folder (docs/architecture.md#the-state-of-containers).
 *
 * The daemon's events tell what has changed; it is written before the request that changed it is answered, and soon
 * after where nobody asked for it.
 */
export class StateKeeper {
  readonly #dirty = new Set<Key>();
  readonly #texts = new Map<Key, string>();
  readonly #revisions = new WeakMap<FileSystem, number>();
  readonly #logs = new Map<string, LogFile>();
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();
  #scheduled = false;
  #failure: unknown;
  /** Folders in which files were replaced or deleted since they were synced. */
  readonly #unsynced = new Set<string>();

  /**
   * @param root the folder
   * @param failed is told when something could not be written that nobody waits for
   */
  constructor(
    private readonly context: Context,
    private readonly root: string,
    private readonly failed: (message: string) => void,
  ) {
    context.events.observe(({ type, actor, action }) => this.#changed(type, actor.id, action));
    this.#timer = setInterval(() => this.#look(), interval).unref();
  }

  /** A file system is as it is on disk. */
  clean(fileSystem: FileSystem): void {
    this.#revisions.set(fileSystem, fileSystem.revision);
  }

  /** Follow what a container writes. */
  follow(container: Container): void {
    const path = join(this.root, 'containers', `${container.id}.log`);
    const file = new LogFile(this.root, path, () => container.log.entries());
    this.#logs.set(container.id, file);
    container.log.observe((entry) => {
      file.add(entry);
      this.#touch(`containers/${container.id}`);
    });
  }

  /** A request may have changed a container without an event of it. */
  touchContainer(term: string): void {
    const { containers } = this.context;
    const found = containers.byId(term) ?? containers.byName(term);
    if (found !== undefined) this.#touch(`containers/${found.id}`);
  }

  /** Any container may have changed. */
  touchContainers(): void {
    for (const { id } of this.context.containers.list()) this.#touch(`containers/${id}`);
  }

  /** All that there is is to be written. */
  touchAll(): void {
    this.touchContainers();
    for (const { id } of this.context.networks.list()) this.#touch(`networks/${id}`);
    for (const { name } of this.context.volumes.list()) this.#touch(`volumes/${name}`);
  }

  /**
   * Resolves when everything that has changed so far is on disk.
   *
   * @throws what the file system throws
   */
  async flush(): Promise<void> {
    if (this.#dirty.size > 0) this.#begin();
    await this.#writing;
    if (this.#failure === undefined) return;
    const failure = this.#failure;
    this.#failure = undefined;
    throw failure;
  }

  /** Write what is left, and no more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.touchContainers();
    await this.flush();
    this.#closed = true;
  }

  #closed = false;

  #changed(type: string, id: string, action: string): void {
    if (type === 'network') this.#touch(`networks/${id}`);
    if (type === 'volume' && id !== '') this.#touch(`volumes/${id}`);
    if (type === 'image' || action === 'commit') this.#touch('lineage');
    if (type !== 'container' || id === '') return;
    const container = this.context.containers.byId(id);
    if (action === 'create' && container !== undefined) this.follow(container);
    this.#touch(`containers/${id}`);
  }

  #touch(key: Key): void {
    if (this.#closed) return;
    this.#dirty.add(key);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#dirty.size === 0) return;
      this.#begin();
      void this.#writing.then(() => {
        if (this.#failure !== undefined) this.failed((this.#failure as Error).message);
      });
    });
  }

  #look(): void {
    for (const container of this.context.containers.list())
      if (container.state.running && this.#fileSystems(container).some(([, fileSystem]) => this.#stale(fileSystem)))
        this.#touch(`containers/${container.id}`);
  }

  #stale(fileSystem: FileSystem): boolean {
    // What was never written to has no file.
    return (this.#revisions.get(fileSystem) ?? 0) !== fileSystem.revision;
  }

  /** Write what has changed, after what is being written. */
  #begin(): void {
    this.#writing = this.#writing.then(async () => {
      const keys = [...this.#dirty];
      this.#dirty.clear();
      for (const key of keys) {
        try {
          await this.#write(key);
        } catch (error) {
          this.#dirty.add(key);
          this.#failure = error;
        }
      }
      await this.#sync();
    });
  }

  async #sync(): Promise<void> {
    try {
      for (const folder of this.#unsynced) await syncFolder(folder, systemFiles);
      this.#unsynced.clear();
    } catch (error) {
      this.#failure = error;
    }
  }

  async #write(key: Key): Promise<void> {
    const [kind, name = ''] = key.split('/') as [string, string?];
    if (kind === 'lineage') {
      const text = encodeRecord(recordOfLineage(this.context.lineage), lineageRecordType);
      return this.#text(key, join(this.root, 'lineage.json'), text);
    }
    if (kind === 'containers') return this.#container(name);
    const path = join(this.root, key);
    if (kind === 'networks') {
      const network = this.context.networks.list().find(({ id }) => id === name);
      const text = network && encodeRecord(recordOfNetwork(network), networkRecordType);
      return this.#text(key, `${path}.json`, text);
    }
    const volume = this.context.volumes.find(name);
    if (volume !== undefined) await this.#save(`${path}.tar`, volume.fileSystem);
    await this.#text(key, `${path}.json`, volume && encodeRecord(recordOfVolume(volume), volumeRecordType));
    if (volume === undefined) await discard(`${path}.tar`);
  }

  async #container(id: string): Promise<void> {
    const path = join(this.root, 'containers', id);
    const container = this.context.containers.byId(id);
    if (container === undefined) {
      await this.#text(`containers/${id}`, `${path}.json`, undefined);
      this.#logs.delete(id);
      await discard(`${path}.tar`);
      await discard(`${path}.log`);
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
    if (fileSystem !== undefined) found.push([join(this.root, 'containers', `${id}.tar`), fileSystem]);
    for (const { point, volume, fileSystem: source } of mountSources.values()) {
      if (volume !== undefined) found.push([join(this.root, 'volumes', `${volume.name}.tar`), source]);
      else if (point.Type === 'bind') found.push([join(this.root, 'machine.tar'), source]);
    }
    return found;
  }

  async #save(path: string, fileSystem: FileSystem): Promise<void> {
    const { revision } = fileSystem;
    if (!this.#stale(fileSystem)) return;
    this.#unsynced.add(dirname(path));
    await replace(this.root, path, tarOfEntries(frozen(fileSystem.layer())));
    this.#revisions.set(fileSystem, revision);
  }

  /** Write a record where it differs from what was written last; nothing for none. */
  async #text(key: Key, path: string, text: string | undefined): Promise<void> {
    if (text === undefined) {
      this.#texts.delete(key);
      this.#unsynced.add(dirname(path));
      return discard(path);
    }
    if (this.#texts.get(key) === text) return;
    this.#unsynced.add(dirname(path));
    await replace(this.root, path, text);
    this.#texts.set(key, text);
  }
}
