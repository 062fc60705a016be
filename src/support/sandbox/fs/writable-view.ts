import { trimRight } from '../../go/strings.js';
import { FileSystemError } from './errors.js';
import type { UpperNode } from './node.js';
import { components, joinPath, withoutSlashes } from './paths.js';
import { checkLength } from './rename.js';
import type { Found } from './resolve.js';
import type { Location } from './tree.js';
import type { Credentials, Device, MakeOptions, NodeType } from './types.js';
import { type Shared, TreeView } from './view.js';

const sticky = 0o1000;

/** Properties of a new named node. */
export interface NewNode {
  readonly type: NodeType;
  readonly mode: number;
  readonly target?: string;
  readonly device?: Device | undefined;
}

/** The common part of all modifying calls: permissions, location, and adding and removing names. */
export abstract class WritableView extends TreeView {
  readonly isSealed: boolean;

  constructor(shared: Shared, credentials: Credentials, isSealed = false) {
    super(shared, credentials);
    this.isSealed = isSealed;
  }

  mkdir(path: string, options: MakeOptions = {}): void {
    const { directory, name, location } = this.#resolveNew(path, options);
    if (location !== undefined) {
      if (options.recursive && this.find(path)?.type === 'directory') return;
      throw new FileSystemError('EEXIST', path);
    }
    this.add(directory, name, path, { type: 'directory', mode: options.mode ?? 0o755 });
  }

  /** Resolves the path of a new node. With `recursive`, creates missing parents. */
  #resolveNew(path: string, { recursive, mode }: MakeOptions): Found {
    const bare = trimRight(path, '/') || '/';
    try {
      return this.resolve(bare, false);
    } catch (error) {
      if (!recursive || !(error instanceof FileSystemError) || error.errno !== 'ENOENT') throw error;
    }
    this.#makeParents(bare, { type: 'directory', mode: mode ?? 0o755 });
    return this.resolve(bare, false);
  }

  /** Make the directories above a path. Few of them are looked for from the root: there may be two thousand, each far away. */
  #makeParents(path: string, made: NewNode): void {
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
    let location = this.existing(upTo(there + 1), true);
    for (const name of parts.slice(there + 1)) location = this.add(location, name, path, made);
  }

  protected missing(path: string): Found {
    const found = this.resolve(path, false);
    if (found.location !== undefined) throw new FileSystemError('EEXIST', path);
    return found;
  }

  protected addNew(path: string, made: NewNode): void {
    const { directory, name } = this.missing(path);
    this.add(directory, name, path, made);
  }

  protected add(directory: Location, name: string, path: string, made: NewNode): Location {
    checkLength(directory, name, path);
    const into = this.writableDirectory(directory, path);
    const setgid = (into.mode & 0o2000) !== 0;
    const node = directory.tree.make({
      ...made,
      uid: this.credentials.uid,
      gid: setgid ? into.gid : this.credentials.gid,
    });
    directory.tree.attach(into, name, node);
    const { tree, readOnly } = directory;
    return { tree, node, parent: directory, name, readOnly, path: joinPath(directory.path, name) };
  }

  /** Check that names may come and go there. */
  protected checkDirectory(location: Location, path: string): void {
    if (location.node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
    this.check(location.node, 3, path);
    this.mayWrite(location, path);
  }

  protected writableDirectory(location: Location, path: string): UpperNode {
    this.checkDirectory(location, path);
    return location.tree.writable(location);
  }

  protected removable(path: string): {
    readonly directory: Location;
    readonly name: string;
    readonly location: Location;
  } {
    const { directory, name, location: place } = this.resolve(withoutSlashes(path), false);
    if (place === undefined) throw new FileSystemError('ENOENT', path);
    if (name === '' || this.isMount(place)) throw new FileSystemError('EBUSY', path);
    this.check(directory.node, 3, path);
    const { uid } = this.credentials;
    if (uid !== 0 && (directory.node.mode & sticky) !== 0 && uid !== place.node.uid && uid !== directory.node.uid) {
      throw new FileSystemError('EPERM', path);
    }
    return { directory, name, location: place };
  }

  protected detach(
    { directory, name, location }: { directory: Location; name: string; location: Location },
    path: string,
  ): void {
    for (const at of this.shared.mounts.keys()) {
      if (at.startsWith(`${location.path}/`)) throw new FileSystemError('EBUSY', path);
    }
    directory.tree.detach(this.writableDirectory(directory, path), name);
  }

  protected mayWrite(location: Location, path: string): void {
    const sealed = this.isSealed && location.tree === this.shared.tree && !/^\/dev(\/|$)/.test(location.path);
    if (location.readOnly || sealed) throw new FileSystemError('EROFS', path);
  }
}
