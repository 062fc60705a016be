import { parseSignal, signalName } from '../../kernel/signals.js';
import type { Task } from '../../kernel/task.js';
import { write } from '../../programs/io.js';
import { kill as killProgram } from '../../programs/kill.js';
import { ShellError } from '../control.js';
import type { Executor } from '../execute.js';
import { reportEnd } from '../jobs.js';
import type { Job } from '../shell.js';

export async function trap(by: Executor, argv: readonly string[]): Promise<number> {
  const { shell } = by;
  const words = argv[1] === '--' ? argv.slice(2) : argv.slice(1);
  const [action, ...names] = words;
  if (action === undefined || action === '-p') {
    for (const [signal, text] of shell.traps) {
      await write(shell.task, `trap -- '${text.replaceAll("'", "'\\''")}' ${signalName(signal)}\n`);
    }
    return 0;
  }
  if (action === '-l') return killProgram(shell.task, ['kill', '-l']);
  const resets = names.length === 0 || action === '-';
  for (const name of names.length === 0 ? [action] : names) {
    const signal = parseSignal(name);
    if (signal === undefined) {
      await shell.complainOf('trap', `${name}: invalid signal specification`);
      return 1;
    }
    shell.trap(signal, resets ? undefined : action);
  }
  return 0;
}

/** Wait for background jobs; a trapped signal cuts it short. */
export async function wait(by: Executor, argv: readonly string[]): Promise<number> {
  const { shell } = by;
  const ids = argv.slice(1).filter((word) => !word.startsWith('-'));
  const jobsNow = [...shell.jobs];
  const tasks: (Task | undefined)[] =
    ids.length === 0 ? jobsNow.flatMap((job) => job.tasks) : ids.map((word) => findTask(by, word));
  let status = 0;
  for (const task of tasks) {
    if (task === undefined) {
      status = 127;
      continue;
    }
    const ended = await interruptible(by, task);
    if (ended === undefined) return 128 + (shell.nextCaughtSignal ?? 0);
    deleteJob(by, task);
    await reportEnd(shell, task.status?.signal);
    status = ids.length === 0 ? 0 : ended;
  }
  return status;
}

async function interruptible({ shell }: Executor, task: Task): Promise<number | undefined> {
  if (task.status !== undefined) return task.status.code;
  if (shell.hasCaught) return undefined;
  try {
    return await shell.task.block<number | undefined>((resolve) => {
      shell.interrupt = () => resolve(undefined);
      task.whenEnded(({ code }) => resolve(code));
      return () => {};
    });
  } finally {
    shell.interrupt = undefined;
  }
}

function findTask(by: Executor, word: string): Task | undefined {
  const { jobs: all } = by.shell;
  if (word.startsWith('%')) return findJob(by, word)?.tasks.at(-1);
  return all.flatMap((job) => job.tasks).find(({ pid }) => String(pid) === word);
}

function findJob({ shell }: Executor, word: string): Job | undefined {
  if (/^%[+%]?$/.test(word)) return shell.jobs.at(-1);
  return shell.jobs.find(({ number }) => `%${number}` === word);
}

function deleteJob({ shell }: Executor, task: Task): void {
  const at = shell.jobs.findIndex((job) => job.tasks.includes(task));
  if (at >= 0) shell.jobs.splice(at, 1);
}

export async function jobs(by: Executor, argv: readonly string[]): Promise<number> {
  for (const { number, tasks, text } of by.shell.jobs) {
    const [task] = tasks;
    const state = task?.status === undefined ? 'Running' : 'Done';
    const line = argv.includes('-p') ? `${task?.pid}\n` : `[${number}]+  ${state.padEnd(23)}${text}\n`;
    await write(by.shell.task, line);
  }
  by.shell.jobs.splice(
    0,
    by.shell.jobs.length,
    ...by.shell.jobs.filter(({ tasks }) => tasks.some(({ status }) => status === undefined)),
  );
  return 0;
}

export async function foreground(by: Executor, argv: readonly string[]): Promise<number> {
  const task = findJob(by, argv[1] ?? '%')?.tasks.at(-1);
  if (task === undefined) throw new ShellError(`fg: line ${by.shell.line}: No current job`);
  return wait(by, ['wait', String(task.pid)]);
}

export function background(by: Executor, argv: readonly string[]): number {
  if (findJob(by, argv[1] ?? '%') === undefined) throw new ShellError(`bg: line ${by.shell.line}: No current job`);
  return 0;
}

/** As the program, but jobs may be named. */
export function kill(by: Executor, argv: readonly string[]): number | Promise<number> {
  const words = argv.map((word) => (word.startsWith('%') ? String(findTask(by, word)?.pid ?? word) : word));
  return killProgram(by.shell.task, words);
}
