import { trimRight } from '../../go/strings.js';
import { FileSystemError } from './errors.js';
import type { UpperNode } from './node.js';
import { components, joinPath, withoutSlashes } from './paths.js';
import { checkLength } from './rename.js';
import type { Found } from './resolve.js';
import type { Place } from './tree.js';
import type { Credentials, Device, MakeOptions, NodeType } from './types.js';
import { type Shared, TreeView } from './view.js';

const sticky = 0o1000;

/** What a node is made of that gets a name. */
export interface Made {
  readonly type: NodeType;
  readonly mode: number;
  readonly target?: string;
  readonly device?: Device | undefined;
}

/** What all calls have in common that change something: who may, where, and how a name comes and goes. */
export abstract class WritableView extends TreeView {
  readonly isSealed: boolean;

  constructor(shared: Shared, who: Credentials, isSealed = false) {
    super(shared, who);
    this.isSealed = isSealed;
  }

  mkdir(path: string, options: MakeOptions = {}): void {
    const { directory, name, place } = this.#resolveNew(path, options);
    if (place !== undefined) {
      if (options.recursive && this.find(path)?.type === 'directory') return;
      throw new FileSystemError('EEXIST', path);
    }
    this.add(directory, name, path, { type: 'directory', mode: options.mode ?? 0o755 });
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
    for (const name of parts.slice(there + 1)) place = this.add(place, name, path, made);
  }

  protected missing(path: string): Found {
    const found = this.resolve(path, false);
    if (found.place !== undefined) throw new FileSystemError('EEXIST', path);
    return found;
  }

  protected addNew(path: string, made: Made): void {
    const { directory, name } = this.missing(path);
    this.add(directory, name, path, made);
  }

  protected add(directory: Place, name: string, path: string, made: Made): Place {
    checkLength(directory, name, path);
    const into = this.writableDirectory(directory, path);
    const setgid = (into.mode & 0o2000) !== 0;
    const node = directory.tree.make({ ...made, uid: this.who.uid, gid: setgid ? into.gid : this.who.gid });
    directory.tree.attach(into, name, node);
    const { tree, readOnly } = directory;
    return { tree, node, parent: directory, name, readOnly, path: joinPath(directory.path, name) };
  }

  /** Check that names may come and go there. */
  protected checkDirectory(place: Place, path: string): void {
    if (place.node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
    this.check(place.node, 3, path);
    this.mayWrite(place, path);
  }

  protected writableDirectory(place: Place, path: string): UpperNode {
    this.checkDirectory(place, path);
    return place.tree.writable(place);
  }

  protected removable(path: string): { readonly directory: Place; readonly name: string; readonly place: Place } {
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

  protected detach({ directory, name, place }: { directory: Place; name: string; place: Place }, path: string): void {
    for (const at of this.shared.mounts.keys()) {
      if (at.startsWith(`${place.path}/`)) throw new FileSystemError('EBUSY', path);
    }
    directory.tree.detach(this.writableDirectory(directory, path), name);
  }

  protected mayWrite(place: Place, path: string): void {
    const sealed = this.isSealed && place.tree === this.shared.tree && !/^\/dev(\/|$)/.test(place.path);
    if (place.readOnly || sealed) throw new FileSystemError('EROFS', path);
  }
}
