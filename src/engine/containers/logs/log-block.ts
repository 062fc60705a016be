import { maxLogBlockBytes, maxLogBlockEntries } from '../../limits.js';
import type { LogEntry } from './log.js';

/** Initial capacity of a block. */
const fewEntries = 16;
const fewBytes = 512;

/** Estimated bytes of a block in addition to its content. */
const overhead = 600;

/**
 * A packed sequence of log entries. One object per short line would take a hundred times the line's size and survive
 * into the old generation.
 */
export class LogBlock {
  /** Bytes of its entries. */
  bytes = 0;
  #count = 0;
  #buffer = Buffer.alloc(0);
  /** End offset of each entry, times two, plus one for standard error. */
  #ends = new Uint32Array(0);
  #times = new BigInt64Array(0);

  /**
   * @param first number of its first entry, counted from the container's first
   * @param file number of the log's file that it is in
   */
  constructor(
    readonly first: number,
    readonly file: number,
  ) {}

  /** Number of the entry after its last. */
  get end(): number {
    return this.first + this.#count;
  }

  /** Time of its last entry; earlier than any where it has none. */
  get last(): bigint {
    return this.#times[this.#count - 1] ?? -1n;
  }

  /** Bytes of memory. */
  get allocatedBytes(): number {
    return overhead + this.#buffer.length + this.#ends.byteLength + this.#times.byteLength;
  }

  /** @returns whether it is full */
  add({ stream, time, bytes }: LogEntry): boolean {
    if (this.#count === this.#ends.length) this.#moreEntries();
    // Readers of the old buffer keep it unchanged.
    if (this.bytes + bytes.length > this.#buffer.length)
      this.#enlarge(Math.max(fewBytes, this.bytes * 2, this.bytes + bytes.length));
    this.bytes += bytes.copy(this.#buffer, this.bytes);
    this.#ends[this.#count] = this.bytes * 2 + (stream === 'stderr' ? 1 : 0);
    this.#times[this.#count] = time;
    this.#count++;
    return this.#count >= maxLogBlockEntries || this.bytes >= maxLogBlockBytes;
  }

  #moreEntries(): void {
    const length = Math.max(fewEntries, this.#count * 2);
    const [ends, times] = [new Uint32Array(length), new BigInt64Array(length)];
    ends.set(this.#ends);
    times.set(this.#times);
    [this.#ends, this.#times] = [ends, times];
  }

  #enlarge(length: number): void {
    const enlarged = Buffer.allocUnsafeSlow(length);
    this.#buffer.copy(enlarged, 0, 0, this.bytes);
    this.#buffer = enlarged;
  }

  /** Trims the buffer. No entry is added after this. */
  close(): void {
    if (this.#buffer.length > this.bytes) this.#enlarge(this.bytes);
  }

  /** The entries from a number on, up to another. */
  slice(from: number, to: number): LogEntry[] {
    const [start, stop] = [Math.max(0, from - this.first), Math.min(this.#count, to - this.first)];
    return Array.from({ length: Math.max(0, stop - start) }, (_, i) => this.#entry(start + i));
  }

  #entry(at: number): LogEntry {
    const end = this.#ends[at] as number;
    const start = at === 0 ? 0 : (this.#ends[at - 1] as number) >>> 1;
    const bytes = this.#buffer.subarray(start, end >>> 1);
    return { stream: end % 2 === 1 ? 'stderr' : 'stdout', time: this.#times[at] as bigint, bytes };
  }
}
