import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { FileSystemError } from './errors.js';
import type { ByteBudget, ContentKeeper, FileContent } from './types.js';

/** Bytes that do not change, in memory. */
class Fixed implements FileContent {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(at: number, length: number): Uint8Array {
    return this.#bytes.subarray(at, at + length);
  }
}

/** No bytes. */
export const noContent: FileContent = new Fixed(new Uint8Array(0));

async function collect(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for await (const chunk of content) {
    bytes.set(chunk.subarray(0, size - at), at);
    at += Math.min(chunk.length, size - at);
  }
  return at === size ? bytes : bytes.subarray(0, at);
}

/**
 * Keep files in memory.
 *
 * @param budget takes the bytes; they are never given back
 */
export function memoryKeeper(budget: ByteBudget): ContentKeeper {
  return {
    async keep(content, size) {
      budget.reserve(size);
      return new Fixed(await collect(content, size));
    },
  };
}

/** Keeps files one behind the other in a file of the host. */
export class FileKeeper implements ContentKeeper {
  readonly #file: number;
  #end = 0;

  /** @param path made anew; the caller removes it */
  constructor(path: string) {
    this.#file = openSync(path, 'wx+', 0o600);
  }

  async keep(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, size: number): Promise<FileContent> {
    const start = this.#end;
    this.#end += size;
    let at = 0;
    for await (const chunk of content) {
      const part = chunk.subarray(0, size - at);
      writeSync(this.#file, part, 0, part.length, start + at);
      at += part.length;
    }
    const file = this.#file;
    return {
      size: at,
      read(from, length) {
        const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, at - from)));
        return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start + from));
      },
    };
  }

  /** No file that was kept can be read afterwards. */
  close(): void {
    closeSync(this.#file);
  }
}

const chunkSize = 64 * 1024;
const smallest = 256;
const largestFile = 2 ** 40;

/** Bytes of a file of a writable layer. Parts that were never written take no room and read as zeros. */
export class GrowingContent implements FileContent {
  readonly #budget: ByteBudget;
  readonly #chunks = new Map<number, Buffer>();
  #size = 0;
  #held = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#size;
  }

  read(at: number, length: number): Uint8Array {
    const end = Math.min(at + length, this.#size);
    if (at >= end) return new Uint8Array(0);
    const bytes = Buffer.alloc(end - at);
    for (let from = at; from < end; ) {
      const within = from % chunkSize;
      const step = Math.min(chunkSize - within, end - from);
      this.#chunks.get((from - within) / chunkSize)?.copy(bytes, from - at, within, within + step);
      from += step;
    }
    return bytes;
  }

  /** @throws FileSystemError ENOSPC, EFBIG; what was written until then stays */
  write(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > largestFile) throw new FileSystemError('EFBIG', '');
    for (let done = 0; done < bytes.length; ) {
      const within = (at + done) % chunkSize;
      const step = Math.min(chunkSize - within, bytes.length - done);
      this.#chunk((at + done - within) / chunkSize, within + step).set(bytes.subarray(done, done + step), within);
      done += step;
      this.#size = Math.max(this.#size, at + done);
    }
  }

  /** Take over what another file holds. */
  copy(from: FileContent): void {
    for (let at = 0; at < from.size; at += chunkSize) this.write(at, from.read(at, chunkSize));
  }

  truncate(size: number): void {
    if (size > largestFile) throw new FileSystemError('EFBIG', '');
    if (size < this.#size) {
      for (const [index, chunk] of this.#chunks) {
        const start = index * chunkSize;
        if (start >= size) {
          this.#chunks.delete(index);
          this.#release(chunk.length);
        } else chunk.fill(0, Math.min(size - start, chunk.length));
      }
    }
    this.#size = size;
  }

  /** Give everything back. */
  clear(): void {
    this.#chunks.clear();
    this.#release(this.#held);
    this.#size = 0;
  }

  /** A part with room for `length` bytes. It grows in steps, so that small files stay small. */
  #chunk(index: number, length: number): Buffer {
    const present = this.#chunks.get(index);
    if (present !== undefined && present.length >= length) return present;
    let room = Math.max(smallest, present?.length ?? 0);
    while (room < length) room *= 2;
    const more = room - (present?.length ?? 0);
    this.#budget.reserve(more);
    this.#held += more;
    const chunk = Buffer.alloc(room);
    present?.copy(chunk);
    this.#chunks.set(index, chunk);
    return chunk;
  }

  #release(bytes: number): void {
    this.#held -= bytes;
    this.#budget.release(bytes);
  }
}
