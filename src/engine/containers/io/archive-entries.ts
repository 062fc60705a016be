import { Readable } from 'node:stream';
import type tar from 'tar-stream';
import { untilTarEnd } from '../../../oci/tar-end.js';
import { tarEnd, tarHead, tarPadding } from '../../../oci/tar-head.js';
import { AttestdError } from '../../../support/foundation/errors.js';
import { yieldIfDue } from '../../../support/foundation/scheduler.js';
import { trimRight } from '../../../support/go/strings.js';
import type { ArchiveEntry } from '../../../support/sandbox/fs/types.js';
import { archiveChunkBytes } from '../../limits.js';
import { tarStream } from '../../tar-stream.js';

type TarType = NonNullable<tar.Header['type']>;

const types: Readonly<Partial<Record<TarType, ArchiveEntry['type']>>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'hardlink',
  'character-device': 'character',
  'block-device': 'block',
  fifo: 'fifo',
};

/** POSIX, ustar interchange format. */
const flags: Readonly<Record<ArchiveEntry['type'], string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/**
 * The entries of a tar archive, as a container's file system takes them.
 *
 * @param archive uncompressed
 * @throws INVALID_ARCHIVE when it cannot be read
 */
export async function* entriesOfTar(archive: Readable): AsyncGenerator<ArchiveEntry> {
  const extract = tarStream().extract();
  Readable.from(untilTarEnd(archive), { objectMode: false })
    .on('error', (error) => extract.destroy(error))
    .pipe(extract);
  try {
    for await (const entry of extract) {
      // A piece of the archive may hold very many empty files.
      await yieldIfDue();
      const type = types[entry.header.type ?? 'file'];
      if (type !== undefined) yield toEntry(entry.header, type, entry as unknown as AsyncIterable<Uint8Array>);
      entry.resume();
    }
  } catch (error) {
    if (error instanceof AttestdError) throw error;
    throw new AttestdError('INVALID_ARCHIVE', (error as Error).message, { cause: error });
  } finally {
    archive.destroy();
  }
}

function toEntry(header: tar.Header, type: ArchiveEntry['type'], content: AsyncIterable<Uint8Array>): ArchiveEntry {
  const { name, uid = 0, gid = 0, mtime, size = 0, linkname, devmajor = 0, devminor = 0 } = header;
  // A link has no mode.
  const mode = type === 'symlink' ? 0o777 : (header.mode ?? 0o644);
  const fields = { name: trimRight(name, '/'), type, mode: mode & 0o7777, uid, gid, target: linkname ?? '' };
  const device = type === 'character' || type === 'block' ? { device: { major: devmajor, minor: devminor } } : {};
  const time = BigInt(mtime?.getTime() ?? 0) * 1_000_000n;
  return { ...fields, ...device, mtime: time, size: type === 'file' ? size : 0, content };
}

/** Returns a tar archive of entries. Each entry is read when the reader reaches it. */
export function tarOfEntries(entries: Iterable<ArchiveEntry>): Readable {
  return Readable.from(chunks(entries), { objectMode: false });
}

async function* chunks(entries: Iterable<ArchiveEntry>): AsyncGenerator<Buffer> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for (const entry of entries) {
    await yieldIfDue();
    for await (const part of partsOf(entry)) {
      pending.push(part);
      size += part.length;
      if (size < archiveChunkBytes) continue;
      yield Buffer.concat(pending);
      pending = [];
      size = 0;
    }
  }
  yield Buffer.concat([...pending, tarEnd]);
}

async function* partsOf(entry: ArchiveEntry): AsyncGenerator<Uint8Array> {
  const { name, type, mode, uid, gid, mtime, target, device } = entry;
  const size = type === 'file' ? entry.size : 0;
  yield tarHead({
    name: type === 'directory' ? `${name}/` : name,
    flag: flags[type],
    mode,
    uid,
    gid,
    mtime: Number(mtime / 1_000_000_000n),
    size,
    ...(target !== '' && { linkname: target }),
    ...(device && { device }),
  });
  if (size === 0) return;
  let remaining = size;
  for await (const chunk of entry.content) {
    remaining -= chunk.length;
    yield chunk;
  }
  if (remaining !== 0) throw new AttestdError('INTERNAL', `${name} is not of the size that its header says`);
  yield tarPadding(size);
}

/** Returns Go's text for an archive error. */
export function extractionError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/unexpected end|premature|incomplete|stream was destroyed/i.test(message)) return 'unexpected EOF';
  if (/invalid tar header/i.test(message)) return 'archive/tar: invalid tar header';
  return message;
}

/** Turns an iterable into an async iterable without an array of all items. */
export async function* asynchronous<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await yieldIfDue();
    yield item;
  }
}
