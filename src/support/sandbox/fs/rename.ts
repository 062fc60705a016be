import { FileSystemError } from './errors.js';
import { type AnyNode, isEmpty, linkCount } from './node.js';
import { joinPath, maxPathBytes } from './paths.js';
import type { Location } from './tree.js';

/**
 * Check that a place may have a name, and a node below it: links lead further than a path may be long, but nothing may lie
 * there, for nobody could save it or get there otherwise.
 *
 * @throws FileSystemError ENAMETOOLONG
 */
export function checkLength(directory: Location, name: string, path: string, node?: AnyNode): void {
  const reach = node === undefined ? 0 : linkCount(node);
  if (joinPath(directory.path, name).length + reach > maxPathBytes) throw new FileSystemError('ENAMETOOLONG', path);
}

/** Check that a node may give way to what is renamed. @throws FileSystemError ENOTDIR, EISDIR, ENOTEMPTY */
export function checkReplaced(node: AnyNode, byDirectory: boolean, path: string): void {
  if (node.type !== 'directory') {
    if (byDirectory) throw new FileSystemError('ENOTDIR', path);
  } else if (!byDirectory) throw new FileSystemError('EISDIR', path);
  else if (!isEmpty(node)) throw new FileSystemError('ENOTEMPTY', path);
}
