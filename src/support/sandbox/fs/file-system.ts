import { AttestdError } from '../../foundation/errors.js';
import { FileSystemError } from './errors.js';
import { extractInto } from './extract.js';
import { type AnyNode, isEmpty } from './node.js';
import { NodeFile } from './open-file.js';
import { baseName, joinPath, maxPathBytes } from './paths.js';
import { checkLength, checkReplaced } from './rename.js';
import { root } from './resolve.js';
import { type Location, WritableTree } from './tree.js';
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
import { WritableView } from './writable-view.js';

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

class LayeredFileSystem extends WritableView implements FileSystem {
  as(credentials: Credentials): FileSystem {
    return new LayeredFileSystem(this.shared, credentials, this.isSealed);
  }

  inside(mounts: ReadonlyMap<string, MountSource>, sealed: boolean): FileSystem {
    const { shared } = this;
    const own = { ...shared, mounts: new Map(shared.mounts), sources: new Map(shared.sources) };
    const seen = new LayeredFileSystem(own, this.credentials, sealed);
    for (const [path, source] of mounts)
      if (!own.mounts.has(path) && this.find(path)?.type === 'directory') seen.#show(path, source);
    return seen;
  }

  open(path: string, options: OpenOptions): OpenFile {
    let { directory, name, location } = this.resolve(path, true);
    if (location === undefined) {
      if (!options.create) throw new FileSystemError('ENOENT', path);
      if (name === '' || path.endsWith('/')) throw new FileSystemError('EISDIR', path);
      location = this.add(directory, name, path, { type: 'file', mode: options.mode ?? 0o644 });
    } else {
      if (options.create && options.exclusive) throw new FileSystemError('EEXIST', path);
      if (options.write && location.node.type === 'directory') throw new FileSystemError('EISDIR', path);
      this.check(location.node, (options.read ? 4 : 0) | (options.write ? 2 : 0), path);
    }
    if (!options.write) return new NodeFile(location.tree, location.node, options, path);
    this.mayWrite(location, path);
    const file = new NodeFile(location.tree, location.tree.writable(location), options, path);
    if (options.truncate) file.truncate(0);
    return file;
  }

  openUnnamed(directory: string): OpenFile {
    const location = this.existing(directory, true);
    this.checkDirectory(location, directory);
    const { tree } = location;
    const node = tree.make({ type: 'file', mode: 0o644, uid: this.credentials.uid, gid: this.credentials.gid });
    return new NodeFile(tree, node, { write: true }, directory);
  }

  name(file: OpenFile, path: string): void {
    const { directory, name } = this.missing(path);
    if (!(file instanceof NodeFile && file.isOf(directory.tree))) throw new FileSystemError('EXDEV', path);
    checkLength(directory, name, path);
    file.attach(this.writableDirectory(directory, path), name);
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

  symlink(target: string, path: string): void {
    if (target.length > maxPathBytes) throw new FileSystemError('ENAMETOOLONG', path);
    this.addNew(path, { type: 'symlink', mode: 0o777, target });
  }

  link(existing: string, path: string): void {
    const from = this.existing(existing, false);
    if (from.node.type === 'directory') throw new FileSystemError('EPERM', path);
    const { directory, name } = this.missing(path);
    if (from.tree !== directory.tree) throw new FileSystemError('EXDEV', path);
    checkLength(directory, name, path);
    const into = this.writableDirectory(directory, path);
    directory.tree.attach(into, name, directory.tree.writable(from));
  }

  mknod(path: string, type: 'character' | 'block' | 'fifo', mode: number, device?: Device): void {
    this.addNew(path, { type, mode, device });
  }

  unlink(path: string): void {
    const found = this.removable(path);
    if (found.location.node.type === 'directory') throw new FileSystemError('EISDIR', path);
    this.detach(found, path);
  }

  rmdir(path: string): void {
    const found = this.removable(path);
    if (found.location.node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
    if (!isEmpty(found.location.node)) throw new FileSystemError('ENOTEMPTY', path);
    this.detach(found, path);
  }

  remove(path: string): void {
    let found: { readonly directory: Location; readonly name: string; readonly location: Location };
    try {
      found = this.removable(path);
    } catch (error) {
      if (error instanceof FileSystemError && error.errno === 'ENOENT') return;
      throw error;
    }
    this.detach(found, path);
  }

  rename(from: string, to: string): void {
    const source = this.removable(from);
    const target = this.resolve(to, false);
    if (source.directory.tree !== target.directory.tree) throw new FileSystemError('EXDEV', to);
    if (target.name === '' || this.isMount(target.location)) throw new FileSystemError('EBUSY', to);
    if (target.location?.node.inode === source.location.node.inode && target.location.path === source.location.path)
      return;
    const isDirectory = source.location.node.type === 'directory';
    if (isDirectory && `${joinPath(target.directory.path, target.name)}/`.startsWith(`${source.location.path}/`)) {
      throw new FileSystemError('EINVAL', to);
    }
    if (target.location !== undefined) checkReplaced(target.location.node, isDirectory, to);
    checkLength(target.directory, target.name, to, source.location.node);
    const { tree } = source.directory;
    this.writableDirectory(source.directory, from);
    const into = this.writableDirectory(target.directory, to);
    const node = tree.writable(source.location);
    if (target.location !== undefined) {
      tree.writable(target.location);
      tree.detach(into, target.name);
    }
    tree.attach(into, target.name, node);
    tree.detach(tree.writable(source.directory), source.name);
    tree.moved(node);
  }

  change(path: string, attributes: Attributes, options: { readonly link?: boolean } = {}): void {
    const location = this.existing(path, !options.link);
    if (this.credentials.uid !== 0 && !this.#mayChange(location.node, attributes))
      throw new FileSystemError('EPERM', path);
    this.mayWrite(location, path);
    location.tree.change(location.tree.writable(location), attributes);
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

  /** Resolves a path for a mount of this file system elsewhere. */
  shown(path: string): Location {
    return this.existing(path, true);
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

  #makeMountPoint(path: string, type: NodeType): void {
    const above = path.slice(0, path.lastIndexOf('/')) || '/';
    this.mkdir(type === 'directory' ? path : above, { recursive: true });
    if (type !== 'directory') this.writeFile(path, '');
  }

  #mayChange(node: AnyNode, { uid, gid }: Attributes): boolean {
    if (node.uid !== this.credentials.uid || (uid !== undefined && uid !== node.uid)) return false;
    return gid === undefined || gid === this.credentials.gid || this.credentials.groups.includes(gid);
  }
}

/** @throws INVALID_ARGUMENT for a file system of another kind */
function shownBy({ fileSystem, path }: MountSource): Location {
  if (!(fileSystem instanceof LayeredFileSystem))
    throw new AttestdError('INVALID_ARGUMENT', 'this file system cannot be mounted');
  return fileSystem.shown(path);
}
