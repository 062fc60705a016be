import type { Readable } from 'node:stream';
import { decompress } from '../../../oci/compression.js';
import { AttestdError } from '../../../support/foundation/errors.js';
import type { JsonObject } from '../../../support/go/json/render.js';
import { quote } from '../../../support/go/quote.js';
import { FileSystemError } from '../../../support/sandbox/fs/errors.js';
import type { ArchiveEntry, ExtractOptions, FileSystem } from '../../../support/sandbox/fs/types.js';
import { resolveUser } from '../../../support/sandbox/users.js';
import type { Context } from '../../context.js';
import { mountAll, unmountAll } from '../../volumes/mounts.js';
import type { Container } from '../container.js';
import { logContainerEvent } from '../events.js';
import { entriesOfTar, extractionError, tarOfEntries } from './archive-entries.js';
import { describePath, type FoundPath, findPath } from './path-stat.js';

/** A part of a container's file system. */
export interface PathArchive {
  readonly stat: JsonObject;
  readonly archive: Readable;
}

/** Options of an archive upload into a container. */
export interface ExtractArchiveOptions {
  /** Give everything to the container's user. */
  readonly copyUidGid: boolean;
  /** Reject the replacement of a directory by a non-directory and the reverse. */
  readonly noOverwriteDirNonDir: boolean;
}

/** Act on a container's files with all of its mounts in place. */
async function withMounts<T>(
  context: Context,
  container: Container,
  action: (fileSystem: FileSystem) => T | Promise<T>,
): Promise<T> {
  const { fileSystem, state } = container;
  if (fileSystem === undefined) throw new AttestdError('INTERNAL', `container ${container.id} has no rootfs`);
  const idle = !state.running;
  try {
    if (idle) await mountAll(context, container);
  } finally {
    // The container and its volumes may have been removed.
    context.containers.resolve(container.id);
  }
  try {
    return await action(fileSystem);
  } finally {
    if (idle && !state.running) unmountAll(context, container);
  }
}

function notFound(path: string, name: string): AttestdError {
  return new AttestdError('NOT_FOUND', `Could not find the file ${path} in container ${name}`);
}

function lookUp(fileSystem: FileSystem, name: string, path: string): FoundPath {
  try {
    return findPath(fileSystem, path);
  } catch (error) {
    throw error instanceof FileSystemError ? notFound(path, name) : error;
  }
}

/**
 * `HEAD /containers/{id}/archive` (docs/reference/behavior/files.md#container-archive).
 *
 * @throws NOT_FOUND for the container and the path; INTERNAL with the system's words for a path that leads nowhere
 */
export async function statPath(context: Context, name: string, path: string): Promise<JsonObject> {
  const container = context.containers.resolve(name);
  return withMounts(context, container, (files) => describePath(files, lookUp(files, name, path)));
}

/**
 * `GET /containers/{id}/archive` (docs/reference/behavior/files.md#container-archive).
 *
 * @throws NOT_FOUND for the container and the path; INTERNAL with the system's words for a path that leads nowhere
 */
export async function archivePath(context: Context, name: string, path: string): Promise<PathArchive> {
  const container = context.containers.resolve(name);
  return withMounts(context, container, (files) => {
    const found = lookUp(files, name, path);
    const stat = describePath(files, found);
    const entries = files.entries(found.path, { name: found.name === '/' ? '.' : found.name, mounts: true });
    const archive = tarOfEntries(found.name === '/' ? fromRoot(entries) : entries);
    logContainerEvent(context, container, 'archive-path');
    return { stat, archive };
  });
}

/** Entries below `.` as the root's: with a slash before them. */
function* fromRoot(entries: Iterable<ArchiveEntry>): Generator<ArchiveEntry> {
  for (const entry of entries) {
    const target = entry.type === 'hardlink' ? entry.target.slice(2) : entry.target;
    yield { ...entry, name: entry.name.slice(1), target };
  }
}

/**
 * `PUT /containers/{id}/archive` (docs/reference/behavior/files.md#container-archive).
 *
 * @param body a tar archive, plain or compressed with gzip, bzip2, xz or zstd
 * @throws NOT_FOUND for the container and the path; INVALID_ARGUMENT if the path is not a writable directory or the
 * container's user is unknown; INTERNAL for an archive that cannot be extracted
 */
export async function extractArchive(
  context: Context,
  name: string,
  path: string,
  body: Readable,
  options: ExtractArchiveOptions,
): Promise<void> {
  const container = context.containers.resolve(name);
  const archive = await decompress(body);
  // Its volumes left with it, perhaps before all was written.
  const checkExists = (): void => {
    if (context.containers.byId(container.id) === undefined)
      throw new AttestdError('INTERNAL', `container ${container.id} was removed while it was written to`);
  };
  await withMounts(context, container, async (files) => {
    const directory = destination(files, name, path);
    checkWritable(container, directory);
    const owner = options.copyUidGid ? ownerOf(container, files) : undefined;
    const how: ExtractOptions = { noOverwriteDirNonDir: options.noOverwriteDirNonDir, ...(owner && { owner }) };
    try {
      await files.extract(directory, entriesOfTar(archive), how);
    } catch (error) {
      checkExists();
      if (error instanceof FileSystemError && error.errno === 'ENOENT') throw notFound(path, name);
      throw new AttestdError('INTERNAL', extractionError(error), { cause: error });
    }
  });
  checkExists();
  logContainerEvent(context, container, 'extract-to-dir');
}

function destination(files: FileSystem, name: string, path: string): string {
  let real: string;
  try {
    real = files.realPath(`/${path}`);
  } catch (error) {
    if (error instanceof FileSystemError && error.errno === 'ENOENT') throw notFound(path, name);
    const reason = error instanceof FileSystemError ? error.text.toLowerCase() : String(error);
    throw new AttestdError('INTERNAL', `lstat ${path}: ${reason}`, { cause: error });
  }
  if (files.lstat(real).type !== 'directory')
    throw new AttestdError('INVALID_ARGUMENT', 'extraction point is not a directory');
  return real;
}

function checkWritable({ mounts, hostConfig }: Container, path: string): void {
  const isBelow = (directory: string): boolean => path === directory || path.startsWith(`${directory}/`);
  const [mount] = mounts
    .filter(({ Destination: at }) => isBelow(at))
    .sort((a, b) => b.Destination.length - a.Destination.length);
  if (mount !== undefined) {
    if (!mount.RW) throw new AttestdError('INVALID_ARGUMENT', 'mounted volume is marked read-only');
  } else if (hostConfig.ReadonlyRootfs)
    throw new AttestdError('INVALID_ARGUMENT', 'container rootfs is marked read-only');
}

function ownerOf({ config }: Container, files: FileSystem): { uid: number; gid: number } | undefined {
  const spec = config.User;
  if (spec === '') return undefined;
  const user = resolveUser(files, spec);
  if ('credentials' in user) return user.credentials;
  const reason = user.message.split(': ').at(-1) ?? user.message;
  throw new AttestdError('INVALID_ARGUMENT', `failed to look up user ${quote(spec)} in container: ${reason}`);
}
