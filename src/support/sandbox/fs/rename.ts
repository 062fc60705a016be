import { FileSystemError } from './errors.js';
import { type AnyNode, isEmpty, reachOf } from './node.js';
import { joinPath, longestPath } from './paths.js';
import type { Place } from './tree.js';

/**
 * Check that a place may have a name, and a node below it: links lead further than a path may be long, but nothing may lie
 * there, for nobody could save it or get there otherwise.
 *
 * @throws FileSystemError ENAMETOOLONG
 */
export function checkLength(directory: Place, name: string, path: string, node?: AnyNode): void {
  const reach = node === undefined ? 0 : reachOf(node);
  if (joinPath(directory.path, name).length + reach > longestPath) throw new FileSystemError('ENAMETOOLONG', path);
}

/** Check that a node may give way to what is renamed. @throws FileSystemError ENOTDIR, EISDIR, ENOTEMPTY */
export function checkReplaced(node: AnyNode, byDirectory: boolean, path: string): void {
  if (node.type !== 'directory') {
    if (byDirectory) throw new FileSystemError('ENOTDIR', path);
  } else if (!byDirectory) throw new FileSystemError('EISDIR', path);
  else if (!isEmpty(node)) throw new FileSystemError('ENOTEMPTY', path);
}
