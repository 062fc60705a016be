import { posix } from 'node:path';
import { AttestdError } from '../../errors.js';
import { quote } from '../../go/quote.js';
import { trimRight } from '../../go/strings.js';
import { giveWay } from '../../turns.js';
import { baseName, components, joinPath } from './paths.js';
import type { ArchiveEntry, ExtractOptions, FileSystem, NodeType } from './types.js';

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
    const named = inside(path, entry.name);
    const at = options.whiteouts ? named : withinLinks(fs, path, named);
    if (options.whiteouts && baseName(at).startsWith('.wh.')) {
      hide(fs, at);
      continue;
    }
    if (!clear(fs, path, at, entry, options)) continue;
    const above = posix.dirname(at);
    if (fs.find(above) === undefined) fs.mkdir(above, { recursive: true });
    await put(fs, path, at, entry);
    // A further name brings what its entry says of the file; in layers the first one counts.
    if (entry.type !== 'hardlink' || !options.whiteouts) fs.change(at, attributes(entry, options), { link: true });
    if (entry.type === 'directory') directories.push({ path: at, mtime: entry.mtime });
  }
  for (const { path: at, mtime } of directories) if (fs.find(at)?.type === 'directory') fs.change(at, { mtime });
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
const mostLinks = 40;

/**
 * Where an entry goes when links are on the way: the directory is the root of those that begin with a slash, and no other
 * leads outside of it.
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
    if (++links > mostLinks) throw new AttestdError('INVALID_ARCHIVE', 'too many levels of symbolic links');
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

/** Make room for an entry. False when nothing more is to be done: the directory itself. */
function clear(fs: FileSystem, directory: string, at: string, { name, type }: ArchiveEntry, options: Options): boolean {
  const present = typeAt(fs, at);
  if (present === undefined) return true;
  const wasDirectory = present === 'directory';
  if (options.noOverwriteDirNonDir && wasDirectory !== (type === 'directory')) {
    const [old, other] = wasDirectory ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
    const message = `cannot overwrite ${old} ${quote(name)} with ${other} ${quote(directory)}`;
    throw new AttestdError('CONFLICT', message);
  }
  if (wasDirectory && type === 'directory') return components(name).length > 0;
  fs.remove(at);
  return true;
}

/** What is at a path, links not followed; undefined for nothing. */
export function typeAt(fs: FileSystem, path: string): NodeType | undefined {
  try {
    return fs.lstat(path).type;
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

async function put(fs: FileSystem, directory: string, at: string, entry: ArchiveEntry): Promise<void> {
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
      return await write(fs, at, entry);
    default:
      fs.mknod(at, entry.type, entry.mode, entry.device);
  }
}

async function write(fs: FileSystem, at: string, entry: ArchiveEntry): Promise<void> {
  const file = fs.open(at, { write: true, create: true, exclusive: true });
  let size = 0;
  try {
    for await (const chunk of entry.content) {
      size += chunk.length;
      await giveWay();
      // A hole is one again, so that what was saved has room where it was before.
      if (isZero(chunk)) file.skip(chunk.length);
      else file.write(chunk);
    }
    file.truncate(size);
  } finally {
    file.close();
  }
}

const zeros = Buffer.alloc(64 * 1024);

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const piece = bytes.subarray(at, at + zeros.length);
    if (!zeros.subarray(0, piece.length).equals(piece)) return false;
  }
  return true;
}

function attributes(
  { mode, uid, gid, mtime, xattrs }: ArchiveEntry,
  { owner }: Options,
): Parameters<FileSystem['change']>[1] {
  return { mode, uid: owner?.uid ?? uid, gid: owner?.gid ?? gid, mtime, ...(xattrs && { xattrs }) };
}
