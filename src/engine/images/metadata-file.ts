import { readSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { DigestIds } from '../../oci/digest-ids.js';
import { verifiedText, withChecksum } from '../../oci/line-checksum.js';
import { yieldToRequests } from '../../support/foundation/scheduler.js';
import { Column } from './columns.js';

/** Characters that are gathered before they are written, and milliseconds after which they are in any case. */
const gathered = 256 << 10;
const delay = 2000;

/** Bytes that are looked through at a time when the file is opened. */
const chunkSize = 4 << 20;

/** Files up to this many bytes are never compacted. */
const smallFile = 1 << 20;

interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** Byte ranges of each image's metadata, 57 bytes per image. */
class RangeTable {
  readonly #ids = new DigestIds();
  readonly #offsets = new Column(Float64Array);
  readonly #lengths = new Column(Uint32Array);

  get(digest: string): FileRange | undefined {
    const id = this.#ids.find(digest);
    return id === undefined ? undefined : { offset: this.#offsets.get(id), length: this.#lengths.get(id) };
  }

  set(digest: string, { offset, length }: FileRange): void {
    const id = this.#ids.of(digest);
    this.#offsets.set(id, offset);
    this.#lengths.set(id, length);
  }

  *entries(): Generator<readonly [string, FileRange]> {
    for (let id = 0; id < this.#ids.size; id++)
      yield [this.#ids.digest(id), { offset: this.#offsets.get(id), length: this.#lengths.get(id) }];
  }
}

/**
 * Metadata of images by digest, appended as one line each. It is derived from the layout: lines that are unreadable or
 * truncated by a crash are computed again, so the file is never synced.
 */
export class ImageMetadataFile {
  #ranges = new RangeTable();
  #file: FileHandle | undefined;
  #opened: Promise<void> | undefined;
  #end = 0;
  #waiting: { digest: string; line: Buffer }[] = [];
  #waitingSize = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  /**
   * @param path the file, created on the first write
   *
   * @param header first line. A file with another header is overwritten.
   */
  constructor(
    private readonly path: string,
    private readonly header: string,
  ) {}

  /** Whether the file has the metadata of an image. */
  async has(digest: string): Promise<boolean> {
    await this.#open();
    return this.#ranges.get(digest) !== undefined;
  }

  /** Returns the last appended metadata of an image. Undefined if the file has none. */
  async read(digest: string): Promise<string | undefined> {
    await this.#open();
    const range = this.#ranges.get(digest);
    return range && this.#textAt(range);
  }

  /** Removes entries that are not needed, if they make up most of a large file. */
  async compact(isNeeded: (digest: string) => boolean): Promise<void> {
    const { size } = await stat(this.path).catch(() => ({ size: 0 }));
    if (size < smallFile) return;
    await this.#open();
    let bytes = 0;
    for (const [digest, { length }] of this.#ranges.entries()) {
      await yieldToRequests();
      if (isNeeded(digest)) bytes += length;
    }
    if (bytes * 2 > this.#end || this.#closed) return;
    this.#writing = this.#writing.then(() => this.#rewrite(isNeeded)).catch(() => undefined);
    await this.#writing;
  }

  /** Note the facts of an image; they are written in a while. */
  append(digest: string, text: string): void {
    if (this.#closed) return;
    const line = Buffer.from(lineOf(digest, text));
    this.#waiting.push({ digest, line });
    this.#waitingSize += line.length;
    if (this.#waitingSize >= gathered) void this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), delay).unref();
  }

  /** Writes pending lines and closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flush();
    await this.#opened;
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  #textAt({ offset, length }: FileRange): string | undefined {
    if (this.#file === undefined) return undefined;
    const bytes = Buffer.allocUnsafe(length);
    // Synchronous, because a trip to the thread pool takes longer than this read.
    const bytesRead = readSync(this.#file.fd, bytes, 0, length, offset);
    return verifiedText(bytes, 0, bytesRead);
  }

  /** Replaces the file with one that has each needed entry once. */
  async #rewrite(isNeeded: (digest: string) => boolean): Promise<void> {
    const draft = `${this.path}.new`;
    const next = await open(draft, 'w+');
    try {
      const ranges = new RangeTable();
      let text = `${this.header}\n`;
      let end = 0;
      const write = async (): Promise<void> => {
        end += (await next.write(text)).bytesWritten;
        text = '';
      };
      await write();
      for (const [digest, range] of this.#ranges.entries()) {
        const metadata = isNeeded(digest) ? this.#textAt(range) : undefined;
        if (metadata === undefined) continue;
        const line = lineOf(digest, metadata);
        ranges.set(digest, { offset: end + Buffer.byteLength(text) + digest.length + 1, length: range.length });
        text += line;
        if (text.length >= gathered) await write();
        await yieldToRequests();
      }
      await write();
      await rename(draft, this.path);
      const before = this.#file;
      [this.#file, this.#ranges, this.#end] = [next, ranges, end];
      await before?.close();
    } catch (error) {
      await next.close();
      await rm(draft, { force: true });
      throw error;
    }
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingSize = 0;
    if (lines.length > 0) this.#writing = this.#writing.then(() => this.#write(lines));
    return this.#writing;
  }

  async #write(lines: readonly { digest: string; line: Buffer }[]): Promise<void> {
    await this.#open();
    if (this.#file === undefined) return;
    try {
      await this.#file.write(Buffer.concat(lines.map(({ line }) => line)), 0, undefined, this.#end);
    } catch {
      // The disk is full. Metadata stays in memory as far as it fits.
      return;
    }
    for (const { digest, line } of lines) {
      const start = digest.length + 1;
      this.#ranges.set(digest, { offset: this.#end + start, length: line.length - start - 1 });
      this.#end += line.length;
    }
  }

  #open(): Promise<void> {
    this.#opened ??= this.#openFile().then(
      (file) => {
        this.#file = file;
      },
      () => undefined,
    );
    return this.#opened;
  }

  async #openFile(): Promise<FileHandle> {
    const file = await open(this.path, 'a+').then(async (made) => {
      await made.close();
      return open(this.path, 'r+');
    });
    const header = Buffer.from(`${this.header}\n`);
    const start = Buffer.alloc(header.length);
    await file.read(start, 0, header.length, 0);
    if (!start.equals(header)) {
      await file.truncate(0);
      await file.write(header, 0, header.length, 0);
      this.#end = header.length;
      return file;
    }
    await this.#index(file, header.length);
    return file;
  }

  /** Find the lines, up to the last that is whole. */
  async #index(file: FileHandle, from: number): Promise<void> {
    const chunk = Buffer.allocUnsafe(chunkSize);
    this.#end = from;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkSize, this.#end);
      let at = 0;
      for (let end = chunk.indexOf(10, at); end >= 0 && end < bytesRead; end = chunk.indexOf(10, at)) {
        const space = chunk.indexOf(32, at);
        if (space > at && space < end)
          this.#ranges.set(chunk.toString('latin1', at, space), {
            offset: this.#end + space + 1,
            length: end - space - 1,
          });
        at = end + 1;
      }
      this.#end += at;
      if (at === 0 || bytesRead < chunkSize) break;
    }
    await file.truncate(this.#end);
  }
}

const lineOf = (digest: string, text: string): string => `${digest} ${withChecksum(text)}\n`;
