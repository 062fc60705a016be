import { AttestdError } from '../../foundation/errors.js';
import { isSliceUsedUp } from '../../foundation/scheduler.js';
import { FileSystemError } from '../fs/errors.js';
import type { Descriptor } from '../kernel/descriptor.js';
import type { Task } from '../kernel/task.js';
import { maxInputBytes, maxLineBytes } from '../limits.js';

/** Bytes of a read. */
export const blockSize = 64 * 1024;
const outputBlock = 8 * 1024;

/** Writes to standard output or another descriptor. Yields if the time slice is used up, because output can be long. */
export function write(task: Task, text: string | Uint8Array, fd = 1): void | Promise<void> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  if (bytes.length === 0) return undefined;
  const to = task.fds.need(fd);
  if (bytes.length > blockSize) return writeInChunks(task, to, bytes);
  const written = to.write(task, bytes);
  return isSliceUsedUp() ? goOnLater(task, written) : written;
}

async function goOnLater(task: Task, written: void | Promise<void>): Promise<void> {
  await written;
  await task.yieldNow();
}

/** A log takes each line by itself, so that a long text takes long. */
async function writeInChunks(task: Task, to: Descriptor, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += blockSize) {
    await to.write(task, bytes.subarray(at, at + blockSize));
    await task.yieldIfDue();
  }
}

/** Say something on standard error. What cannot be said is lost. */
export async function complain(task: Task, message: string): Promise<void> {
  try {
    await write(task, `${message}\n`, 2);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
  }
}

/** Output that goes out in blocks, and line by line to a terminal. */
export class Output {
  readonly #task: Task;
  readonly #to: Descriptor;
  #pending: string[] = [];
  #length = 0;

  constructor(task: Task, fd = 1) {
    this.#task = task;
    this.#to = task.fds.need(fd);
  }

  add(text: string): void | Promise<void> {
    this.#pending.push(text);
    this.#length += text.length;
    return this.#length >= outputBlock || this.#to.terminal ? this.flush() : undefined;
  }

  flush(): void | Promise<void> {
    if (this.#length === 0) return undefined;
    const bytes = Buffer.from(this.#pending.join(''), 'utf8');
    this.#pending = [];
    this.#length = 0;
    return this.#to.write(this.#task, bytes);
  }
}

/** Everything that can be read, in pieces. */
export async function* chunks(task: Task, from: Descriptor): AsyncGenerator<Uint8Array> {
  for (;;) {
    const bytes = await from.read(task, blockSize);
    if (bytes.length === 0) return;
    yield bytes;
    const turn = task.longStep();
    if (turn !== undefined) await turn;
  }
}

/**
 * Reads everything and charges it to the task until it is released.
 *
 * @throws FileSystemError EFBIG beyond 16 MiB
 */
export async function readAll(task: Task, from: Descriptor): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let usedBytes = 0;
  for await (const chunk of chunks(task, from)) {
    usedBytes += chunk.length;
    if (usedBytes > maxInputBytes) {
      task.machine.account(task, chunk.length - usedBytes);
      throw new FileSystemError('EFBIG', '');
    }
    task.machine.account(task, chunk.length);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** Maximum bytes of stored lines, overhead of each line, and maximum bytes including the overhead. */
const [maxTextBytes, lineOverhead, maxStoredBytes] = [24 << 20, 64, 64 << 20] as const;

/** Add all lines to those of other inputs. @throws FileSystemError EFBIG beyond 24 MiB, or 64 with 64 bytes for each line */
export async function storeLines(task: Task, from: Descriptor, collected: string[]): Promise<void> {
  let text = collected.reduce((sum, line) => sum + line.length, 0);
  for await (const line of lines(task, from)) {
    text += line.length;
    if (text > maxTextBytes || text + collected.length * lineOverhead > maxStoredBytes)
      throw new FileSystemError('EFBIG', '');
    task.machine.account(task, line.length, lineOverhead);
    collected.push(line);
  }
}

/** Lines, with their newline where they have one. */
export async function* lines(task: Task, from: Descriptor): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks(task, from)) {
    let bytes =
      rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      yield bytes.toString('utf8', 0, end + 1);
      bytes = bytes.subarray(end + 1);
      const turn = task.longStep();
      if (turn !== undefined) await turn;
    }
    if (bytes.length > maxLineBytes) throw new FileSystemError('EFBIG', '');
    rest = bytes;
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

/** Read one line without what comes after it; undefined at the end. @throws FileSystemError EFBIG beyond 1 MiB */
export async function readLine(task: Task, from: Descriptor): Promise<string | undefined> {
  let line = Buffer.alloc(256);
  let length = 0;
  for (;;) {
    const bytes = from.readLine ? await from.readLine(task) : await from.read(task, 1);
    if (bytes.length === 0) return length === 0 ? undefined : line.toString('utf8', 0, length);
    const end = length + bytes.length;
    if (end > maxLineBytes) throw new FileSystemError('EFBIG', '');
    if (end > line.length) line = Buffer.concat([line], Math.max(2 * line.length, end));
    line.set(bytes, length);
    length = end;
    if (bytes.at(-1) === 10) return line.toString('utf8', 0, length);
    const turn = task.longStep();
    if (turn !== undefined) await turn;
  }
}

/** Returns the error text of a failed call: strerror's words. */
export function reason(error: unknown): string {
  if (error instanceof FileSystemError) return error.text;
  throw error;
}
