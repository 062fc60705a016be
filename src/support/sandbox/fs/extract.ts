import { posix } from 'node:path';
import { AttestdError } from '../../foundation/errors.js';
import { yieldIfDue } from '../../foundation/scheduler.js';
import { quote } from '../../go/quote.js';
import { trimRight } from '../../go/strings.js';
import { baseName, components, joinPath } from './paths.js';
import type { ArchiveEntry, ExtractOptions, FileSystem, NodeType, OpenFile } from './types.js';

/** `whiteouts`: `.wh.` names take away instead of being files. */
type Options = ExtractOptions & { readonly whiteouts?: boolean };

/**
 * Put an archive's entries at a directory; see `FileSystem.extract`.
 *
 * @throws INVALID_ARCHIVE when a name or link would lead outside of the directory
 */
export async function extractInto(
  fs: FileSystem,
  path: string,
  entries: AsyncIterable<ArchiveEntry>,
  options: Options,
): Promise<void> {
  const directories: { readonly path: string; readonly mtime: bigint }[] = [];
  for await (const entry of entries) {
    const at = placeOf(fs, path, entry, options);
    if (options.whiteouts && baseName(at).startsWith('.wh.')) {
      hide(fs, at);
      continue;
    }
    checkKind(fs, path, at, entry, options);
    // The directory itself is none of the archive's.
    if (components(entry.name).length === 0 && isDirectoryOver(fs, at, entry)) continue;
    const file = entry.type === 'file' ? await written(fs, at, entry) : undefined;
    try {
      put(fs, path, entry, options, file);
    } finally {
      file?.close();
    }
    if (entry.type === 'directory') directories.push({ path: at, mtime: entry.mtime });
  }
  for (const { path: at, mtime } of directories) if (fs.find(at)?.type === 'directory') fs.change(at, { mtime });
}

/** Returns the target path of an entry. */
function placeOf(fs: FileSystem, path: string, { name }: ArchiveEntry, { whiteouts }: Options): string {
  const named = inside(path, name);
  return whiteouts ? named : withinLinks(fs, path, named);
}

/**
 * Creates an entry, replacing the existing node. Runs synchronously, because the state of a container may be saved
 * between two turns, and the replaced file has been acknowledged.
 *
 * @param file with the bytes of a file
 */
function put(fs: FileSystem, path: string, entry: ArchiveEntry, options: Options, file: OpenFile | undefined): void {
  const at = placeOf(fs, path, entry, options);
  checkKind(fs, path, at, entry, options);
  if (!isDirectoryOver(fs, at, entry)) fs.remove(at);
  makeParents(fs, at);
  make(fs, path, at, entry, file);
  // A further name brings what its entry says of the file; in layers the first one counts.
  if (entry.type !== 'hardlink' || !options.whiteouts) fs.change(at, attributes(entry, options), { link: true });
}

const isDirectoryOver = (fs: FileSystem, at: string, { type }: ArchiveEntry): boolean =>
  type === 'directory' && typeAt(fs, at) === 'directory';

/** @returns the directory of a path, which is made where it is not there */
function makeParents(fs: FileSystem, at: string): string {
  const above = posix.dirname(at);
  if (fs.find(above) === undefined) fs.mkdir(above, { recursive: true });
  return above;
}

/** The path of an entry, which must stay below the directory. */
function inside(directory: string, name: string): string {
  const parts = components(posix.normalize(`/${directory}/${name}`));
  const at = `/${parts.join('/')}`;
  const top = trimRight(posix.normalize(directory), '/');
  if (at !== (top || '/') && !at.startsWith(`${top}/`)) {
    throw new AttestdError('INVALID_ARCHIVE', `${quote(name)} is outside of ${quote(directory)}`);
  }
  return at;
}

/** Links in one path after which there is a loop, as in Linux. */
const maxLinks = 40;

/**
 * Resolves links in the path of an entry. The directory is the root for absolute links, and no link leads outside of
 * it.
 *
 * @throws INVALID_ARCHIVE with Go's words
 */
function withinLinks(fs: FileSystem, directory: string, at: string): string {
  const top = components(directory);
  const left = components(at).slice(top.length);
  const name = left.pop();
  if (name === undefined) return at;
  const done: string[] = [];
  for (let links = 0; left.length > 0; ) {
    const part = left.shift() as string;
    if (part === '..') {
      if (done.pop() === undefined)
        throw new AttestdError(
          'INVALID_ARCHIVE',
          `statat ${components(at).slice(top.length)[0]}: path escapes from parent`,
        );
      continue;
    }
    const here = `/${[...top, ...done, part].join('/')}`;
    const target = typeAt(fs, here) === 'symlink' ? fs.lstat(here).target : undefined;
    if (target === undefined) {
      done.push(part);
      continue;
    }
    if (++links > maxLinks) throw new AttestdError('INVALID_ARCHIVE', 'too many levels of symbolic links');
    if (target.startsWith('/')) done.length = 0;
    left.unshift(...components(target));
  }
  return `/${[...top, ...done, name].join('/')}`;
}

function hide(fs: FileSystem, at: string): void {
  const above = posix.dirname(at);
  const name = baseName(at).slice('.wh.'.length);
  if (name === '.wh..opq') for (const child of fs.list(above)) fs.remove(joinPath(above, child));
  else fs.remove(joinPath(above, name));
}

/** @throws CONFLICT where directories are to replace nothing else, and nothing else directories */
function checkKind(
  fs: FileSystem,
  directory: string,
  at: string,
  { name, type }: ArchiveEntry,
  { noOverwriteDirNonDir }: Options,
): void {
  const present = noOverwriteDirNonDir ? typeAt(fs, at) : undefined;
  if (present === undefined || (present === 'directory') === (type === 'directory')) return;
  const [old, other] = present === 'directory' ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
  const message = `cannot overwrite ${old} ${quote(name)} with ${other} ${quote(directory)}`;
  throw new AttestdError('CONFLICT', message);
}

/** Returns the type of a path without following links. Undefined if it does not exist. */
export function typeAt(fs: FileSystem, path: string): NodeType | undefined {
  try {
    return fs.lstat(path).type;
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

function make(fs: FileSystem, directory: string, at: string, entry: ArchiveEntry, file: OpenFile | undefined): void {
  switch (entry.type) {
    case 'directory':
      if (typeAt(fs, at) === undefined) fs.mkdir(at);
      return;
    case 'symlink':
      fs.symlink(entry.target, at);
      return;
    case 'hardlink':
      fs.link(inside(directory, entry.target), at);
      return;
    case 'file':
      if (file !== undefined) fs.name(file, at);
      return;
    default:
      fs.mknod(at, entry.type, entry.mode, entry.device);
  }
}

/** A file with the bytes of an entry, which has no name yet. */
async function written(fs: FileSystem, at: string, { content }: ArchiveEntry): Promise<OpenFile> {
  const file = fs.openUnnamed(makeParents(fs, at));
  try {
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      await yieldIfDue();
      // A hole is one again, so that what was saved has room where it was before.
      if (isZero(chunk)) file.skip(chunk.length);
      else file.write(chunk);
    }
    file.truncate(size);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

const zeros = Buffer.alloc(64 * 1024);

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const block = bytes.subarray(at, at + zeros.length);
    if (!zeros.subarray(0, block.length).equals(block)) return false;
  }
  return true;
}

function attributes(
  { mode, uid, gid, mtime, xattrs }: ArchiveEntry,
  { owner }: Options,
): Parameters<FileSystem['change']>[1] {
  return { mode, uid: owner?.uid ?? uid, gid: owner?.gid ?? gid, mtime, ...(xattrs && { xattrs }) };
}
