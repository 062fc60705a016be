import { yieldIfDue } from '../../support/foundation/scheduler.js';
import type { LogEntry, RetainedLog } from '../containers/logs/log.js';
import type { StateFiles } from './files.js';
import { Lines, recycle } from './lines.js';

interface Line {
  readonly stream: string;
  readonly time: string;
  /** In base64: a program may write anything. */
  readonly bytes: string;
}

const lineOf = ({ stream, time, bytes }: LogEntry): string =>
  `${JSON.stringify({ stream, time: String(time), bytes: bytes.toString('base64') } satisfies Line)}\n`;

function entryOf(text: string): LogEntry | undefined {
  try {
    const { stream, time, bytes } = JSON.parse(text) as Partial<Line>;
    if ((stream !== 'stdout' && stream !== 'stderr') || typeof bytes !== 'string') return undefined;
    return { stream, time: BigInt(time ?? ''), bytes: Buffer.from(bytes, 'base64') };
  } catch {
    return undefined;
  }
}

/** The entries of a log on disk; a line that was not written to its end is left out. */
export async function readLog(files: StateFiles, path: string): Promise<LogEntry[]> {
  if (!files.has(path)) return [];
  const text = (await files.read(path)).toString('latin1');
  return text.split('\n').flatMap((line) => entryOf(line) ?? []);
}

/** Bytes that may wait to be written before the program that writes them waits too, as with dockerd. */
const maxQueuedBytes = 1024 * 1024;

/** Bytes that a log's file may have beside those that are kept, before it is written anew. */
const minRewriteBytes = 1024 * 1024;

/**
 * What a container writes, on its way to a file. As with dockerd, a log is not forced to the disk, and nobody but whoever has to
 * do with the container waits for it: a program that writes without end would keep everybody waiting.
 */
export class LogFile {
  readonly #waiting = new Lines();
  #suspended: { readonly until: Promise<void>; readonly end: () => void } | undefined;
  #size = 0;
  /** Whether the file may end within a line: an earlier daemon was killed, or a write failed. */
  #torn = true;
  #writing: Promise<void> = Promise.resolve();
  #scheduled = false;
  #closed = false;

  /**
   * @param retained what the log still holds
   * @param failed is told when something could not be written that nobody waits for
   */
  constructor(
    private readonly files: StateFiles,
    private readonly path: string,
    private readonly retained: () => RetainedLog,
    private readonly failed: (message: string) => void,
  ) {}

  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** @returns when more may come, where much waits already */
  add(entry: LogEntry): Promise<void> | undefined {
    if (this.#closed) return undefined;
    this.#schedule();
    this.#waiting.add(lineOf(entry));
    if (this.#waiting.length < maxQueuedBytes) return undefined;
    if (this.#suspended === undefined) {
      let end = (): void => undefined;
      const until = new Promise<void>((resolve) => {
        end = resolve;
      });
      this.#suspended = { until, end };
    }
    return this.#suspended.until;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#closed) this.flush().catch((error: Error) => this.failed(error.message));
    });
  }

  /** Write what waits. @throws what the file system throws; what could not be written is lost to the file */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  /** Write what waits, and nothing more: the file may be deleted then. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#closed = true;
      await this.#writing.catch(() => undefined);
    }
  }

  async #write(): Promise<void> {
    if (!this.waits) return;
    this.#size += this.#waiting.length;
    const chunks = this.#waiting.take(this.#torn);
    this.#torn = true;
    try {
      await this.files.append(this.path, chunks);
    } finally {
      recycle(chunks);
      this.#suspended?.end();
      this.#suspended = undefined;
    }
    this.#torn = false;
    if (this.#size < minRewriteBytes) return;
    const { count, bytes, chunks: retained } = this.retained();
    const estimated = count * lineOverhead + Math.ceil((bytes * 4) / 3);
    if (this.#size <= 2 * estimated + minRewriteBytes) return;
    // What came while it was written is among the entries that are kept.
    recycle(this.#waiting.take(false));
    await this.files.replace(this.path, linesOf(retained));
    this.#size = estimated;
  }
}

/** Bytes of a line beside those of the entry. */
const lineOverhead = 62;

async function* linesOf(chunks: RetainedLog['chunks']): AsyncGenerator<Buffer> {
  for (const entries of chunks) {
    await yieldIfDue();
    yield Buffer.from(entries.map(lineOf).join(''));
  }
}
