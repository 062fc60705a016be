import { posix } from 'node:path';
import { AttestdError } from '../../support/foundation/errors.js';
import type { FileSystem } from '../../support/sandbox/fs/types.js';

/** Links in one path after which there is a loop. */
const maxLinks = 40;

/**
 * Resolves a path in a volume or image (docs/reference/behavior/files.md#mounts). Links are followed but cannot leave
 * it.
 *
 * @param path absolute, in that file system
 * @returns the path without links
 * @throws INTERNAL for a missing path, or one that leads outside
 */
export function resolveSubpath(fs: FileSystem, path: string): string {
  let rest = path.split('/').filter((name) => name !== '');
  let at = '/';
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...more] = rest;
    if (name === '..' && at === '/') throw escapes(path);
    const next = posix.join(at, name);
    const target = linkAt(fs, next, path);
    if (target === undefined) {
      at = next;
      rest = more;
      continue;
    }
    // A link from the root of the machine's file system leads out of any volume.
    if (target.startsWith('/')) throw escapes(path);
    if (++links > maxLinks) throw notFound(path, 'too many levels of symbolic links');
    rest = [...target.split('/').filter((part) => part !== '' && part !== '.'), ...more];
  }
  return at;
}

/** The target of a link; undefined for anything else. */
function linkAt(fs: FileSystem, at: string, path: string): string | undefined {
  try {
    const { type, target } = fs.lstat(at);
    return type === 'symlink' ? target : undefined;
  } catch (error) {
    throw notFound(path, 'no such file or directory', error);
  }
}

function notFound(path: string, reason: string, cause?: unknown): AttestdError {
  return new AttestdError('INTERNAL', `cannot access path ${path}: ${reason}`, { cause });
}

function escapes(path: string): AttestdError {
  return new AttestdError('INTERNAL', `path concatenation escapes the base directory, subpath: ${path.slice(1)}`);
}
