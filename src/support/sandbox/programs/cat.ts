import { AttestdError } from '../../foundation/errors.js';
import type { Descriptor } from '../kernel/descriptor.js';
import { openPath } from '../kernel/open.js';
import type { Task } from '../kernel/task.js';
import { chunks, complain, lines, Output, reason, write } from './io.js';

/** Programs of busybox that say it at length. */
const wordy: ReadonlySet<string> = new Set(['cat', 'tail', 'tac', 'nl', 'rev']);

/** Open what a program is to read; `-` is standard input. What cannot be opened is said, in busybox's words. */
export async function openInput(task: Task, name: string, path: string): Promise<Descriptor | undefined> {
  if (path === '-') return task.fds.need(0);
  try {
    return await openPath(task, path, { read: true });
  } catch (error) {
    const said = wordy.has(name) ? `can't open '${path}'` : path;
    await complain(task, `${name}: ${said}: ${reason(error)}`);
    return undefined;
  }
}

/**
 * Do something with each file that is named, or with standard input.
 *
 * @returns the program's exit code: 1 when a file could not be read
 */
export async function eachInput(
  task: Task,
  name: string,
  paths: readonly string[],
  action: (input: Descriptor, path: string) => Promise<void>,
): Promise<number> {
  let status = 0;
  for (const path of paths.length === 0 ? ['-'] : paths) {
    await task.step();
    const input = await openInput(task, name, path);
    if (input === undefined) {
      status = 1;
      continue;
    }
    if (path !== '-') input.retain();
    try {
      await action(input, path);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      await complain(task, `${name}: read error: ${reason(error)}`);
      status = 1;
    } finally {
      if (path !== '-') input.release();
    }
  }
  return status;
}

/** `cat [-nbvteA] [FILE]…` */
export async function cat(task: Task, argv: readonly string[]): Promise<number> {
  const options = argv
    .slice(1)
    .filter((word) => /^-[a-zA-Z]+$/.test(word))
    .join('');
  const paths = argv.slice(1).filter((word) => !/^-[a-zA-Z]+$/.test(word));
  const numbers = /[nb]/.test(options);
  const ends = /[eEA]/.test(options);
  let line = 0;
  return eachInput(task, 'cat', paths, async (input) => {
    if (numbers || ends) {
      const output = new Output(task);
      for await (const text of lines(task, input)) {
        const skip = options.includes('b') && text === '\n';
        const shown = ends ? text.replace(/\n$/, '$\n') : text;
        await output.add(numbers && !skip ? `${String(++line).padStart(6)}\t${shown}` : shown);
      }
      await output.flush();
      return;
    }
    for await (const bytes of chunks(task, input)) await write(task, bytes);
  });
}
