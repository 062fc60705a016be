import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSystemError } from './errors.js';
import type { ByteBudget, ContentStore, FileContent } from './types.js';

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
export function memoryStore(budget: ByteBudget): ContentStore {
  return {
    async store(content, size) {
      budget.reserve(size);
      return new Fixed(await collect(content, size));
    },
  };
}

/** Closes the files of unreachable content. */
const unread = new FinalizationRegistry<{ readonly file: number; readonly onRelease: () => void }>(
  ({ file, onRelease: gone }) => {
    closeSync(file);
    gone();
  },
);

/**
 * Keeps files one behind the other in a file of the host that has no name: it is gone when nothing that it keeps is in use any
 * more, and with the process.
 */
export class FileStore implements ContentStore {
  readonly #file: number;
  #end = 0;

  /** @param onRelease is called when the file is gone by itself */
  constructor(onRelease: () => void = () => undefined) {
    const path = join(tmpdir(), `attestd-files-${randomBytes(12).toString('hex')}`);
    this.#file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    unread.register(this, { file: this.#file, onRelease }, this);
  }

  async store(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, size: number): Promise<FileContent> {
    const start = this.#end;
    this.#end += size;
    let at = 0;
    for await (const chunk of content) {
      const part = chunk.subarray(0, size - at);
      writeSync(this.#file, part, 0, part.length, start + at);
      at += part.length;
    }
    return {
      size: at,
      // By way of this keeper, so that it lives as long as its files do.
      read: (from, length) => this.#read(start + from, Math.max(0, Math.min(length, at - from))),
    };
  }

  #read(from: number, length: number): Uint8Array {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(this.#file, bytes, 0, length, from));
  }

  /** No file that was kept can be read afterwards. */
  close(): void {
    unread.unregister(this);
    closeSync(this.#file);
  }
}

const chunkSize = 64 * 1024;
const smallest = 256;
const largestFile = 2 ** 40;

/** Budget share of a hole's bytes. A hole takes no memory but is written when the file is saved. */
const holeShare = 1 / 8;

const zeros = new Uint8Array(chunkSize);

/** The part of a lower file that is visible below a written one. */
class Under {
  constructor(
    private readonly content: FileContent = noContent,
    readonly end = content.size,
  ) {}

  /** Returns exactly `length` bytes, padded with zeros. */
  read(at: number, length: number): Uint8Array {
    const bytes = this.content.read(at, Math.max(0, Math.min(length, this.end - at)));
    return bytes.length === length ? bytes : Buffer.concat([bytes], length);
  }

  cut(size: number): Under {
    return size < this.end ? new Under(this.content, size) : this;
  }
}

const minBudgetBytes = new Under();

/**
 * The content of a file in a writable layer. Unwritten parts read from the file below, because copying it completely
 * would block other work. Without a file below, they are holes that read as zeros.
 */
export class GrowingContent implements FileContent {
  readonly #budget: ByteBudget;
  #under: Under;
  readonly #chunks = new Map<number, Buffer>();
  /** Chunks shared with a frozen copy. */
  readonly #shared = new WeakSet<Buffer>();
  #size = 0;
  #allocatedBytes = 0;
  /** Budget charge of holes. */
  #holes = 0;

  /** @throws FileSystemError ENOSPC */
  constructor(budget: ByteBudget, from?: FileContent) {
    this.#budget = budget;
    this.#under = from === undefined ? minBudgetBytes : new Under(from);
    this.#countHoles(this.#under.end);
    this.#size = this.#under.end;
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
      const chunk = this.#chunks.get((from - within) / chunkSize);
      if (chunk !== undefined) chunk.copy(bytes, from - at, within, within + step);
      else if (from < this.#under.end) bytes.set(this.#under.read(from, step), from - at);
      from += step;
    }
    return bytes;
  }

  /** @throws FileSystemError ENOSPC, EFBIG; what was written until then stays */
  write(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > largestFile) throw new FileSystemError('EFBIG', '');
    this.#countHoles(Math.max(this.#size, at));
    for (let done = 0; done < bytes.length; ) {
      const within = (at + done) % chunkSize;
      const step = Math.min(chunkSize - within, bytes.length - done);
      this.#chunk((at + done - within) / chunkSize, within + step).set(bytes.subarray(done, done + step), within);
      done += step;
      this.#size = Math.max(this.#size, at + done);
    }
  }

  truncate(size: number): void {
    if (size > largestFile) throw new FileSystemError('EFBIG', '');
    if (size < this.#size) {
      this.#under = this.#under.cut(size);
      for (const [index, chunk] of this.#chunks) {
        const start = index * chunkSize;
        if (start >= size) {
          this.#chunks.delete(index);
          this.#release(chunk.length);
        } else if (size - start < chunk.length) this.#own(index, chunk).fill(0, size - start);
      }
    }
    this.#countHoles(size);
    this.#size = size;
  }

  /** Returns a copy of the current content. It shares memory until the content is changed. */
  frozen(): FileContent {
    const chunks = new Map(this.#chunks);
    for (const chunk of chunks.values()) this.#shared.add(chunk);
    const size = this.#size;
    const under = this.#under;
    return {
      size,
      read: (at, length) => {
        const within = at % chunkSize;
        const step = Math.max(0, Math.min(length, chunkSize - within, size - at));
        const chunk = chunks.get((at - within) / chunkSize);
        if (chunk === undefined && at < under.end) return under.read(at, step);
        const written = chunk?.subarray(within, within + step);
        return written === undefined || written.length === 0 ? zeros.subarray(0, step) : written;
      },
    };
  }

  /** Give everything back. */
  clear(): void {
    this.#chunks.clear();
    this.#under = minBudgetBytes;
    this.#release(this.#allocatedBytes);
    this.#countHoles(0);
    this.#size = 0;
  }

  /** A part with room for `length` bytes. It grows in steps, so that small files stay small. */
  #chunk(index: number, length: number): Buffer {
    const present = this.#chunks.get(index);
    if (present !== undefined && present.length >= length) return this.#own(index, present);
    const start = index * chunkSize;
    const below = present === undefined ? Math.max(0, Math.min(chunkSize, this.#under.end - start)) : 0;
    let capacity = Math.max(smallest, present?.length ?? 0);
    while (capacity < Math.max(length, below)) capacity *= 2;
    const more = capacity - (present?.length ?? 0);
    this.#budget.reserve(more);
    this.#allocatedBytes += more;
    const chunk = Buffer.alloc(capacity);
    present?.copy(chunk);
    if (below > 0) chunk.set(this.#under.read(start, below));
    this.#chunks.set(index, chunk);
    return chunk;
  }

  /** A part that no frozen copy has. */
  #own(index: number, chunk: Buffer): Buffer {
    if (!this.#shared.delete(chunk)) return chunk;
    const copy = Buffer.from(chunk);
    this.#chunks.set(index, copy);
    return copy;
  }

  /** Count what would be holes beyond the parts that there are, were it of a size. @throws FileSystemError ENOSPC */
  #countHoles(size: number): void {
    const holes = Math.ceil(Math.max(0, size - this.#allocatedBytes) * holeShare);
    if (holes > this.#holes) this.#budget.reserve(holes - this.#holes);
    else this.#budget.release(this.#holes - holes);
    this.#holes = holes;
  }

  #release(bytes: number): void {
    this.#allocatedBytes -= bytes;
    this.#budget.release(bytes);
  }
}
