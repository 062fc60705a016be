import { Readable } from 'node:stream';
import type tar from 'tar-stream';
import { AttestdError } from '../../errors.js';
import { trimRight } from '../../go/strings.js';
import { untilTarEnd } from '../../oci/tar-end.js';
import type { ArchiveEntry } from '../../runtime/fs/types.js';
import { giveWay } from '../../turns.js';
import { tarStream } from '../tar-stream.js';

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

const tarTypes: Readonly<Record<ArchiveEntry['type'], TarType>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  hardlink: 'link',
  character: 'character-device',
  block: 'block-device',
  fifo: 'fifo',
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
      await giveWay();
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
  // A link has no mode of its own.
  const mode = type === 'symlink' ? 0o777 : (header.mode ?? 0o644);
  const fields = { name: trimRight(name, '/'), type, mode: mode & 0o7777, uid, gid, target: linkname ?? '' };
  const device = type === 'character' || type === 'block' ? { device: { major: devmajor, minor: devminor } } : {};
  const time = BigInt(mtime?.getTime() ?? 0) * 1_000_000n;
  return { ...fields, ...device, mtime: time, size: type === 'file' ? size : 0, content };
}

/** A tar archive of entries. */
export function tarOfEntries(entries: Iterable<ArchiveEntry>): Readable {
  const pack = tarStream().pack();
  const fill = async (): Promise<void> => {
    for (const entry of entries) await put(pack, entry);
    pack.finalize();
  };
  fill().catch((error: Error) => pack.destroy(error));
  // tar-stream's are not the streams of Node.
  return Readable.from(pack, { objectMode: false });
}

async function put(pack: tar.Pack, entry: ArchiveEntry): Promise<void> {
  const { name, type, mode, uid, gid, mtime, size, target, device } = entry;
  const header = {
    name: type === 'directory' ? `${name}/` : name,
    type: tarTypes[type],
    mode,
    uid,
    gid,
    mtime: new Date(Number(mtime / 1_000_000n)),
    uname: '',
    gname: '',
    size: type === 'file' ? size : 0,
    ...(target !== '' && { linkname: target }),
    ...(device && { devmajor: device.major, devminor: device.minor }),
  };
  if (type !== 'file' || size === 0) {
    pack.entry(header as tar.Header, '');
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const sink = pack.entry(header as tar.Header, (error) => (error ? reject(error) : resolve()));
    Readable.from(entry.content).on('error', reject).pipe(sink);
  });
}

/** Go's words for what is wrong with an archive. */
export function extractFault(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/unexpected end|premature|incomplete|stream was destroyed/i.test(message)) return 'unexpected EOF';
  if (/invalid tar header/i.test(message)) return 'archive/tar: invalid tar header';
  return message;
}

/** Items that are there as if they had to be waited for. */
export async function* asynchronous<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
