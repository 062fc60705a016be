import type { Statement } from 'unbash';
import { trimRight } from '../../go/strings.js';
import { nullDevice } from '../kernel/descriptor.js';
import { SIG } from '../kernel/signals.js';
import { Task } from '../kernel/task.js';
import { maxSubstitutionBytes } from '../limits.js';
import { blockSize, complain } from '../programs/io.js';
import { ShellError } from './control.js';
import type { Executor } from './execute.js';
import { Shell } from './shell.js';
import { runToEnd } from './to-end.js';

/**
 * Run something in a copy of the shell, as another task.
 *
 * @param prepare given the task before it runs, for its descriptors
 * @throws ShellError when the container may have no more tasks
 */
export function fork(
  by: Executor,
  action: (inner: Executor) => Promise<number>,
  prepare: (task: Task) => void = () => {},
  options: { readonly background?: boolean } = {},
): Task {
  const task = newTask(by.shell, by.shell.task.argv, options);
  const inner = new Shell(task, by.shell.name, by.shell.positional, by.shell);
  prepare(task);
  void task.run(() => runToEnd(by.of(inner), action));
  return task;
}

/** A child of the shell's task that has not begun. */
export function newTask(
  shell: Shell,
  argv: readonly string[],
  { background = false, env = shell.task.env }: { readonly background?: boolean; readonly env?: Task['env'] } = {},
): Task {
  const { task } = shell;
  if (!task.machine.canFork) throw new ShellError("can't fork: Resource temporarily unavailable");
  return new Task(task.machine, {
    argv,
    env,
    cwd: task.cwd,
    credentials: task.credentials,
    fds: task.fds.entries(),
    parent: task,
    terminal: task.terminal,
    umask: task.umask,
    ignored: [...task.handlers].filter(([, handler]) => handler === null).map(([signal]) => signal),
    newGroup: background || shell.interactive,
  });
}

/** Start a statement with `&`. Its input is empty where the shell has no jobs to bring back. */
export function startBackground(by: Executor, statement: Statement): number {
  const { shell } = by;
  const task = fork(
    by,
    (inner) => inner.run([{ ...statement, background: undefined }], true),
    ({ fds }) => {
      if (!shell.interactive) fds.set(0, nullDevice);
    },
    { background: true },
  );
  shell.lastBackground = task.pid;
  const number = Math.max(0, ...shell.jobs.map((job) => job.number)) + 1;
  shell.jobs.push({ number, tasks: [task], text: '' });
  return 0;
}

const endStatuses: Readonly<Record<number, string>> = {
  1: 'Hangup',
  3: 'Quit',
  6: 'Aborted',
  9: 'Killed',
  10: 'User defined signal 1',
  11: 'Segmentation fault',
  12: 'User defined signal 2',
  14: 'Alarm clock',
  15: 'Terminated',
};

/** Say that a signal ended a program, as a shell does of most. */
export async function reportEnd({ task }: Shell, signal: number | undefined): Promise<void> {
  if (signal === undefined || signal === SIG.INT || signal === SIG.PIPE) return;
  await complain(task, endStatuses[signal] ?? `Signal ${signal}`);
}

/** Returns the standard output of commands without trailing newlines. */
export async function substitute(outer: Executor, statements: readonly Statement[]): Promise<string> {
  const { shell } = outer;
  const pipe = shell.task.machine.pipe();
  pipe.reader.retain();
  const task = fork(
    outer,
    (inner) => inner.run(statements, true),
    ({ fds }) => fds.set(1, pipe.writer),
  );
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const bytes = await pipe.reader.read(shell.task, blockSize);
      if (bytes.length === 0) break;
      parts.push(bytes);
      length += bytes.length;
      shell.task.machine.account(shell.task, bytes.length);
      if (length > maxSubstitutionBytes) throw new ShellError('out of memory');
    }
  } finally {
    pipe.reader.release();
    shell.task.machine.account(shell.task, -length);
  }
  shell.status = (await shell.task.waitFor(task)).code;
  return trimRight(Buffer.concat(parts).toString('utf8').replaceAll('\0', ''), '\n');
}
