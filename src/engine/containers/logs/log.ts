import { yieldIfDue } from '../../../support/foundation/scheduler.js';
import type { Clock } from '../../../support/sandbox/clock.js';
import { maxLogLineBytes } from '../../limits.js';
import { LogBlock } from './log-block.js';
import type { LogQuota } from './log-quota.js';

/** Which of a process's outputs. */
export type StreamName = 'stdout' | 'stderr';

/** A line written by a container, or a part of an overlong or unfinished one. */
export interface LogEntry {
  readonly stream: StreamName;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** With its line feed, if it has one. */
  readonly bytes: Buffer;
}

/** The requested part of a log. */
export interface LogRange {
  /** Nanoseconds since 1970. Earlier entries are skipped. */
  readonly since?: bigint | undefined;
  /** Nanoseconds since 1970. Later entries are skipped. */
  readonly until?: bigint | undefined;
  /** Number of last entries. Default: all. */
  readonly tail?: number | undefined;
  /** Whether to follow the log until the container ends. */
  readonly follow: boolean;
}

const lineFeed = 0x0a;

/** Overhead of an entry in the log file: `{"log":"…","stream":"stdout","time":"…"}`. */
const overhead = 75;

/** Retention limits of a log. Old entries are dropped a file at a time, like the rotation of json-file. */
export interface LogBounds {
  /** Bytes of one file. */
  readonly fileSize: number;
  readonly files: number;
}

/** The retained entries of a log. */
export interface RetainedLog {
  readonly count: number;
  /** Bytes of the entries. */
  readonly bytes: number;
  /** The entries, oldest first, in chunks. Entries written later are not included. */
  readonly chunks: Iterable<readonly LogEntry[]>;
}

/**
 * Receives each entry.
 *
 * @returns a promise if the observer cannot take another entry yet
 */
export type LogObserver = (entry: LogEntry) => Promise<void> | undefined;

/** Unfinished lines. A program may write a line byte by byte. */
class Unended {
  #parts: Buffer[] = [];
  /** Bytes. */
  length = 0;

  add(part: Buffer): void {
    this.#parts.push(part);
    this.length += part.length;
  }

  take(): readonly Buffer[] {
    const parts = this.#parts;
    this.#parts = [];
    this.length = 0;
    return parts;
  }
}

/** The output of a container and its followers (the json-file driver, in memory). */
export class ContainerLog {
  readonly #clock: Clock;
  readonly #bounds: LogBounds;
  readonly #quota: LogQuota | undefined;
  /** The newest last. */
  #blocks: LogBlock[] = [new LogBlock(0, 0)];
  /** Number of the file that is written, and its bytes. */
  #file = 0;
  #fileBytes = 0;
  /** Bytes of memory of all blocks but the newest. */
  #closed = 0;
  readonly #rest: Record<StreamName, Unended> = { stdout: new Unended(), stderr: new Unended() };
  readonly #waiting = new Set<() => void>();
  /** Number of entries ever written. Followers compare it with their own position. */
  #count = 0;
  #open = false;
  #last = 0n;
  #observer: LogObserver | undefined;
  /** Resolves when the observer accepts more. */
  #pressure: Promise<void> | undefined;

  /** @param quota shared by all logs of the daemon. Default: no shared limit. */
  constructor(clock: Clock, bounds: LogBounds, quota?: LogQuota) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#quota = quota;
  }

  /** Starts a run, whose output followers wait for. */
  startRun(): void {
    this.#open = true;
  }

  /** Ends the run: unfinished lines become entries, and followers end. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = Buffer.concat(this.#rest[stream].take());
      if (rest.length > 0) this.#add(stream, rest);
    }
    this.#open = false;
    this.#wake();
  }

  /**
   * Writes output of a process.
   *
   * @returns a promise if the process must wait
   */
  write(stream: StreamName, bytes: Uint8Array): Promise<void> | undefined {
    this.#take(stream, bytes);
    const pressure = this.#pressure;
    this.#pressure = undefined;
    return pressure;
  }

  #take(stream: StreamName, bytes: Uint8Array): void {
    const rest = this.#rest[stream];
    let chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed)) {
      const line = chunk.subarray(0, end + 1);
      this.#cut(stream, rest.length === 0 ? line : Buffer.concat([...rest.take(), line]));
      chunk = chunk.subarray(end + 1);
    }
    if (chunk.length > 0) rest.add(chunk);
    if (rest.length < maxLogLineBytes) return;
    const line = Buffer.concat(rest.take());
    const whole = line.length - (line.length % maxLogLineBytes);
    this.#cut(stream, line.subarray(0, whole));
    if (whole < line.length) rest.add(line.subarray(whole));
  }

  #cut(stream: StreamName, line: Buffer): void {
    const text = line.at(-1) === lineFeed ? line.length - 1 : line.length;
    let at = 0;
    for (; text - at > maxLogLineBytes; at += maxLogLineBytes)
      this.#add(stream, line.subarray(at, at + maxLogLineBytes));
    this.#add(stream, line.subarray(at));
  }

  #add(stream: StreamName, bytes: Buffer): void {
    const now = this.#nanoseconds();
    // Two entries never bear the same time, so that `since` can name one.
    const time = now > this.#last ? now : this.#last + 1n;
    const entry = { stream, time, bytes };
    this.#append(entry);
    this.#pressure = this.#observer?.(entry);
    this.#wake();
  }

  #append(entry: LogEntry): void {
    this.#last = entry.time;
    this.#count++;
    this.#fileBytes += entry.bytes.length + overhead;
    const isFull = this.#newest.add(entry);
    const isOver = this.#fileBytes >= this.#bounds.fileSize;
    if (isOver) {
      this.#file++;
      this.#fileBytes = 0;
    }
    if (!isFull && !isOver) return;
    this.#newest.close();
    this.#closed += this.#newest.allocatedBytes;
    this.#blocks.push(new LogBlock(this.#count, this.#file));
    while ((this.#blocks[0] as LogBlock).file <= this.#file - this.#bounds.files) this.letGo();
    this.#quota?.reclaim();
  }

  get #newest(): LogBlock {
    return this.#blocks.at(-1) as LogBlock;
  }

  /** Bytes of memory. */
  get allocatedBytes(): number {
    return this.#closed + this.#newest.allocatedBytes;
  }

  /**
   * Drops the oldest block.
   *
   * @returns the freed bytes; 0 if only the newest block is left
   */
  letGo(): number {
    if (this.#blocks.length === 1) return 0;
    const freed = this.#blocks.shift()?.allocatedBytes ?? 0;
    this.#closed -= freed;
    return freed;
  }

  /** Sets the observer of new entries. */
  observe(observer: LogObserver): void {
    this.#observer = observer;
  }

  /** Returns the retained entries. */
  retained(): RetainedLog {
    const count = this.#count;
    const first = this.#blocks[0]?.first ?? 0;
    const bytes = this.#blocks.reduce((sum, block) => sum + block.bytes, 0);
    return { count: count - first, bytes, chunks: this.#chunks(first, count) };
  }

  /** The entries that are still kept from a number on, up to another, some at a time. */
  *#chunks(from: number, to: number): Generator<LogEntry[]> {
    for (let next = from; next < to; ) {
      const block = this.#blocks.findLast(({ first }) => first <= next) ?? (this.#blocks[0] as LogBlock);
      const entries = block.slice(next, to);
      if (entries.length === 0) return;
      next = block.end;
      yield entries;
    }
  }

  /** Take over the entries of an earlier daemon, the oldest first. */
  restore(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#append(entry);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
    this.#waiting.clear();
  }

  /** Number of the first entry that is wanted. */
  #start({ since = 0n, tail }: LogRange): number {
    const block = this.#blocks.find(({ last }) => last >= since);
    const earlier = block?.slice(0, this.#count).findIndex(({ time }) => time >= since) ?? 0;
    const first = block === undefined ? this.#count : block.first + earlier;
    return tail === undefined ? first : Math.max(first, this.#count - tail);
  }

  /**
   * Reads the log.
   *
   * @param signal stops following
   * @returns the entries in chunks. A slow reader buffers few entries and misses entries that are dropped in between.
   */
  async *read(range: LogRange, signal: AbortSignal): AsyncGenerator<readonly LogEntry[]> {
    const { since = 0n, until, follow } = range;
    let next = this.#start(range);
    do {
      const to = this.#count;
      for (const entries of this.#chunks(next, to)) {
        // Processing a chunk takes time, so other requests go first.
        await yieldIfDue();
        const selected = entries.filter(({ time }) => time >= since && (until === undefined || time <= until));
        if (selected.length > 0) yield selected;
        if (until !== undefined && (entries.at(-1)?.time ?? 0n) > until) return;
      }
      next = to;
      if (!follow || this.#count > next) continue;
      if (!this.#open || (until !== undefined && this.#nanoseconds() > until)) return;
      await this.#more(until, signal);
    } while (follow && !signal.aborted);
  }

  #nanoseconds(): bigint {
    const now = this.#clock.now();
    const whole = Math.floor(now);
    // One floating-point number loses precision below 256 ns, which could place the entry before its millisecond.
    return BigInt(whole) * 1_000_000n + BigInt(Math.round((now - whole) * 1e6));
  }

  /** Resolves when new entries may be available. */
  #more(until: bigint | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const left = until === undefined ? undefined : Number(until / 1_000_000n) - this.#clock.now() + 1;
      const timer = left === undefined ? undefined : this.#clock.after(left, () => wake());
      const wake = (): void => {
        timer?.cancel();
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
