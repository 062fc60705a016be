import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { FileFacts, Files, OpenFile } from '../../src/oci/files.js';
import type { Random } from '../support/random.js';

/** A file or folder. */
interface Node {
  readonly id: number;
  /** Bytes, or the names in a folder. */
  data: Buffer;
  readonly names: Map<string, Node> | undefined;
  /** What survives a power cut. */
  syncedData: Buffer;
  syncedNames: Map<string, Node>;
  changed: number;
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
export class SimulatedDisk implements Files {
  #root: Node;
  #ids = 0;
  #time = 1_700_000_000_000;
  /** Each change of a name since its folder was synced. */
  readonly #history = new Map<Node, [name: string, node: Node | undefined][]>();

  /** @param weather set anew after each power cut */
  constructor(public weather: Weather) {
    this.#root = this.#node(true);
  }

  async open(path: string, flags: 'r' | 'wx', _mode?: number): Promise<OpenFile> {
    await this.weather.step(`open ${flags}`);
    if (flags === 'r') return this.#opened(this.#get(path));
    if (this.#find(path) !== undefined) throw systemError('EEXIST', path);
    const made = this.#node(false);
    this.#set(path, made);
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
    const node = this.#find(path);
    if (node === undefined) return undefined;
    const mtime = new Date(node.changed);
    return { size: node.data.length, mtime, birthtime: mtime };
  }

  changedAt(path: string): bigint {
    return BigInt(this.#find(path)?.changed ?? 0) * 1_000_000n;
  }

  async readdir(path: string): Promise<string[]> {
    await this.weather.step('readdir');
    return [...this.#folder(path).keys()];
  }

  async stat(path: string): Promise<FileFacts> {
    await this.weather.step('stat');
    this.#get(path);
    return this.look(path) as FileFacts;
  }

  async identity(path: string): Promise<string> {
    const { id, changed } = this.#get(path);
    return `${id} ${changed}`;
  }

  async mkdir(path: string): Promise<void> {
    await this.weather.step('mkdir');
    if (this.#find(path) !== undefined) throw systemError('EEXIST', path);
    this.#set(path, this.#node(true));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.weather.step('rename');
    const node = this.#get(from);
    this.#folder(dirname(to));
    this.#set(to, node);
    this.#set(from, undefined);
  }

  async unlink(path: string): Promise<void> {
    await this.weather.step('unlink');
    this.#get(path);
    this.#set(path, undefined);
  }

  async removeFolder(path: string): Promise<void> {
    const node = this.#find(path);
    if (node === undefined) return;
    for (const name of [...(node.names?.keys() ?? [])]) {
      const inner = join(path, name);
      await (this.#find(inner)?.names === undefined ? this.unlink(inner) : this.removeFolder(inner));
    }
    await this.weather.step('rmdir');
    this.#set(path, undefined);
  }

  /** The disk as it may be found when the power is back. */
  afterPowerLoss(random: Random): void {
    this.#root = this.#survivor(this.#root, random);
    this.#history.clear();
  }

  #node(folder: boolean): Node {
    const none = Buffer.alloc(0);
    const names = folder ? new Map<string, Node>() : undefined;
    return { id: ++this.#ids, data: none, names, syncedData: none, syncedNames: new Map(), changed: ++this.#time };
  }

  #opened(node: Node): OpenFile {
    const { weather } = this;
    return {
      write: async (bytes, from = 0) => {
        await weather.step('write');
        // A write may take less than it is given.
        const piece = bytes.subarray(from, from + 65_536);
        node.data = Buffer.concat([node.data, piece]);
        node.changed = ++this.#time;
        return { bytesWritten: piece.length };
      },
      stat: async () => ({ size: node.data.length }),
      sync: async () => {
        await weather.step(node.names === undefined ? 'fsync' : 'fsync of a folder');
        node.syncedData = node.data;
        if (node.names === undefined) return;
        node.syncedNames = new Map(node.names);
        this.#history.delete(node);
      },
      createReadStream: ({ start, end }) => Readable.from([Buffer.from(node.data.subarray(start, end + 1))]),
      close: async () => undefined,
    };
  }

  #survivor(node: Node, random: Random): Node {
    if (node.names === undefined) return this.#settled(node, survivingData(node, random), undefined, random);
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
    return this.#settled(node, node.data, names, random);
  }

  #settled({ id, changed }: Node, data: Buffer, names: Map<string, Node> | undefined, random: Random): Node {
    const kept = names && new Map([...names].map(([name, node]) => [name, this.#survivor(node, random)]));
    return { id, data, names: kept, syncedData: data, syncedNames: new Map(kept), changed };
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) node = node?.names?.get(name);
    return node;
  }

  #get(path: string): Node {
    const node = this.#find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    return node;
  }

  #file(path: string): Node {
    const node = this.#get(path);
    if (node.names !== undefined) throw systemError('EISDIR', path);
    return node;
  }

  #folder(path: string): Map<string, Node> {
    const { names } = this.#get(path);
    if (names === undefined) throw systemError('ENOTDIR', path);
    return names;
  }

  #set(path: string, node: Node | undefined): void {
    const folder = this.#get(dirname(path));
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (node === undefined) folder.names?.delete(name);
    else folder.names?.set(name, node);
    folder.changed = ++this.#time;
    const history = this.#history.get(folder) ?? [];
    history.push([name, node]);
    this.#history.set(folder, history);
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
