import { yieldIfDue } from '../../support/foundation/scheduler.js';
import type { LogEntry, RetainedLog } from '../containers/logs/log.js';
import { maxQueuedLogBytes, minLogRewriteBytes } from '../limits.js';
import type { StateFiles } from './files.js';
import { Lines, recycle } from './lines.js';

interface Line {
  readonly stream: string;
  readonly time: string;
  /** Base64, because programs may write arbitrary bytes. */
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

/** Reads the entries of a log. Skips truncated lines. */
export async function readLog(files: StateFiles, path: string): Promise<LogEntry[]> {
  if (!files.has(path)) return [];
  const text = (await files.read(path)).toString('latin1');
  return text.split('\n').flatMap((line) => entryOf(line) ?? []);
}

/**
 * Appends a container's output to its log file. As in dockerd, logs are not synced, and only requests for this
 * container wait for them. A program with endless output would otherwise block all requests.
 */
export class LogFile {
  readonly #waiting = new Lines();
  #suspended: { readonly until: Promise<void>; readonly end: () => void } | undefined;
  #size = 0;
  /** Whether the file may end within a line, because a daemon was killed or a write failed. */
  #torn = true;
  #writing: Promise<void> = Promise.resolve();
  #scheduled = false;
  #closed = false;

  /**
   * @param retained returns the entries that the log still has
   *
   * @param failed receives errors of background writes
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

  /** @returns a promise if the writer must wait */
  add(entry: LogEntry): Promise<void> | undefined {
    if (this.#closed) return undefined;
    this.#schedule();
    this.#waiting.add(lineOf(entry));
    if (this.#waiting.length < maxQueuedLogBytes) return undefined;
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

  /**
   * Writes pending lines.
   *
   * @throws errors of the file system; the file then lacks these lines
   */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  /** Writes pending lines and closes the log. The file may be deleted after that. */
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
    if (this.#size < minLogRewriteBytes) return;
    const { count, bytes, chunks: retained } = this.retained();
    const estimated = count * lineOverhead + Math.ceil((bytes * 4) / 3);
    if (this.#size <= 2 * estimated + minLogRewriteBytes) return;
    // Entries added during the rewrite are among the retained ones.
    recycle(this.#waiting.take(false));
    await this.files.replace(this.path, linesOf(retained));
    this.#size = estimated;
  }
}

/** Bytes of a line in addition to those of the entry. */
const lineOverhead = 62;

async function* linesOf(chunks: RetainedLog['chunks']): AsyncGenerator<Buffer> {
  for (const entries of chunks) {
    await yieldIfDue();
    yield Buffer.from(entries.map(lineOf).join(''));
  }
}
