import type { Assignment, Command, Redirection, Word } from 'unbash';
import { FileSystemError } from '../fs/errors.js';
import { prepareByShell, runUntilStopped } from '../kernel/launch.js';
import { SIG } from '../kernel/signals.js';
import { defaultPath } from '../lookup.js';
import { write } from '../programs/io.js';
import { become } from './become.js';
import { type Builtin, builtins, specialBuiltins } from './builtins/index.js';
import { FunctionReturn, ShellError, ShellExit } from './control.js';
import type { Executor } from './execute.js';
import { newTask, reportEnd } from './jobs.js';
import { redirect } from './redirect.js';
import type { FunctionBody } from './shell.js';
import { traceCommand } from './trace.js';
import { Words } from './words.js';

/** Run a command that is a name with arguments, or only assigns. */
export async function runSimple(by: Executor, node: Command, last: boolean): Promise<number> {
  const { shell } = by;
  const found = new Words();
  shell.status = node.name === undefined ? 0 : shell.status;
  for (const word of node.name === undefined ? [] : [node.name, ...node.args])
    found.add(await argumentsOf(by, word, found.list[0]));
  const argv = found.list;
  const assignments = node.prefix.filter((item): item is Assignment => item.type === 'Assignment');
  const [name] = argv;
  if (name === undefined) return assignOnly(by, assignments, node.redirects);
  if (name === 'exec' && argv.length === 1) {
    await redirect(by.expander, node.redirects);
    return 0;
  }
  let undo: () => void;
  try {
    undo = await redirect(by.expander, node.redirects);
  } catch (error) {
    if (!(error instanceof ShellError) || error.status !== 1 || specialBuiltins.has(name)) throw error;
    await shell.complain(error.message);
    return 1;
  }
  try {
    return await runNamed(by, argv, assignments, last);
  } finally {
    undo();
  }
}

/** An argument as words. Of `export` and its like, what is assigned is not split. */
async function argumentsOf(by: Executor, item: Word | Assignment, name: string | undefined): Promise<string[]> {
  if (item.type === 'Word') return by.expander.words(item);
  if (item.value.type !== 'Word') throw new ShellError('syntax error: unexpected "("');
  const start = `${item.name}${item.append ? '+' : ''}=`;
  if (name !== undefined && declaring.has(name)) return [`${start}${await by.expander.text(item.value, true)}`];
  const { value } = item;
  const literal = { type: 'Literal', pos: 0, end: 0, value: start, text: start } as const;
  const rest = value.parts ?? (value.text === '' ? [] : [{ ...literal, value: value.text, text: value.text }]);
  return by.expander.words({
    ...value,
    text: `${start}${value.text}`,
    value: `${start}${value.value}`,
    parts: [literal, ...rest],
  });
}

const declaring: ReadonlySet<string> = new Set(['export', 'readonly', 'local', 'declare', 'typeset', 'alias']);

async function assignOnly(
  by: Executor,
  assignments: readonly Assignment[],
  redirects: readonly Redirection[],
): Promise<number> {
  const undo = await redirect(by.expander, redirects);
  undo();
  await assign(by, assignments);
  return by.shell.status;
}

async function assign(by: Executor, assignments: readonly Assignment[]): Promise<void> {
  const { vars } = by.shell;
  for (const { name, value, append, index } of assignments) {
    if (value.type !== 'Word' || index !== undefined) throw new ShellError('syntax error: unexpected "("');
    const text = await by.expander.text(value, true);
    vars.set(name, append ? `${vars.get(name) ?? ''}${text}` : text);
    traceCommand(by.shell, [`${name}=${text}`]);
  }
}

/** Run a builtin, a function or a program. */
export async function runNamed(
  by: Executor,
  argv: readonly string[],
  assignments: readonly Assignment[],
  last: boolean,
  options: { readonly functions?: boolean } = {},
): Promise<number> {
  const { shell } = by;
  const [name = ''] = argv;
  traceCommand(shell, argv);
  const body = options.functions === false ? undefined : shell.functions.get(name);
  if (body === undefined && specialBuiltins.has(name)) {
    await assign(by, assignments);
    return runBuiltin(by, builtins.get(name) as Builtin, argv);
  }
  const before = assignments.map(({ name: variable }) => [variable, shell.vars.save(variable)] as const);
  await assign(by, assignments);
  for (const [variable] of before) shell.vars.setAttributes(variable, { exported: true });
  const restore = (): void => {
    for (const [variable, saved] of before.toReversed()) shell.vars.restore(variable, saved);
  };
  try {
    if (body !== undefined) return await callFunction(by, body, argv);
    const builtin = builtins.get(name);
    if (builtin !== undefined) return await runBuiltin(by, builtin, argv);
    return await runProgram(by, argv, last && shell.traps.size === 0);
  } finally {
    restore();
  }
}

async function runBuiltin(by: Executor, builtin: Builtin, argv: readonly string[]): Promise<number> {
  try {
    return await builtin(by, argv);
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    const reason =
      error.errno === 'EBADF' || error.errno === 'EPIPE' || error.errno === 'ENOSPC'
        ? `write error: ${error.text}`
        : error.text;
    await by.shell.complain(reason);
    return 1;
  }
}

function callFunction(by: Executor, body: FunctionBody, argv: readonly string[]): Promise<number> {
  const { shell } = by;
  return shell.nested(async () => {
    const { positional, loops } = shell;
    shell.positional = argv.slice(1);
    shell.loops = 0;
    shell.vars.enter();
    try {
      return await by.command(body);
    } catch (error) {
      if (error instanceof FunctionReturn) return error.status;
      throw error;
    } finally {
      shell.vars.leave();
      shell.loops = loops;
      shell.positional = positional;
    }
  });
}

/** Bytes of one argument or variable of a program, with a zero at its end, and of all of them: as Linux has it. */
const maxArgumentBytes = 128 * 1024;
const maxArgumentsBytes = 2 * 1024 * 1024;

function isTooLong(argv: readonly string[], env: ReadonlyMap<string, string>): boolean {
  let all = 0;
  const takes = (text: string): boolean => {
    const length = Buffer.byteLength(text) + 1;
    all += length;
    return length > maxArgumentBytes || all > maxArgumentsBytes;
  };
  return argv.some(takes) || [...env].some(([name, value]) => takes(`${name}=${value}`));
}

/**
 * Run a program.
 *
 * @param shouldReplaceShell instead of the shell, which ends with it
 */
export async function runProgram(by: Executor, argv: readonly string[], shouldReplaceShell: boolean): Promise<number> {
  const { shell } = by;
  const { task } = shell;
  const prepared = prepareByShell(task, argv, shell.vars.get('PATH') ?? defaultPath);
  if (!prepared.ok) {
    const status = prepared.reason === 'not-found' || prepared.reason === 'not-simulated' ? 127 : 126;
    await shell.complain(`${argv[0]}: ${status === 127 ? 'not found' : 'Permission denied'}`);
    return status;
  }
  const env = shell.vars.environment();
  if (isTooLong(prepared.argv, env)) {
    await shell.complain(`${argv[0]}: Argument list too long`);
    return 126;
  }
  if (shouldReplaceShell) {
    await become(by, prepared.argv, env);
    throw new ShellExit(await prepared.program(task));
  }
  if (prepared.simulated) return cannotRun(by, argv);
  const child = newTask(shell, prepared.argv, { env });
  const { terminal } = task;
  if (shell.interactive && terminal !== undefined) terminal.foreground = child.group;
  void child.run(prepared.program);
  try {
    const { code, signal } = await task.waitFor(child);
    await reportEnd(shell, signal);
    if (signal === SIG.INT && shell.interactive) await write(task, '\n', 2);
    return code;
  } finally {
    if (shell.interactive && terminal !== undefined) terminal.foreground = task.group;
  }
}

/** A program of the image that something waits for. Where PID 1 is a script of the image, all of it is simulated from here on. */
async function cannotRun(by: Executor, argv: readonly string[]): Promise<number> {
  const { task } = by.shell;
  if (task.machine.initIsScript && task.pid === 1) {
    task.machine.log.debug(`${argv[0]}: cannot be run, so that the script that calls it is simulated from here on`);
    throw new ShellExit(await runUntilStopped(task));
  }
  task.machine.log.warn(`${argv[0]}: not among the programs that can be run`);
  await by.shell.complain(`${argv[0]}: not found`);
  return 127;
}
