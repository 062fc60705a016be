import { posix } from 'node:path';
import { typeAt } from '../../../support/sandbox/fs/extract.js';
import type { FileSystem } from '../../../support/sandbox/fs/types.js';

/** What every container finds, whatever its image has: mount points, and the mark of a container. */
const directories = ['/dev/pts', '/dev/shm', '/proc', '/sys'];
const files = ['/.dockerenv', '/dev/console', '/etc/hostname', '/etc/hosts', '/etc/resolv.conf'];
const mode = 0o755;

/**
 * Put in what lies between an image's layers and a container's own (docs/reference/behavior/files.md#container-files). Files and links
 * of the image that are in the way of it are replaced; its directories stay.
 *
 * @param tree the image's layers below a writable one
 */
export function fillInitLayer(tree: FileSystem): void {
  for (const path of [...directories, ...files, '/etc/mtab']) clear(tree, path);
  for (const path of directories) tree.mkdir(path, { recursive: true, mode });
  for (const path of [...files, '/etc/mtab']) tree.mkdir(posix.dirname(path), { recursive: true, mode });
  for (const path of files) if (tree.find(path) === undefined) tree.writeFile(path, '', { mode });
  if (tree.find('/etc/mtab') === undefined) tree.symlink('/proc/mounts', '/etc/mtab');
}

/** Take away what is no directory on the way to a path, and at it. */
function clear(tree: FileSystem, path: string): void {
  let at = '';
  for (const name of path.split('/').slice(1)) {
    at += `/${name}`;
    const type = tree.find(posix.dirname(at))?.type === 'directory' ? typeAt(tree, at) : undefined;
    if (type === undefined) return;
    if (type !== 'directory') tree.unlink(at);
  }
}
