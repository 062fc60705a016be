import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { sumLength, sumOf } from '../../oci/line-sum.js';

/** Characters that are gathered before they are written, and milliseconds after which they are in any case. */
const gathered = 256 << 10;
const delay = 2000;

/** Bytes that are looked through at a time when the file is opened. */
const chunkSize = 4 << 20;

interface Place {
  readonly offset: number;
  readonly length: number;
}

/**
 * Facts of images by their digests, one a line, appended. It is derived from the layout and no part of it: what cannot be
 * read, or was cut short by a crash, is found out again, so nothing waits for its being on disk.
 */
export class FactsFile {
  readonly #places = new Map<string, Place>();
  #opened: Promise<FileHandle | undefined> | undefined;
  #end = 0;
  #waiting: { digest: string; line: Buffer }[] = [];
  #waitingSize = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  /**
   * @param path the file, made when there is something to write
   * @param header first line; a file with another one is of no use and begins anew
   */
  constructor(
    private readonly path: string,
    private readonly header: string,
  ) {}

  /** Whether the file has facts of an image. */
  async has(digest: string): Promise<boolean> {
    await this.#open();
    return this.#places.has(digest);
  }

  /** The facts of an image as they were appended last; undefined where there are none. */
  async read(digest: string): Promise<string | undefined> {
    const file = await this.#open();
    const place = this.#places.get(digest);
    if (place === undefined || file === undefined) return undefined;
    const bytes = Buffer.allocUnsafe(place.length);
    // On the spot: a trip to the pool of threads takes longer than what is asked of it.
    const bytesRead = readSync(file.fd, bytes, 0, place.length, place.offset);
    const text = bytes.toString('utf8', sumLength + 1, bytesRead);
    return bytes.toString('latin1', 0, sumLength) === sumOf(text) ? text : undefined;
  }

  /** Note the facts of an image; they are written in a while. */
  append(digest: string, text: string): void {
    if (this.#closed) return;
    const line = Buffer.from(`${digest} ${sumOf(text)} ${text}\n`);
    this.#waiting.push({ digest, line });
    this.#waitingSize += line.length;
    if (this.#waitingSize >= gathered) void this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), delay).unref();
  }

  /** Write what is not written yet. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flush();
    const file = await this.#opened;
    await file?.close().catch(() => undefined);
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
    const file = await this.#open();
    if (file === undefined) return;
    try {
      await file.write(Buffer.concat(lines.map(({ line }) => line)), 0, undefined, this.#end);
    } catch {
      // A full disk: facts stay in memory as long as there is room.
      return;
    }
    for (const { digest, line } of lines) {
      const start = digest.length + 1;
      this.#places.set(digest, { offset: this.#end + start, length: line.length - start - 1 });
      this.#end += line.length;
    }
  }

  #open(): Promise<FileHandle | undefined> {
    this.#opened ??= this.#look().catch(() => undefined);
    return this.#opened;
  }

  async #look(): Promise<FileHandle> {
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
          this.#places.set(chunk.toString('latin1', at, space), {
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
