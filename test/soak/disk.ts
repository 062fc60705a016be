import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { FileFacts, Files, OpenFile } from '../../src/oci/files.js';
import type { Random } from '../helpers/random.js';

let ids = 0;
let time = 1_700_000_000_000;

/** A file or folder. */
class Node {
  data: Buffer = Buffer.alloc(0);
  readonly names: Map<string, Node> | undefined;
  /** What survives a power cut. */
  syncedData = this.data;
  syncedNames = new Map<string, Node>();
  changed = ++time;

  /** @param folder whether it has names rather than bytes */
  constructor(
    folder: boolean,
    readonly id = ++ids,
  ) {
    this.names = folder ? new Map() : undefined;
  }

  touch(): void {
    this.changed = ++time;
  }
}

/** What happens to the operations of a disk. */
export interface Weather {
  /** Told each operation before it is done; may wait, or throw what the system would. */
  step(operation: string): Promise<void>;
}

/** A system error. */
export function systemError(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}

/**
 * A disk in memory that forgets what was not synced, as far as a file system may: after a power cut a file has the bytes
 * that were synced, or of what was written since a part or zeros; a folder has, name by name, what it had when it was
 * synced or at any time since.
 */
export class SimulatedDisk {
  #root = new Node(true);
  /** Each change of a name since its folder was synced. */
  readonly #history = new Map<Node, [name: string, node: Node | undefined][]>();

  /** The disk as one process sees it. @param weather what becomes of its operations */
  mount(weather: Weather): Files {
    return new Mount(this, weather);
  }

  /** The disk as it may be found when the power is back. */
  afterPowerLoss(random: Random): void {
    this.#root = this.#survivor(this.#root, random);
    this.#history.clear();
  }

  find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) node = node?.names?.get(name);
    return node;
  }

  get(path: string): Node {
    const node = this.find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    return node;
  }

  set(path: string, node: Node | undefined): void {
    const folder = this.get(dirname(path));
    if (folder.names === undefined) throw systemError('ENOTDIR', path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (node === undefined) folder.names.delete(name);
    else folder.names.set(name, node);
    folder.touch();
    const history = this.#history.get(folder) ?? [];
    history.push([name, node]);
    this.#history.set(folder, history);
  }

  sync(node: Node): void {
    node.syncedData = node.data;
    if (node.names === undefined) return;
    node.syncedNames = new Map(node.names);
    this.#history.delete(node);
  }

  #survivor(node: Node, random: Random): Node {
    const survivor = new Node(node.names !== undefined, node.id);
    survivor.changed = node.changed;
    survivor.data = node.names === undefined ? survivingData(node, random) : node.data;
    survivor.syncedData = survivor.data;
    for (const [name, inner] of this.#survivingNames(node, random))
      survivor.names?.set(name, this.#survivor(inner, random));
    survivor.syncedNames = new Map(survivor.names);
    return survivor;
  }

  #survivingNames(node: Node, random: Random): Map<string, Node> {
    const names = new Map(node.syncedNames);
    const changes = new Map<string, (Node | undefined)[]>();
    for (const [name, value] of this.#history.get(node) ?? []) {
      const values = changes.get(name) ?? [names.get(name)];
      values.push(value);
      changes.set(name, values);
    }
    for (const [name, values] of changes) {
      const value = random.pick(values);
      if (value === undefined) names.delete(name);
      else names.set(name, value);
    }
    return names;
  }
}

/** What one process sees of a disk. */
class Mount implements Files {
  constructor(
    readonly disk: SimulatedDisk,
    readonly weather: Weather,
  ) {}

  async open(path: string, flags: 'r' | 'wx' | 'a', _mode?: number): Promise<OpenFile> {
    await this.weather.step(`open ${flags}`);
    if (flags === 'r') return this.#opened(this.disk.get(path));
    const found = this.disk.find(path);
    if (found !== undefined && flags === 'a') return this.#opened(found);
    if (found !== undefined) throw systemError('EEXIST', path);
    const made = new Node(false);
    this.disk.set(path, made);
    return this.#opened(made);
  }

  async readFile(path: string): Promise<Buffer> {
    await this.weather.step('readFile');
    return Buffer.from(this.#file(path).data);
  }

  readSmall(path: string, limit: number): Buffer | undefined {
    const { data } = this.#file(path);
    return data.length > limit ? undefined : Buffer.from(data);
  }

  look(path: string): FileFacts | undefined {
    const node = this.disk.find(path);
    if (node === undefined) return undefined;
    const mtime = new Date(node.changed);
    return { size: node.data.length, mtime, birthtime: mtime };
  }

  changedAt(path: string): bigint {
    return BigInt(this.disk.find(path)?.changed ?? 0) * 1_000_000n;
  }

  async readdir(path: string): Promise<string[]> {
    await this.weather.step('readdir');
    const { names } = this.disk.get(path);
    if (names === undefined) throw systemError('ENOTDIR', path);
    return [...names.keys()];
  }

  names(path: string): Iterable<string> {
    const { names } = this.disk.get(path);
    if (names === undefined) throw systemError('ENOTDIR', path);
    return [...names.keys()];
  }

  async stat(path: string): Promise<FileFacts> {
    await this.weather.step('stat');
    this.disk.get(path);
    return this.look(path) as FileFacts;
  }

  async identity(path: string): Promise<string> {
    const { id, changed } = this.disk.get(path);
    return `${id} ${changed}`;
  }

  async mkdir(path: string): Promise<void> {
    await this.weather.step('mkdir');
    if (this.disk.find(path) !== undefined) throw systemError('EEXIST', path);
    this.disk.set(path, new Node(true));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.weather.step('rename');
    this.disk.set(to, this.disk.get(from));
    this.disk.set(from, undefined);
  }

  async unlink(path: string): Promise<void> {
    await this.weather.step('unlink');
    this.disk.get(path);
    this.disk.set(path, undefined);
  }

  async removeFolder(path: string): Promise<void> {
    const node = this.disk.find(path);
    if (node === undefined) return;
    for (const name of [...(node.names?.keys() ?? [])]) {
      const inner = join(path, name);
      await (this.disk.find(inner)?.names === undefined ? this.unlink(inner) : this.removeFolder(inner));
    }
    await this.weather.step('rmdir');
    this.disk.set(path, undefined);
  }

  #opened(node: Node): OpenFile {
    const { disk, weather } = this;
    return {
      write: async (bytes, from = 0) => {
        await weather.step('write');
        // A write may take less than it is given.
        const piece = bytes.subarray(from, from + 65_536);
        node.data = Buffer.concat([node.data, piece]);
        node.touch();
        return { bytesWritten: piece.length };
      },
      stat: async () => ({ size: node.data.length }),
      sync: async () => {
        await weather.step(node.names === undefined ? 'fsync' : 'fsync of a folder');
        disk.sync(node);
      },
      createReadStream: ({ start, end }) => Readable.from([Buffer.from(node.data.subarray(start, end + 1))]),
      close: async () => undefined,
    };
  }

  #file(path: string): Node {
    const node = this.disk.get(path);
    if (node.names !== undefined) throw systemError('EISDIR', path);
    return node;
  }
}

function survivingData({ data, syncedData }: Node, random: Random): Buffer {
  if (data === syncedData) return data;
  const kind = random.below(4);
  if (kind === 0) return syncedData;
  if (kind === 1) return data;
  // Files only grow here: what was synced is their beginning.
  const length = syncedData.length + random.below(data.length - syncedData.length + 1);
  return kind === 2
    ? data.subarray(0, length)
    : Buffer.concat([data.subarray(0, length), Buffer.alloc(data.length - length)]);
}
