import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, opendirSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';

/** A file that is open. */
export interface OpenFile {
  /** @param from first byte of `bytes` to write; all from there are meant, fewer may be written */
  write(bytes: Uint8Array, from?: number): Promise<{ readonly bytesWritten: number }>;
  stat(): Promise<Pick<Stats, 'size'>>;
  /** Resolves when the content, or the names in a folder, survive a power cut. */
  sync(): Promise<void>;
  /** @param options first and last byte, and bytes at a time */
  createReadStream(options: { start: number; end: number; highWaterMark: number }): Readable;
  close(): Promise<void>;
}

/** What a store wants to know of a file. */
export type FileFacts = Pick<Stats, 'size' | 'mtime' | 'birthtime'>;

/** The file system as a store uses it; tests put another in its place, that fails or forgets. */
export interface Files {
  open(path: string, flags: 'r' | 'wx' | 'a', mode?: number): Promise<OpenFile>;
  readFile(path: string): Promise<Buffer>;
  /** A file of so many bytes at most, on the spot; undefined for what is larger or no plain file. */
  readSmall(path: string, limit: number): Buffer | undefined;
  /** What is known of a file, on the spot; undefined when it is not there, or is no plain file. */
  look(path: string): FileFacts | undefined;
  /** When a file or the names in a folder changed, nanoseconds since 1970, on the spot; 0 when it is not there. */
  changedAt(path: string): bigint;
  readdir(path: string): Promise<string[]>;
  /** The names in a folder that may have very many, read on the spot, some at a time as they are asked for. */
  names(path: string): Iterable<string>;
  stat(path: string): Promise<FileFacts>;
  /** What tells a file from another that was put in its place. */
  identity(path: string): Promise<string>;
  /** Make one folder. */
  mkdir(path: string, mode: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Remove a folder with all that is in it, if it is there. */
  removeFolder(path: string): Promise<void>;
}

/** The file system of the machine. */
export const systemFiles: Files = {
  open: (path, flags, mode) => (flags === 'r' ? openToRead(path) : open(path, flags, mode)),
  async readFile(path) {
    const file = await openToRead(path);
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  },
  readSmall,
  look,
  changedAt: (path) => statSync(path, { throwIfNoEntry: false, bigint: true })?.mtimeNs ?? 0n,
  readdir: (path) => readdir(path),
  names,
  stat: (path) => stat(path),
  async identity(path) {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  },
  mkdir: (path, mode) => mkdir(path, mode),
  rename,
  unlink,
  removeFolder: (path) => rm(path, { recursive: true, force: true }),
};

/** A file or folder; opening a pipe would wait for whoever writes to it, and a device may have no end. */
async function openToRead(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const found = fstatSync(file.fd);
  if (found.isFile() || found.isDirectory()) return file;
  await file.close();
  throw Object.assign(new Error(`ENOTFILE: neither a file nor a folder, open '${path}'`), { code: 'ENOTFILE' });
}

function look(path: string): FileFacts | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isFile() ? found : undefined;
  } catch (error) {
    if (codeOf(error) === 'ELOOP') return undefined;
    throw error;
  }
}

/**
 * The whole of a small file, read on the spot: a store's documents are small and many, and each trip to a thread of the
 * pool and back costs more processor time than reading one.
 *
 * @returns undefined for what is larger or no plain file
 */
function readSmall(path: string, limit: number): Buffer | undefined {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(file);
    if (!found.isFile() || found.size > limit) return undefined;
    const bytes = Buffer.allocUnsafeSlow(found.size);
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got)
      got = readSync(file, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Names of a folder that are read at a time: all at once take three times as long, and 200 bytes for each. */
const namesAtOnce = 4096;

function* names(path: string): Generator<string> {
  const folder = opendirSync(path, { bufferSize: namesAtOnce });
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) yield entry.name;
  } finally {
    folder.closeSync();
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/** Whether an error says that a file or folder is not there. */
export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

const codesOfNoFile = new Set(['ENOENT', 'ENOTFILE', 'EISDIR', 'ELOOP']);

/** Whether an error says that no plain file is there, whatever else may be. */
export const isNoFile = (error: unknown): boolean => codesOfNoFile.has(codeOf(error) ?? '');

/** Make a file's content survive a power cut, whoever wrote it. */
export async function syncFile(path: string, files: Files): Promise<void> {
  const handle = await files.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What file systems say that cannot sync a folder. */
const cannotSync = new Set(['EINVAL', 'ENOTSUP', 'EPERM']);

/** Make renames and new files in a folder survive a power cut, where the file system can. */
export async function syncFolder(folder: string, files: Files): Promise<void> {
  const handle = await files.open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!cannotSync.has(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Make a folder and those above it, as far as they are not there, so that they survive a power cut. (Node's own recursive
 * mkdir never ends under /proc.)
 *
 * @param mode of the folder; those above it get what the process gives to new ones
 * @throws a system error; EEXIST where a file has the name
 */
export async function makeFolder(path: string, files: Files, mode = 0o777): Promise<void> {
  const above = dirname(resolve(path));
  try {
    await files.mkdir(path, mode);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      // Only a folder can be listed.
      await files.readdir(path).catch((why: unknown) => {
        throw codeOf(why) === 'ENOTDIR' ? error : why;
      });
      // Whoever made it may have failed to sync it, or been killed before.
      return syncAbove(above, files);
    }
    if (!isMissing(error) || above === resolve(path)) throw error;
    await makeFolder(above, files);
    await files.mkdir(path, mode).catch((again: unknown) => {
      if (codeOf(again) !== 'EEXIST') throw again;
    });
  }
  await syncAbove(above, files);
}

/** Whoever may not read the folder above cannot sync it. */
const syncAbove = (above: string, files: Files): Promise<void> =>
  syncFolder(above, files).catch((error: unknown) => {
    if (codeOf(error) !== 'EACCES') throw error;
  });

/** Write all of some bytes. */
export async function writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
}

/** Bytes that are written at a time. */
const gatheredSize = 512 << 10;

/**
 * Writes to a file in large pieces, one while the next is gathered: each write is a trip to another thread. Pieces are copied into
 * two places that are used in turn, for new memory takes longer than the copy.
 */
export class GatheredWrites {
  #pieces: Uint8Array[] = [];
  #size = 0;
  #writing: Promise<void> = Promise.resolve();
  #place: Buffer | undefined;
  #other: Buffer | undefined;

  constructor(private readonly file: OpenFile) {}

  /** @throws what an earlier write ended with */
  async add(piece: Uint8Array): Promise<void> {
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size >= gatheredSize) await this.#write();
  }

  /** Write what is left. */
  async end(): Promise<void> {
    if (this.#size > 0) await this.#write();
    await this.#writing;
  }

  async #write(): Promise<void> {
    const bytes = this.#gather();
    this.#pieces = [];
    this.#size = 0;
    await this.#writing;
    this.#writing = writeAll(this.file, bytes);
    // Told with the next piece.
    this.#writing.catch(() => undefined);
  }

  #gather(): Uint8Array {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    if (this.#size < gatheredSize) return Buffer.concat(this.#pieces);
    // The last write is from the other one, if it still goes on.
    const enough = Math.max(this.#size, gatheredSize * 2);
    const room = this.#size <= (this.#place?.length ?? 0) ? (this.#place as Buffer) : Buffer.allocUnsafeSlow(enough);
    [this.#place, this.#other] = [this.#other, room];
    let at = 0;
    for (const piece of this.#pieces) {
      room.set(piece, at);
      at += piece.length;
    }
    return room.subarray(0, at);
  }
}

/**
 * Replace a file so that readers, now and after a crash, see the old content or the new, never a mixture.
 *
 * @param path file to replace
 * @param content its new content
 * @param temporary folder on the same file system for the new file until it is complete
 */
export async function replaceFile(path: string, content: string, temporary: string, files: Files): Promise<void> {
  const draft = join(temporary, randomBytes(12).toString('hex'));
  await writeDraft(draft, [Buffer.from(content)], files);
  await placeDraft(draft, path, files);
  await syncFolder(dirname(path), files);
}

/** Write a file that is to be put in another's place; its content survives a power cut. Nothing is left of a failure. */
export async function writeDraft(
  draft: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  files: Files,
  mode = 0o644,
): Promise<void> {
  try {
    const handle = await files.open(draft, 'wx', mode);
    try {
      for await (const piece of pieces) await writeAll(handle, piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await files.unlink(draft).catch(() => undefined);
    throw error;
  }
}

/** Put a draft in a file's place; whether it is there after a crash is open until the folder is synced. */
export async function placeDraft(draft: string, path: string, files: Files): Promise<void> {
  await files.rename(draft, path).catch(async (error: unknown) => {
    await files.unlink(draft).catch(() => undefined);
    throw error;
  });
}
