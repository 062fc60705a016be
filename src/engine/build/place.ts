import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { decompress } from '../../oci/compression.js';
import { FileSystemError } from '../../runtime/fs/errors.js';
import type { ArchiveEntry, FileSystem } from '../../runtime/fs/types.js';
import { giveWay } from '../../turns.js';
import { entriesOfTar } from '../containers/archive-entries.js';
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
 * Put a source where it belongs (docs/behaviour.md#copied-files).
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
    await target.extract(wanted, asyncOf(files.entries(path, { name: '.' })), copied);
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
  await target.extract(posix.dirname(at), asyncOf(entries), copied);
}

async function* asyncOf(entries: Iterable<ArchiveEntry>): AsyncGenerator<ArchiveEntry> {
  for (const entry of entries) {
    await giveWay();
    yield entry;
  }
}

/** A path without links, as far as there is something. */
function resolved(files: FileSystem, path: string): string {
  const absolute = posix.resolve('/', path);
  let known = absolute;
  while (files.find(known) === undefined) known = posix.dirname(known);
  return posix.join(files.realPath(known), absolute.slice(known.length));
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
