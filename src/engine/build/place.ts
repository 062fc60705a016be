import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { decompress } from '../../oci/compression.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import { FileSystemError } from '../../support/sandbox/fs/errors.js';
import type { ArchiveEntry, FileSystem } from '../../support/sandbox/fs/types.js';
import { entriesOfTar } from '../containers/io/archive-entries.js';
import type { Owner } from './owner.js';
import type { Source } from './sources.js';

/** How sources are put into an image. */
export interface Placement {
  /** Absolute; a slash at its end makes it a directory. */
  readonly destination: string;
  /** Who it belongs to; undefined to leave it to whom it is. */
  readonly owner: Owner | undefined;
  /** Whether archives are taken apart. */
  readonly unpack: boolean;
}

/**
 * Put a source where it belongs (docs/reference/behavior/builder.md#copied-files).
 *
 * @throws FileSystemError when something is in the way; NO_SPACE
 */
export async function place(target: FileSystem, source: Source, how: Placement): Promise<void> {
  const { files, path, directory } = source;
  const copied = { ...(how.owner && { owner: how.owner }) };
  const wanted = resolved(target, how.destination);
  if (directory) {
    // The directory itself stays as it is, or is made; its source's mode and time do not count.
    const fresh = target.find(wanted) === undefined;
    if (!fresh && target.stat(wanted).type !== 'directory') throw new FileSystemError('ENOTDIR', wanted);
    makeDirectories(target, wanted, undefined);
    if (fresh && how.owner !== undefined) target.change(wanted, how.owner);
    await target.extract(wanted, handedOver(files.entries(path, { name: '.' }), how), copied);
    return;
  }
  const archive = how.unpack && !source.packed ? await archiveIn(files, path) : undefined;
  if (archive !== undefined) {
    makeDirectories(target, wanted, undefined);
    await target.extract(wanted, archive());
    return;
  }
  const into = how.destination.endsWith('/') || target.find(wanted)?.type === 'directory';
  const at = into ? resolved(target, posix.join(wanted, source.name)) : wanted;
  makeDirectories(target, posix.dirname(at), how.owner);
  const entries = files.entries(path, { name: posix.basename(at) });
  await target.extract(posix.dirname(at), handedOver(entries, how), copied);
}

/** Entries for their new owner: a program that changes hands no longer runs as its owner or group. */
async function* handedOver(entries: Iterable<ArchiveEntry>, { owner }: Placement): AsyncGenerator<ArchiveEntry> {
  for (const entry of entries) {
    await yieldIfDue();
    yield owner !== undefined && entry.type === 'file' ? { ...entry, mode: entry.mode & 0o1777 } : entry;
  }
}

/** Links to nothing that are followed one after the other. */
const mostLinks = 40;

/** A path without links, as far as there is something; a link to nothing leads to where something is to be made. */
function resolved(files: FileSystem, path: string, links = 0): string {
  const absolute = posix.resolve('/', path);
  let known = absolute;
  while (files.find(known) === undefined) {
    const target = linkAt(files, known);
    if (target !== '' && links < mostLinks) {
      const there = posix.resolve(posix.dirname(known), target);
      return resolved(files, posix.join(there, absolute.slice(known.length)), links + 1);
    }
    known = posix.dirname(known);
  }
  return posix.join(files.realPath(known), absolute.slice(known.length));
}

/** Where a link points; empty for anything else, and for nothing. */
function linkAt(files: FileSystem, path: string): string {
  try {
    return files.lstat(path).target;
  } catch (error) {
    if (error instanceof FileSystemError) return '';
    throw error;
  }
}

function makeDirectories(files: FileSystem, path: string, owner: Owner | undefined): void {
  if (files.find(path) !== undefined) return;
  makeDirectories(files, posix.dirname(path), owner);
  files.mkdir(path, { mode: 0o755 });
  if (owner !== undefined) files.change(path, owner);
}

/** The entries of a file that is an archive, compressed or not; undefined for any other. */
async function archiveIn(files: FileSystem, path: string): Promise<(() => AsyncIterable<ArchiveEntry>) | undefined> {
  const bytes = files.readFile(path, files.stat(path).size);
  async function* entries(): AsyncGenerator<ArchiveEntry> {
    yield* entriesOfTar(await decompress(Readable.from([bytes], { objectMode: false })));
  }
  try {
    for await (const _ of entries()) return entries;
  } catch {
    // Anything else is copied as it is.
  }
  return undefined;
}
