import { nullDevice } from '../kernel/descriptor.js';
import { prepareByShell } from '../kernel/launch.js';
import { parseSignal, SIG } from '../kernel/signals.js';
import { Task } from '../kernel/task.js';
import { maxXargsWords } from '../limits.js';
import { defaultPath } from '../lookup.js';
import type { ExitStatus } from '../types.js';
import { complain, readAll, reason, write } from './io.js';
import { parseOptions, withUsage } from './options.js';
import { parseSeconds } from './sleep.js';
import { WordList } from './word-list.js';

/** Become another program. */
async function become(task: Task, name: string, argv: readonly string[]): Promise<number> {
  const prepared = prepareByShell(task, argv, task.env.get('PATH') ?? defaultPath);
  if (prepared.ok) {
    task.become(prepared.argv, task.env);
    // A fresh stack: one may become the next without end.
    await null;
    return prepared.program(task);
  }
  const missing = prepared.reason === 'not-found' || prepared.reason === 'not-simulated';
  await complain(
    task,
    `${name}: can't execute '${argv[0]}': ${missing ? 'No such file or directory' : 'Permission denied'}`,
  );
  return missing ? 127 : 126;
}

/** Start a program as a child; undefined when it cannot be, which is said. */
async function spawn(
  task: Task,
  name: string,
  argv: readonly string[],
  input = task.fds.get(0),
): Promise<Task | undefined> {
  const prepared = prepareByShell(task, argv, task.env.get('PATH') ?? defaultPath);
  if (!prepared.ok || prepared.simulated || !task.machine.canFork) {
    await complain(task, `${name}: ${argv[0]}: No such file or directory`);
    return undefined;
  }
  const { env, cwd, credentials, terminal } = task;
  const fds = new Map(task.fds.entries());
  if (input !== undefined) fds.set(0, input);
  const child = new Task(task.machine, { argv: prepared.argv, env, cwd, credentials, fds, parent: task, terminal });
  void child.run(prepared.program);
  return child;
}

/** Run a program and wait for it; undefined when it could not be started. */
export async function runChild(
  task: Task,
  name: string,
  argv: readonly string[],
  input?: typeof nullDevice,
): Promise<ExitStatus | undefined> {
  const child = await spawn(task, name, argv, input);
  return child === undefined ? undefined : task.waitFor(child);
}

/** `env [-i] [-u NAME] [NAME=VALUE]… [PROGRAM [ARGUMENT]…]` */
export const env = withUsage(async (task, argv) => {
  const { words, has, values } = parseOptions(argv, 'iu:0', { stop: true });
  const found = new Map(has('i') ? [] : task.env);
  for (const name of values('u')) found.delete(name);
  const left = new WordList(words);
  for (let word = left.peek(); word?.includes('='); word = left.peek()) {
    const equals = word.indexOf('=');
    found.set(word.slice(0, equals), word.slice(equals + 1));
    left.skip(1);
  }
  if (left.length === 0) {
    await write(task, [...found].map(([name, value]) => `${name}=${value}\n`).join(''));
    return 0;
  }
  task.become(task.argv, found);
  return become(task, 'env', left.rest());
}, 125);

export const nohup = (task: Task, argv: readonly string[]): Promise<number> => {
  task.handlers.set(SIG.HUP, null);
  return become(task, 'nohup', argv.slice(1));
};

/** `nice`, `setsid`, `su-exec` and others whose effect nothing here would see. */
export const passThrough = withUsage((task, argv) =>
  become(task, argv[0] as string, parseOptions(argv, 'n:cp', { stop: true }).words),
);

/** `timeout [-s SIGNAL] SECONDS PROGRAM [ARGUMENT]…` */
export const timeout = withUsage(async (task, argv) => {
  const { words, value } = parseOptions(argv, 's:k:t:', { stop: true });
  const [duration = '', ...command] = words;
  const limit = parseSeconds(duration);
  const signal = parseSignal(value('s') ?? 'TERM');
  if (limit === undefined || signal === undefined || command.length === 0) {
    await complain(task, `timeout: invalid number '${duration}'`);
    return 1;
  }
  const child = await spawn(task, 'timeout', command);
  if (child === undefined) return 127;
  let late = false;
  const timer = task.machine.clock.after(limit, () => {
    late = true;
    child.signal(signal);
  });
  const { code } = await task.waitFor(child);
  timer.cancel();
  return late ? 143 : code;
});

/** `xargs [-n N] [-I TEXT] [-0rt] [PROGRAM [ARGUMENT]…]` */
export const xargs = withUsage(async (task, argv) => {
  const { words, has, value } = parseOptions(argv, '0rtn:I:L:P:s:', { stop: true });
  let text: string;
  try {
    text = (await readAll(task, task.fds.need(0))).toString();
  } catch (error) {
    await complain(task, `xargs: read error: ${reason(error)}`);
    return 1;
  }
  const marker = value('I');
  const items = has('0')
    ? text.split('\0').filter((item) => item !== '')
    : marker === undefined
      ? splitWords(text)
      : text.split('\n').filter((item) => item !== '');
  const command = words.length === 0 ? ['echo'] : words;
  const size = marker === undefined ? Math.max(1, Number(value('n') ?? maxXargsWords)) : 1;
  const groups: string[][] = [];
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
  if (groups.length === 0 && !has('r') && marker === undefined) groups.push([]);
  let status = 0;
  for (const group of groups) {
    const line =
      marker === undefined
        ? [...command, ...group]
        : command.map((word) => word.replaceAll(marker, group[0] as string));
    if (has('t')) await complain(task, line.join(' '));
    const ended = await runChild(task, 'xargs', line, nullDevice);
    if (ended === undefined) return 127;
    if (ended.code === 255) return 124;
    if (ended.code !== 0) status = 123;
  }
  return status;
});

/** Words as xargs reads them: quotes and backslashes keep blanks. */
function splitWords(text: string): string[] {
  const found = text.match(/(?:"[^"]*"|'[^']*'|\\[\s\S]|[^\s"'\\])+/g) ?? [];
  return found.map((word) =>
    word.replace(
      /"([^"]*)"|'([^']*)'|\\([\s\S])/g,
      (_, double?: string, single?: string, escaped?: string) => double ?? single ?? escaped ?? '',
    ),
  );
}

/** `time PROGRAM`: what it took is said on standard error. */
export async function time(task: Task, argv: readonly string[]): Promise<number> {
  const start = task.machine.clock.now();
  const ended = await runChild(task, 'time', argv.slice(1));
  if (ended === undefined) return 127;
  const seconds = (task.machine.clock.now() - start) / 1000;
  await complain(
    task,
    `real\t${Math.floor(seconds / 60)}m ${(seconds % 60).toFixed(2)}s\nuser\t0m 0.00s\nsys\t0m 0.00s`,
  );
  return ended.code;
}
