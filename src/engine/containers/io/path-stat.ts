import { posix } from 'node:path';
import { AttestdError } from '../../../support/foundation/errors.js';
import type { JsonObject } from '../../../support/go/json/render.js';
import { formatNanoseconds } from '../../../support/go/rfc3339.js';
import { FileSystemError } from '../../../support/sandbox/fs/errors.js';
import type { FileSystem, NodeType, Stat } from '../../../support/sandbox/fs/types.js';

/** Type bits of Go's file modes, without the permissions. */
const typeBits: Readonly<Record<NodeType, number>> = {
  file: 0,
  directory: 2 ** 31,
  symlink: 2 ** 27,
  block: 2 ** 26,
  character: 2 ** 26 + 2 ** 21,
  fifo: 2 ** 25,
};
const specialBits: readonly (readonly [mode: number, bit: number])[] = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
];

function goMode({ type, mode }: Stat): number {
  const special = specialBits.filter(([bit]) => mode & bit).map(([, bit]) => bit);
  return [typeBits[type], ...special].reduce((sum, bit) => sum + bit, mode & 0o777);
}

/** A place in a container's file system. */
export interface FoundPath {
  /** The resolved path. A link at its end is followed only if the requested path demands it. */
  readonly path: string;
  /** The name of the entry: the last part of the requested path. */
  readonly name: string;
  readonly stat: Stat;
}

/**
 * Stats a path as lstat does. A final link is followed only before a slash or a dot
 * (docs/reference/behavior/files.md#container-archive).
 *
 * @throws FileSystemError ENOENT if the path does not exist; INTERNAL with the system's words for any other reason
 */
export function findPath(fileSystem: FileSystem, requestedPath: string): FoundPath {
  const through = /(?:^|\/)\.?$/.test(requestedPath);
  const absolute = posix.join('/', requestedPath);
  const name = /(?:^|\/)\.\/*$/.test(requestedPath) ? '.' : posix.basename(absolute) || '/';
  try {
    const stat = through ? fileSystem.stat(absolute) : fileSystem.lstat(absolute);
    if (through && stat.type !== 'directory') throw new FileSystemError('ENOTDIR', requestedPath);
    return { path: through ? fileSystem.realPath(absolute) : absolute, name, stat };
  } catch (error) {
    if (!(error instanceof FileSystemError) || error.errno === 'ENOENT') throw error;
    throw new AttestdError(
      'INTERNAL',
      `lstat ${requestedPath.startsWith('/') ? '' : '/'}${requestedPath}: ${error.text.toLowerCase()}`,
      { cause: error },
    );
  }
}

/** Returns the value of `X-Docker-Container-Path-Stat`. */
export function describePath(fileSystem: FileSystem, { path, name, stat }: FoundPath): JsonObject {
  return {
    name,
    size: stat.size,
    mode: goMode(stat),
    mtime: formatNanoseconds(stat.mtime),
    linkTarget: stat.type === 'symlink' ? targetOf(fileSystem, path, stat) : '',
  };
}

/**
 * Resolves a link as far as possible.
 *
 * @throws INTERNAL for a link to itself
 */
function targetOf(fileSystem: FileSystem, path: string, { target }: Stat): string {
  try {
    return fileSystem.realPath(path, { missing: true });
  } catch (error) {
    if (error instanceof FileSystemError && error.errno === 'ELOOP')
      throw new AttestdError('INTERNAL', `evalSymlinksInScope: too many links in ${path}`, { cause: error });
    return posix.resolve(posix.dirname(path), target);
  }
}
