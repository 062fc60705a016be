import { FileSystemError } from './errors.js';
import { type AnyNode, isEmpty } from './node.js';

/** Check that a node may give way to what is renamed. @throws FileSystemError ENOTDIR, EISDIR, ENOTEMPTY */
export function checkReplaced(node: AnyNode, byDirectory: boolean, path: string): void {
  if (node.type !== 'directory') {
    if (byDirectory) throw new FileSystemError('ENOTDIR', path);
  } else if (!byDirectory) throw new FileSystemError('EISDIR', path);
  else if (!isEmpty(node)) throw new FileSystemError('ENOTEMPTY', path);
}
