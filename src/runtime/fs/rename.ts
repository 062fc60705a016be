import { FileSystemError } from './errors.js';
import { type AnyNode, namesOf, type UpperNode } from './node.js';
import { step } from './resolve.js';
import type { Place } from './tree.js';

/** A directory that moves takes what lies below it along, so all of it is copied up. */
export function raiseAll(place: Place): UpperNode {
  const node = place.tree.writable(place);
  for (const name of node.below === undefined ? [] : namesOf(node)) {
    const child = step({ ...place, node }, name, { mounts: new Map() });
    if (child !== undefined) raiseAll(child);
  }
  place.tree.changes(node);
  node.below = undefined;
  for (const [name, child] of node.names ?? []) if (child === null) node.names?.delete(name);
  return node;
}

/** Check that a node may give way to what is renamed. @throws FileSystemError ENOTDIR, EISDIR, ENOTEMPTY */
export function checkReplaced(node: AnyNode, byDirectory: boolean, path: string): void {
  if (node.type !== 'directory') {
    if (byDirectory) throw new FileSystemError('ENOTDIR', path);
  } else if (!byDirectory) throw new FileSystemError('EISDIR', path);
  else if (namesOf(node).length > 0) throw new FileSystemError('ENOTEMPTY', path);
}
