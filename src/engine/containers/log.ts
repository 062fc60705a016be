import type { Clock } from '../../runtime/clock.js';

/** Which of a process's outputs. */
export type StreamName = 'stdout' | 'stderr';

/** A line that a container wrote, or a part of one that is too long or was never ended. */
export interface LogEntry {
  readonly stream: StreamName;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** With its line feed, where it has one. */
  readonly bytes: Buffer;
}

/** What of a log is wanted. */
export interface LogRange {
  /** Nanoseconds since 1970; entries before it are left out. */
  readonly since?: bigint | undefined;
  /** Nanoseconds since 1970; the log ends there. */
  readonly until?: bigint | undefined;
  /** The last so many entries; all of them without it. */
  readonly tail?: number | undefined;
  /** Go on with what comes until the container ends. */
  readonly follow: boolean;
}

/** Bytes after which a line is cut, as dockerd's copier does. */
const longestLine = 16 * 1024;
const lineFeed = 0x0a;

/** Bytes that an entry takes in a file beside its own, `{"log":"…","stream":"stdout","time":"…"}`, and in memory. */
export const overheads = { file: 75, memory: 256 } as const;

/** How much of a log is kept; what is older goes, file by file, as json-file rotates. */
export interface LogBounds {
  /** Bytes of one file. */
  readonly fileSize: number;
  readonly files: number;
  /** Bytes that an entry takes beside its own. */
  readonly overhead: number;
}

/** A file of the log. */
interface LogFile {
  /** Number of its first entry, counted from the container's first. */
  readonly first: number;
  readonly entries: LogEntry[];
  /** Bytes. */
  size: number;
}

/** Told each entry. @returns when it wants more, where that is not at once */
export type LogObserver = (entry: LogEntry) => Promise<void> | undefined;

/** What a container has written, and who waits for more of it (the json-file driver, in memory). */
export class ContainerLog {
  readonly #clock: Clock;
  readonly #bounds: LogBounds;
  /** Files in turn, the newest last. */
  #files: LogFile[] = [{ first: 0, entries: [], size: 0 }];
  readonly #rest: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] };
  readonly #waiting = new Set<() => void>();
  /** How many entries ever came; followers know by it what is new. */
  #count = 0;
  #open = false;
  #last = 0n;
  #observer: LogObserver | undefined;
  /** When the observer wants more. */
  #pressure: Promise<void> | undefined;

  constructor(clock: Clock, bounds: LogBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /** A run begins: followers wait for what it writes. */
  begin(): void {
    this.#open = true;
  }

  /** The run has ended: what has no line feed yet is an entry, and followers come to their end. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = Buffer.concat(this.#rest[stream].splice(0));
      if (rest.length > 0) this.#add(stream, rest);
    }
    this.#open = false;
    this.#wake();
  }

  /** Take what a process wrote. @returns when it may go on, where that is not at once */
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
      rest.push(chunk.subarray(0, end + 1));
      this.#cut(stream, Buffer.concat(rest.splice(0)));
      chunk = chunk.subarray(end + 1);
    }
    if (chunk.length > 0) rest.push(chunk);
    if (rest.reduce((sum, part) => sum + part.length, 0) < longestLine) return;
    const line = Buffer.concat(rest.splice(0));
    const whole = line.length - (line.length % longestLine);
    this.#cut(stream, line.subarray(0, whole));
    if (whole < line.length) rest.push(line.subarray(whole));
  }

  #cut(stream: StreamName, line: Buffer): void {
    const text = line.at(-1) === lineFeed ? line.length - 1 : line.length;
    let at = 0;
    for (; text - at > longestLine; at += longestLine) this.#add(stream, line.subarray(at, at + longestLine));
    this.#add(stream, line.subarray(at));
  }

  #add(stream: StreamName, bytes: Buffer): void {
    const now = this.#nanoseconds();
    // Two entries never bear the same time, so that `since` can name one.
    const time = now > this.#last ? now : this.#last + 1n;
    const entry = { stream, time, bytes };
    this.#keep(entry);
    this.#pressure = this.#observer?.(entry);
    this.#wake();
  }

  #keep(entry: LogEntry): void {
    const file = this.#files.at(-1) as LogFile;
    this.#last = entry.time;
    file.entries.push(entry);
    file.size += entry.bytes.length + this.#bounds.overhead;
    this.#count++;
    if (file.size >= this.#bounds.fileSize) {
      this.#files.push({ first: this.#count, entries: [], size: 0 });
      if (this.#files.length > this.#bounds.files) this.#files.shift();
    }
  }

  /** Tell each entry as it comes. */
  observe(observer: LogObserver): void {
    this.#observer = observer;
  }

  /** The entries that are kept, the oldest first. */
  entries(): readonly LogEntry[] {
    return this.#from(0);
  }

  /** Take over the entries of an earlier daemon, the oldest first. */
  restore(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#keep(entry);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
    this.#waiting.clear();
  }

  /** The entries that are kept, from a number on. */
  #from(number: number): LogEntry[] {
    const last = this.#files.at(-1) as LogFile;
    // What a follower has not read yet is nearly always in the newest file.
    if (number >= last.first) return last.entries.slice(number - last.first);
    return this.#files
      .filter(({ first, entries }) => first + entries.length > number)
      .flatMap(({ first, entries }) => entries.slice(Math.max(0, number - first)));
  }

  /**
   * Read the log.
   *
   * @param signal ends a log that is followed
   * @returns the entries, as many at a time as there are
   */
  async *read(range: LogRange, signal: AbortSignal): AsyncGenerator<readonly LogEntry[]> {
    const { since, until, tail, follow } = range;
    const wanted = (entries: readonly LogEntry[]): readonly LogEntry[] =>
      since === undefined && until === undefined
        ? entries
        : entries.filter(
            ({ time }) => (since === undefined || time >= since) && (until === undefined || time <= until),
          );
    const isOver = (entries: readonly LogEntry[]): boolean =>
      until !== undefined && (entries.at(-1)?.time ?? 0n) > until;
    const all = this.#from(0);
    let next = this.#count;
    const kept = all.filter(({ time }) => since === undefined || time >= since);
    const last = tail === undefined ? kept : tail === 0 ? [] : kept.slice(-tail);
    if (last.length > 0) yield wanted(last);
    if (isOver(last)) return;
    while (follow && !signal.aborted) {
      const fresh = this.#from(next);
      next = this.#count;
      const entries = wanted(fresh);
      if (entries.length > 0) yield entries;
      if (isOver(fresh)) return;
      if (this.#count > next) continue;
      if (!this.#open || (until !== undefined && this.#nanoseconds() > until)) return;
      await this.#more(until, signal);
    }
  }

  #nanoseconds(): bigint {
    const now = this.#clock.now();
    const whole = Math.floor(now);
    // As one number it would lose what is less than 256 ns, and the entry be before its own millisecond.
    return BigInt(whole) * 1_000_000n + BigInt(Math.round((now - whole) * 1e6));
  }

  /** Resolves when there may be more to read. */
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
