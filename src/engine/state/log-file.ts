import type { LogEntry } from '../containers/log.js';
import type { StateFiles } from './files.js';

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

/** Bytes that a log's file may have beside those that are kept, before it is written anew. */
const slack = 1024 * 1024;

/** What a container writes, on its way to a file. As with dockerd, a log is not forced to the disk. */
export class LogFile {
  #waiting: string[] = [];
  #size = 0;
  /** Whether the file may end within a line: an earlier daemon was killed, or a write failed. */
  #torn = true;

  /** @param kept the entries that the log still holds */
  constructor(
    private readonly files: StateFiles,
    private readonly path: string,
    private readonly kept: () => readonly LogEntry[],
  ) {}

  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  add(entry: LogEntry): void {
    this.#waiting.push(lineOf(entry));
  }

  /** Write what waits. */
  async flush(): Promise<void> {
    if (!this.waits) return;
    const text = (this.#torn ? '\n' : '') + this.#waiting.splice(0).join('');
    this.#size += text.length;
    this.#torn = true;
    await this.files.append(this.path, text);
    this.#torn = false;
    if (this.#size < slack) return;
    const kept = this.kept().map(lineOf).join('');
    if (this.#size > 2 * kept.length + slack) await this.files.replace(this.path, kept);
    this.#size = this.#size > 2 * kept.length + slack ? kept.length : this.#size;
  }
}
