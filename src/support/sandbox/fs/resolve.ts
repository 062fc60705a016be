import { FileSystemError } from './errors.js';
import { type AnyNode, childOf } from './node.js';
import { components, joinPath, longestPath } from './paths.js';
import type { Place } from './tree.js';
import type { Credentials } from './types.js';

/** Whoever may do everything. */
export const root: Credentials = { uid: 0, gid: 0, groups: [] };

/** Links in one path after which there is a loop, as in Linux. */
const mostLinks = 40;
const longestName = 255;

/** The end of a path: its directory, its last component, and what is there, if anything. */
export interface Found {
  readonly directory: Place;
  /** Empty for a root. */
  readonly name: string;
  readonly place: Place | undefined;
}

/** What a resolution needs to know of a file system. */
export interface Resolver {
  readonly top: Place;
  readonly mounts: ReadonlyMap<string, Place>;
  readonly credentials: Credentials;
}

/** Whether someone may read (4), write (2) or run or pass (1) a node. */
export function allowed({ mode, uid, gid, type }: AnyNode, bits: number, who: Credentials): boolean {
  if (who.uid === 0) return type === 'directory' || (bits & 1) === 0 || (mode & 0o111) !== 0;
  const shift = who.uid === uid ? 6 : who.gid === gid || who.groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & bits) === bits;
}

/**
 * Follow a path. Nothing leads above the root; links are read as from inside of it.
 *
 * @param follow whether a link at the end is followed
 * @throws FileSystemError ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG for what comes before the last component
 */
export function resolve(path: string, follow: boolean, by: Resolver): Found {
  if (path.length > longestPath) throw new FileSystemError('ENAMETOOLONG', path);
  const trail: Place[] = [by.top];
  let left = components(path);
  /** Where the next component is in `left`. */
  let at = 0;
  const wantsDirectory = path.endsWith('/') || path.endsWith('/.');
  let links = 0;
  let last: Found = { directory: by.top, name: '', place: by.top };
  while (at < left.length) {
    const name = left[at++] as string;
    const directory = trail.at(-1) as Place;
    if (directory.node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
    if (!allowed(directory.node, 1, by.credentials)) throw new FileSystemError('EACCES', path);
    if (name === '..') {
      if (trail.length > 1) trail.pop();
      const place = trail.at(-1) as Place;
      last = { directory: trail.at(-2) ?? by.top, name: place.name, place };
      continue;
    }
    if (name.length > longestName && Buffer.byteLength(name) > longestName)
      throw new FileSystemError('ENAMETOOLONG', path);
    const place = step(directory, name, by);
    last = { directory, name, place };
    if (place === undefined) {
      if (at < left.length) throw new FileSystemError('ENOENT', path);
      return last;
    }
    if (place.node.type === 'symlink' && (at < left.length || follow || wantsDirectory)) {
      if (++links > mostLinks) throw new FileSystemError('ELOOP', path);
      const { target } = place.node;
      if (target.startsWith('/')) trail.length = 1;
      left = [...components(target), ...left.slice(at)];
      at = 0;
      const here = trail.at(-1) as Place;
      last = { directory: trail.at(-2) ?? by.top, name: here.name, place: here };
      continue;
    }
    trail.push(place);
  }
  if (wantsDirectory && last.place?.node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
  return last;
}

/** What a directory shows under a name, mounts included. */
export function step(directory: Place, name: string, { mounts }: Pick<Resolver, 'mounts'>): Place | undefined {
  const path = joinPath(directory.path, name);
  const mounted = mounts.size === 0 ? undefined : mounts.get(path);
  if (mounted !== undefined) return mounted;
  const node = childOf(directory.node, name);
  if (node === undefined) return undefined;
  return { tree: directory.tree, node, parent: directory, name, readOnly: directory.readOnly, path };
}
