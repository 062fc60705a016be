import { AttestdError } from '../../errors.js';
import { trimRight } from '../../go/strings.js';
import { FileSystemError } from './errors.js';
import { extractInto } from './extract.js';
import { type AnyNode, isEmpty, type UpperNode } from './node.js';
import { NodeFile } from './open-file.js';
import { baseName, components, joinPath, longestPath, withoutSlashes } from './paths.js';
import { checkLength, checkReplaced } from './rename.js';
import { type Found, root } from './resolve.js';
import { type Place, WritableTree } from './tree.js';
import type {
  ArchiveEntry,
  Attributes,
  Credentials,
  Device,
  ExtractOptions,
  FileSystem,
  FileSystemOptions,
  MakeOptions,
  MountSource,
  NodeType,
  OpenFile,
  OpenOptions,
} from './types.js';
import { type Shared, TreeView } from './view.js';

/**
 * Make a file system: a writable layer, above a snapshot or by itself.
 *
 * @throws NO_SPACE when the budget is used up
 */
export function createFileSystem({ snapshot, budget, clock }: FileSystemOptions): FileSystem {
  const tree = new WritableTree(snapshot, budget, clock);
  const top = { tree, node: tree.root, parent: undefined, name: '', readOnly: false, path: '/' };
  return new LayeredFileSystem({ tree, top, mounts: new Map(), sources: new Map() }, root);
}

const sticky = 0o1000;

class LayeredFileSystem extends TreeView implements FileSystem {
  readonly isSealed: boolean;

  constructor(shared: Shared, who: Credentials, isSealed = false) {
    super(shared, who);
    this.isSealed = isSealed;
  }

  as(credentials: Credentials): FileSystem {
    return new LayeredFileSystem(this.shared, credentials, this.isSealed);
  }

  inside(mounts: ReadonlyMap<string, MountSource>, sealed: boolean): FileSystem {
    const { shared } = this;
    const own = { ...shared, mounts: new Map(shared.mounts), sources: new Map(shared.sources) };
    const seen = new LayeredFileSystem(own, this.who, sealed);
    for (const [path, source] of mounts)
      if (!own.mounts.has(path) && this.find(path)?.type === 'directory') seen.#show(path, source);
    return seen;
  }

  open(path: string, options: OpenOptions): OpenFile {
    let { directory, name, place } = this.resolve(path, true);
    if (place === undefined) {
      if (!options.create) throw new FileSystemError('ENOENT', path);
      if (name === '' || path.endsWith('/')) throw new FileSystemError('EISDIR', path);
      place = this.#add(directory, name, path, { type: 'file', mode: options.mode ?? 0o644 });
    } else {
      if (options.create && options.exclusive) throw new FileSystemError('EEXIST', path);
      if (options.write && place.node.type === 'directory') throw new FileSystemError('EISDIR', path);
      this.check(place.node, (options.read ? 4 : 0) | (options.write ? 2 : 0), path);
    }
    if (!options.write) return new NodeFile(place.tree, place.node, options, path);
    this.#mayWrite(place, path);
    const file = new NodeFile(place.tree, place.tree.writable(place), options, path);
    if (options.truncate) file.truncate(0);
    return file;
  }

  writeFile(path: string, bytes: Uint8Array | string, options: MakeOptions = {}): void {
    const mode = options.mode === undefined ? {} : { mode: options.mode };
    const file = this.open(path, { write: true, create: true, truncate: true, ...mode });
    try {
      file.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    } finally {
      file.close();
    }
  }

  truncate(path: string, size: number): void {
    const file = this.open(path, { write: true });
    try {
      file.truncate(size);
    } finally {
      file.close();
    }
  }

  mkdir(path: string, options: MakeOptions = {}): void {
    const { directory, name, place } = this.#resolveNew(path, options);
    if (place !== undefined) {
      if (options.recursive && this.find(path)?.type === 'directory') return;
      throw new FileSystemError('EEXIST', path);
    }
    this.#add(directory, name, path, { type: 'directory', mode: options.mode ?? 0o755 });
  }

  symlink(target: string, path: string): void {
    if (target.length > longestPath) throw new FileSystemError('ENAMETOOLONG', path);
    this.#addNew(path, { type: 'symlink', mode: 0o777, target });
  }

  link(existing: string, path: string): void {
    const from = this.present(existing, false);
    if (from.node.type === 'directory') throw new FileSystemError('EPERM', path);
    const { directory, name } = this.#missing(path);
    if (from.tree !== directory.tree) throw new FileSystemError('EXDEV', path);
    checkLength(directory, name, path);
    const into = this.#writableDirectory(directory, path);
    directory.tree.attach(into, name, directory.tree.writable(from));
  }

  mknod(path: string, type: 'character' | 'block' | 'fifo', mode: number, device?: Device): void {
    this.#addNew(path, { type, mode, device });
  }

  unlink(path: string): void {
    const found = this.#removable(path);
    if (found.place.node.type === 'directory') throw new FileSystemError('EISDIR', path);
    this.#detach(found, path);
  }

  rmdir(path: string): void {
    const found = this.#removable(path);
    if (found.place.node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
    if (!isEmpty(found.place.node)) throw new FileSystemError('ENOTEMPTY', path);
    this.#detach(found, path);
  }

  remove(path: string): void {
    let found: { readonly directory: Place; readonly name: string; readonly place: Place };
    try {
      found = this.#removable(path);
    } catch (error) {
      if (error instanceof FileSystemError && error.errno === 'ENOENT') return;
      throw error;
    }
    this.#detach(found, path);
  }

  rename(from: string, to: string): void {
    const source = this.#removable(from);
    const target = this.resolve(to, false);
    if (source.directory.tree !== target.directory.tree) throw new FileSystemError('EXDEV', to);
    if (target.name === '' || this.isMount(target.place)) throw new FileSystemError('EBUSY', to);
    if (target.place?.node.inode === source.place.node.inode && target.place.path === source.place.path) return;
    const isDirectory = source.place.node.type === 'directory';
    if (isDirectory && `${joinPath(target.directory.path, target.name)}/`.startsWith(`${source.place.path}/`)) {
      throw new FileSystemError('EINVAL', to);
    }
    if (target.place !== undefined) checkReplaced(target.place.node, isDirectory, to);
    checkLength(target.directory, target.name, to, source.place.node);
    const { tree } = source.directory;
    this.#writableDirectory(source.directory, from);
    const into = this.#writableDirectory(target.directory, to);
    const node = tree.writable(source.place);
    if (target.place !== undefined) {
      tree.writable(target.place);
      tree.detach(into, target.name);
    }
    tree.attach(into, target.name, node);
    tree.detach(tree.writable(source.directory), source.name);
    tree.moved(node);
  }

  change(path: string, attributes: Attributes, options: { readonly link?: boolean } = {}): void {
    const place = this.present(path, !options.link);
    if (this.who.uid !== 0 && !this.#mayChange(place.node, attributes)) throw new FileSystemError('EPERM', path);
    this.#mayWrite(place, path);
    place.tree.change(place.tree.writable(place), attributes);
  }

  mount(path: string, source: MountSource): void {
    const shown = shownBy(source);
    if (this.find(path) === undefined) this.#makeMountPoint(path, shown.node.type);
    const at = this.realPath(path);
    if (at === '/') throw new FileSystemError('EBUSY', path);
    this.#show(at, source, shown);
  }

  /** Show something at a path without links. */
  #show(at: string, source: MountSource, shown = shownBy(source)): void {
    const node = shown.tree.writable(shown);
    const readOnly = source.readOnly || shown.readOnly;
    this.shared.mounts.set(at, { tree: shown.tree, node, parent: undefined, name: baseName(at), readOnly, path: at });
    this.shared.sources.set(at, source);
  }

  /** Where a path of it leads, for whoever shows it elsewhere. */
  shown(path: string): Place {
    return this.present(path, true);
  }

  unmount(path: string): void {
    const at = this.realPath(path);
    if (!this.shared.mounts.delete(at)) throw new FileSystemError('EINVAL', path);
    this.shared.sources.delete(at);
  }

  extract(path: string, entries: AsyncIterable<ArchiveEntry>, options: ExtractOptions = {}): Promise<void> {
    return extractInto(this, path, entries, options);
  }

  restore(entries: AsyncIterable<ArchiveEntry>): Promise<void> {
    return extractInto(this, '/', entries, { whiteouts: true });
  }

  get revision(): number {
    return this.shared.tree.revision;
  }

  dispose(): void {
    this.shared.tree.dispose();
    this.shared.mounts.clear();
    this.shared.sources.clear();
  }

  /** Where something new may come; with `recursive`, what is missing above is made. */
  #resolveNew(path: string, { recursive, mode }: MakeOptions): Found {
    const bare = trimRight(path, '/') || '/';
    try {
      return this.resolve(bare, false);
    } catch (error) {
      if (!recursive || !(error instanceof FileSystemError) || error.errno !== 'ENOENT') throw error;
    }
    this.#makeAbove(bare, { type: 'directory', mode: mode ?? 0o755 });
    return this.resolve(bare, false);
  }

  /** Make the directories above a path. Few of them are looked for from the root: there may be two thousand, each far away. */
  #makeAbove(path: string, made: Made): void {
    const parts = components(path).slice(0, -1);
    const upTo = (count: number): string => `/${parts.slice(0, count).join('/')}`;
    let there = 0;
    for (let missing = parts.length; missing - there > 1; ) {
      const middle = (there + missing) >> 1;
      if (this.find(upTo(middle)) === undefined) missing = middle;
      else there = middle;
    }
    if (parts.slice(there).includes('..')) {
      for (let count = there + 1; count <= parts.length; count++)
        if (this.find(upTo(count)) === undefined) this.mkdir(upTo(count), made);
      return;
    }
    this.mkdir(upTo(there + 1), made);
    let place = this.present(upTo(there + 1), true);
    for (const name of parts.slice(there + 1)) place = this.#add(place, name, path, made);
  }

  #missing(path: string): Found {
    const found = this.resolve(path, false);
    if (found.place !== undefined) throw new FileSystemError('EEXIST', path);
    return found;
  }

  #addNew(path: string, made: Made): void {
    const { directory, name } = this.#missing(path);
    this.#add(directory, name, path, made);
  }

  #add(directory: Place, name: string, path: string, made: Made): Place {
    checkLength(directory, name, path);
    const into = this.#writableDirectory(directory, path);
    const setgid = (into.mode & 0o2000) !== 0;
    const node = directory.tree.make({ ...made, uid: this.who.uid, gid: setgid ? into.gid : this.who.gid });
    directory.tree.attach(into, name, node);
    const { tree, readOnly } = directory;
    return { tree, node, parent: directory, name, readOnly, path: joinPath(directory.path, name) };
  }

  #makeMountPoint(path: string, type: NodeType): void {
    const above = path.slice(0, path.lastIndexOf('/')) || '/';
    this.mkdir(type === 'directory' ? path : above, { recursive: true });
    if (type !== 'directory') this.writeFile(path, '');
  }

  #writableDirectory(place: Place, path: string): UpperNode {
    if (place.node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
    this.check(place.node, 3, path);
    this.#mayWrite(place, path);
    return place.tree.writable(place);
  }

  #removable(path: string): { readonly directory: Place; readonly name: string; readonly place: Place } {
    const { directory, name, place } = this.resolve(withoutSlashes(path), false);
    if (place === undefined) throw new FileSystemError('ENOENT', path);
    if (name === '' || this.isMount(place)) throw new FileSystemError('EBUSY', path);
    this.check(directory.node, 3, path);
    const { uid } = this.who;
    if (uid !== 0 && (directory.node.mode & sticky) !== 0 && uid !== place.node.uid && uid !== directory.node.uid) {
      throw new FileSystemError('EPERM', path);
    }
    return { directory, name, place };
  }

  #detach({ directory, name, place }: { directory: Place; name: string; place: Place }, path: string): void {
    for (const at of this.shared.mounts.keys()) {
      if (at.startsWith(`${place.path}/`)) throw new FileSystemError('EBUSY', path);
    }
    directory.tree.detach(this.#writableDirectory(directory, path), name);
  }

  #mayChange(node: AnyNode, { uid, gid }: Attributes): boolean {
    if (node.uid !== this.who.uid || (uid !== undefined && uid !== node.uid)) return false;
    return gid === undefined || gid === this.who.gid || this.who.groups.includes(gid);
  }

  #mayWrite(place: Place, path: string): void {
    const sealed = this.isSealed && place.tree === this.shared.tree && !/^\/dev(\/|$)/.test(place.path);
    if (place.readOnly || sealed) throw new FileSystemError('EROFS', path);
  }
}

/** @throws INVALID_ARGUMENT for a file system of another kind */
function shownBy({ fileSystem, path }: MountSource): Place {
  if (!(fileSystem instanceof LayeredFileSystem))
    throw new AttestdError('INVALID_ARGUMENT', 'this file system cannot be mounted');
  return fileSystem.shown(path);
}

interface Made {
  readonly type: NodeType;
  readonly mode: number;
  readonly target?: string;
  readonly device?: Device | undefined;
}
