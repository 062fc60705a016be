import { posix } from 'node:path';
import { typeAt } from '../../../support/sandbox/fs/extract.js';
import type { FileSystem } from '../../../support/sandbox/fs/types.js';

/** Mount points and files that exist in every container, regardless of its image. */
const directories = ['/dev/pts', '/dev/shm', '/proc', '/sys'];
const files = ['/.dockerenv', '/dev/console', '/etc/hostname', '/etc/hosts', '/etc/resolv.conf'];
const mode = 0o755;

/**
 * Creates the entries between an image's layers and a container's own
 * (docs/reference/behavior/files.md#container-files). Replaces conflicting files and links of the image; keeps its
 * directories.
 *
 * @param tree a writable layer above the image's layers
 */
export function fillInitLayer(tree: FileSystem): void {
  for (const path of [...directories, ...files, '/etc/mtab']) clear(tree, path);
  for (const path of directories) tree.mkdir(path, { recursive: true, mode });
  for (const path of [...files, '/etc/mtab']) tree.mkdir(posix.dirname(path), { recursive: true, mode });
  for (const path of files) if (tree.find(path) === undefined) tree.writeFile(path, '', { mode });
  if (tree.find('/etc/mtab') === undefined) tree.symlink('/proc/mounts', '/etc/mtab');
}

/** Removes every entry on the path that is not a directory, including the last one. */
function clear(tree: FileSystem, path: string): void {
  let at = '';
  for (const name of path.split('/').slice(1)) {
    at += `/${name}`;
    const type = tree.find(posix.dirname(at))?.type === 'directory' ? typeAt(tree, at) : undefined;
    if (type === undefined) return;
    if (type !== 'directory') tree.unlink(at);
  }
}
