import { defaultReadBytes } from '../limits.js';
import { FileSystemError } from './errors.js';
import { inOrder, sorted } from './names.js';
import { type AnyNode, isEmpty, namesOf, statOf } from './node.js';
import { baseName, joinPath } from './paths.js';
import { allowed, type Found, resolve as resolvePath } from './resolve.js';
import type { Location, WritableTree } from './tree.js';
import type { ArchiveEntry, Change, Credentials, MountSource, Stat } from './types.js';
import { changesOf, entriesOf, layerOf } from './walk.js';

/** State shared by all views of one file system. */
export interface Shared {
  readonly tree: WritableTree;
  readonly top: Location;
  readonly mounts: Map<string, Location>;
  readonly sources: Map<string, MountSource>;
}

/** The calls of a file system that change nothing. */
export abstract class TreeView {
  protected readonly shared: Shared;
  protected readonly credentials: Credentials;

  constructor(shared: Shared, who: Credentials) {
    this.shared = shared;
    this.credentials = who;
  }

  realPath(path: string, options: { readonly missing?: boolean } = {}): string {
    const { location, directory, name } = this.resolve(path, true);
    if (location !== undefined) return location.path;
    if (options.missing) return joinPath(directory.path, name);
    throw new FileSystemError('ENOENT', path);
  }

  stat(path: string): Stat {
    return statOf(this.existing(path, true).node);
  }

  lstat(path: string): Stat {
    return statOf(this.existing(path, false).node);
  }

  find(path: string): Stat | undefined {
    try {
      const { location } = this.resolve(path, true);
      return location && statOf(location.node);
    } catch (error) {
      if (error instanceof FileSystemError) return undefined;
      throw error;
    }
  }

  access(path: string, bits: number): boolean {
    try {
      return allowed(this.existing(path, true).node, bits, this.credentials);
    } catch (error) {
      if (error instanceof FileSystemError) return false;
      throw error;
    }
  }

  list(path: string): string[] {
    return sorted(namesOf(this.#directory(path)));
  }

  names(path: string): Iterable<string> {
    return inOrder(namesOf(this.#directory(path)));
  }

  isEmpty(path: string): boolean {
    return isEmpty(this.#directory(path));
  }

  #directory(path: string): AnyNode {
    const { node } = this.existing(path, true);
    if (node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
    this.check(node, 4, path);
    return node;
  }

  readFile(path: string, limit = defaultReadBytes): Buffer {
    const { node } = this.existing(path, true);
    if (node.type === 'directory') throw new FileSystemError('EISDIR', path);
    this.check(node, 4, path);
    const size = node.content?.size ?? 0;
    if (size > limit) throw new FileSystemError('EFBIG', path);
    return Buffer.from(node.content?.read(0, size) ?? []);
  }

  mounts(): ReadonlyMap<string, MountSource> {
    return new Map([...this.shared.sources].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  entries(path: string, options: { readonly name?: string; readonly mounts?: boolean } = {}): Iterable<ArchiveEntry> {
    const location = this.existing(path, false);
    const mounts = options.mounts ? this.shared.mounts : new Map<string, Location>();
    return entriesOf(location, options.name ?? baseName(location.path), mounts);
  }

  changes(): Change[] {
    const search = this.searchChanges();
    let found = search.next();
    while (found.done !== true) found = search.next();
    return found.value;
  }

  searchChanges(): Iterator<undefined, Change[]> {
    return changesOf(this.shared.tree.root);
  }

  layer(): Iterable<ArchiveEntry> {
    return layerOf(this.shared.tree);
  }

  usage(): { readonly writable: number; readonly root: number } {
    const { tree } = this.shared;
    const writable = tree.size();
    return { writable, root: tree.below + writable };
  }

  bytes(): number {
    return this.shared.tree.bytes();
  }

  protected resolve(path: string, follow: boolean): Found {
    return resolvePath(path, follow, {
      top: this.shared.top,
      mounts: this.shared.mounts,
      credentials: this.credentials,
    });
  }

  protected existing(path: string, follow: boolean): Location {
    const { location } = this.resolve(path, follow);
    if (location === undefined) throw new FileSystemError('ENOENT', path);
    return location;
  }

  protected isMount(location: Location | undefined): boolean {
    return location !== undefined && this.shared.mounts.has(location.path);
  }

  protected check(node: AnyNode, bits: number, path: string): void {
    if (!allowed(node, bits, this.credentials)) throw new FileSystemError('EACCES', path);
  }
}
