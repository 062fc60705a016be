import { AttestdError } from '../../foundation/errors.js';
import type { Task } from '../kernel/task.js';
import { openInput } from './cat.js';
import { at } from './files.js';
import { complain, lines } from './io.js';

/** The lines of all files as one; what cannot be read is said. */
export async function* allLines(task: Task, paths: readonly string[]): AsyncGenerator<string | undefined> {
  for (const path of paths.length === 0 ? ['-'] : paths) {
    try {
      if (path !== '-' && task.fs.find(at(task, path)) === undefined) {
        await complain(task, `sed: ${path}: No such file or directory`);
        yield undefined;
        continue;
      }
      const input = await openInput(task, 'sed', path);
      if (input === undefined) continue;
      if (path !== '-') input.retain();
      try {
        yield* lines(task, input);
      } finally {
        if (path !== '-') input.release();
      }
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      await complain(task, `sed: read error on ${path}: Is a directory`);
      yield undefined;
    }
  }
}

/** Lines with one line of lookahead, which reveals the last line. */
export class Ahead {
  readonly #iterator: AsyncIterator<string | undefined>;
  readonly #failed: () => void;
  #next: string | undefined;
  #begun = false;

  constructor(source: AsyncIterable<string | undefined>, failed: () => void) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#failed = failed;
  }

  get atEnd(): boolean {
    return this.#next === undefined;
  }

  async next(): Promise<string | undefined> {
    if (!this.#begun) this.#next = await this.#read();
    this.#begun = true;
    const line = this.#next;
    if (line !== undefined) this.#next = await this.#read();
    return line;
  }

  async #read(): Promise<string | undefined> {
    for (;;) {
      const { done, value } = await this.#iterator.next();
      if (done) return undefined;
      if (value !== undefined) return value;
      this.#failed();
    }
  }
}
