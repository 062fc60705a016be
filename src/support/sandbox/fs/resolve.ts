import { FileSystemError } from './errors.js';
import { type AnyNode, childOf } from './node.js';
import { components, joinPath, maxPathBytes } from './paths.js';
import type { Location } from './tree.js';
import type { Credentials } from './types.js';

/** Credentials with all permissions. */
export const root: Credentials = { uid: 0, gid: 0, groups: [] };

/** Links in one path after which there is a loop, as in Linux. */
const maxLinks = 40;
const maxNameBytes = 255;

/** The end of a path: its directory, its last component, and the node, if it exists. */
export interface Found {
  readonly directory: Location;
  /** Empty for a root. */
  readonly name: string;
  readonly location: Location | undefined;
}

/** The parts of a file system that path resolution needs. */
export interface Resolver {
  readonly top: Location;
  readonly mounts: ReadonlyMap<string, Location>;
  readonly credentials: Credentials;
}

/** Whether someone may read (4), write (2) or run or pass (1) a node. */
export function allowed({ mode, uid, gid, type }: AnyNode, bits: number, credentials: Credentials): boolean {
  if (credentials.uid === 0) return type === 'directory' || (bits & 1) === 0 || (mode & 0o111) !== 0;
  const shift = credentials.uid === uid ? 6 : credentials.gid === gid || credentials.groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & bits) === bits;
}

/**
 * Follow a path. Nothing leads above the root; links are read as from inside of it.
 *
 * @param follow whether a link at the end is followed
 * @throws FileSystemError ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG for what comes before the last component
 */
export function resolve(path: string, follow: boolean, by: Resolver): Found {
  if (path.length > maxPathBytes) throw new FileSystemError('ENAMETOOLONG', path);
  const trail: Location[] = [by.top];
  let left = components(path);
  /** Index of the next component in `left`. */
  let at = 0;
  const wantsDirectory = path.endsWith('/') || path.endsWith('/.');
  let links = 0;
  let last: Found = { directory: by.top, name: '', location: by.top };
  while (at < left.length) {
    const name = left[at++] as string;
    const directory = trail.at(-1) as Location;
    if (directory.node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
    if (!allowed(directory.node, 1, by.credentials)) throw new FileSystemError('EACCES', path);
    if (name === '..') {
      if (trail.length > 1) trail.pop();
      const place = trail.at(-1) as Location;
      last = { directory: trail.at(-2) ?? by.top, name: place.name, location: place };
      continue;
    }
    if (name.length > maxNameBytes && Buffer.byteLength(name) > maxNameBytes)
      throw new FileSystemError('ENAMETOOLONG', path);
    const place = step(directory, name, by);
    last = { directory, name, location: place };
    if (place === undefined) {
      if (at < left.length) throw new FileSystemError('ENOENT', path);
      return last;
    }
    if (place.node.type === 'symlink' && (at < left.length || follow || wantsDirectory)) {
      if (++links > maxLinks) throw new FileSystemError('ELOOP', path);
      const { target } = place.node;
      if (target.startsWith('/')) trail.length = 1;
      left = [...components(target), ...left.slice(at)];
      at = 0;
      const here = trail.at(-1) as Location;
      last = { directory: trail.at(-2) ?? by.top, name: here.name, location: here };
      continue;
    }
    trail.push(place);
  }
  if (wantsDirectory && last.location?.node.type !== 'directory') throw new FileSystemError('ENOTDIR', path);
  return last;
}

/** Returns the location of a directory's child, including mounts. */
export function step(directory: Location, name: string, { mounts }: Pick<Resolver, 'mounts'>): Location | undefined {
  const path = joinPath(directory.path, name);
  const mounted = mounts.size === 0 ? undefined : mounts.get(path);
  if (mounted !== undefined) return mounted;
  const node = childOf(directory.node, name);
  if (node === undefined) return undefined;
  return { tree: directory.tree, node, parent: directory, name, readOnly: directory.readOnly, path };
}
