import { FileSystemError } from './errors.js';
import { type AnyNode, isEmpty, linkCount } from './node.js';
import { joinPath, maxPathBytes } from './paths.js';
import type { Location } from './tree.js';

/**
 * Checks the path length of a new name and of the nodes below it. Links can reach deeper paths, but a node there could
 * be neither saved nor reached directly.
 *
 * @throws FileSystemError ENAMETOOLONG
 */
export function checkLength(directory: Location, name: string, path: string, node?: AnyNode): void {
  const reach = node === undefined ? 0 : linkCount(node);
  if (joinPath(directory.path, name).length + reach > maxPathBytes) throw new FileSystemError('ENAMETOOLONG', path);
}

/**
 * Checks that a rename may replace a node.
 *
 * @throws FileSystemError ENOTDIR, EISDIR, ENOTEMPTY
 */
export function checkReplaced(node: AnyNode, byDirectory: boolean, path: string): void {
  if (node.type !== 'directory') {
    if (byDirectory) throw new FileSystemError('ENOTDIR', path);
  } else if (!byDirectory) throw new FileSystemError('EISDIR', path);
  else if (!isEmpty(node)) throw new FileSystemError('ENOTEMPTY', path);
}
