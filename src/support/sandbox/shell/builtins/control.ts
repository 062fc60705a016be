import { AttestdError } from '../../../foundation/errors.js';
import { inDirectory } from '../../fs/paths.js';
import { prepareByShell } from '../../kernel/launch.js';
import { defaultPath } from '../../lookup.js';
import { become } from '../become.js';
import { FunctionReturn, LoopJump, ShellError, ShellExit } from '../control.js';
import type { Executor } from '../execute.js';
import { readScript } from '../parse.js';

/** A status or count that was given; it must be a number. */
function number(by: Executor, argv: readonly string[], otherwise: number): number {
  const text = argv[1];
  if (text === undefined) return otherwise;
  if (/^\d+$/.test(text)) return Number(text);
  throw new ShellError(`${argv[0]}: line ${by.shell.line}: Illegal number: ${text}`);
}

export function exit(by: Executor, argv: readonly string[]): never {
  throw new ShellExit(number(by, argv, by.shell.status) & 0xff);
}

export function returnFrom(by: Executor, argv: readonly string[]): never {
  throw new FunctionReturn(number(by, argv, by.shell.status) & 0xff);
}

export function breakLoop(by: Executor, argv: readonly string[]): number {
  return jump(by, argv, 'break');
}

export function continueLoop(by: Executor, argv: readonly string[]): number {
  return jump(by, argv, 'continue');
}

function jump(by: Executor, argv: readonly string[], kind: 'break' | 'continue'): number {
  const levels = number(by, argv, 1);
  if (levels === 0) throw new ShellError(`${kind}: line ${by.shell.line}: Illegal number: 0`);
  if (by.shell.loops > 0) throw new LoopJump(kind, levels);
  return 0;
}

/** Run text as commands of this shell. */
export async function runText(by: Executor, text: string): Promise<number> {
  const { statements, error: fault } = readScript(text);
  by.shell.status = 0;
  const status = await by.shell.nested(() => by.run(statements));
  if (fault !== undefined) throw new ShellError(fault);
  return status;
}

export function evaluateArguments(by: Executor, argv: readonly string[]): Promise<number> {
  return runText(by, argv.slice(1).join(' '));
}

export async function source(by: Executor, argv: readonly string[]): Promise<number> {
  const { shell } = by;
  const [name = '.', path, ...rest] = argv;
  if (path === undefined) throw new ShellError(`${name}: line ${shell.line}: filename argument required`);
  const { fs, cwd } = shell.task;
  const candidates = path.includes('/')
    ? [path]
    : [...(shell.vars.get('PATH') ?? '').split(':').map((at) => `${at}/${path}`), path];
  const found = candidates.find((at) => fs.find(inDirectory(cwd, at))?.type === 'file');
  let text: string;
  try {
    text = fs.readFile(inDirectory(cwd, found ?? path)).toString();
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new ShellError(`${name}: line ${shell.line}: can't open '${path}': No such file or directory`);
  }
  const { positional } = shell;
  if (rest.length > 0) shell.positional = rest;
  try {
    return await runText(by, text);
  } catch (error) {
    if (error instanceof FunctionReturn) return error.status;
    throw error;
  } finally {
    if (rest.length > 0) shell.positional = positional;
  }
}

/** `exec program`: the shell becomes it. */
export async function execute(by: Executor, argv: readonly string[]): Promise<number> {
  const { shell } = by;
  const [, name = '', ...rest] = argv;
  const prepared = prepareByShell(shell.task, [name, ...rest], shell.vars.get('PATH') ?? defaultPath);
  if (!prepared.ok) {
    const missing = prepared.reason === 'not-found' || prepared.reason === 'not-simulated';
    throw new ShellError(
      `exec: line ${shell.line}: ${name}: ${missing ? 'not found' : 'Permission denied'}`,
      missing ? 127 : 126,
    );
  }
  await become(by, prepared.argv, shell.vars.environment());
  shell.traps.delete(0);
  throw new ShellExit(await prepared.program(shell.task));
}
