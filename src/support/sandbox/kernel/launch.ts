import { maxInterpreterDepth } from '../limits.js';
import { findProgram, inspectProgram } from '../lookup.js';
import type { Machine } from './machine.js';
import { SIG } from './signals.js';
import type { Program, Task } from './task.js';

/** A program with its arguments, or the reason that it cannot run. */
export type Prepared =
  | { readonly ok: true; readonly argv: readonly string[]; readonly program: Program; readonly simulated: boolean }
  | { readonly ok: false; readonly reason: 'not-found' | 'not-executable' | 'is-directory' | 'not-simulated' };

/** The context of a program lookup. */
export interface ProgramFinder extends Pick<Task, 'fs' | 'cwd'> {
  readonly machine: Pick<Machine, 'programs' | 'log'>;
}

/**
 * Finds the program of a command line.
 *
 * @param task provides the file system and permissions
 * @param path search path for programs without a slash
 */
export function prepare(task: ProgramFinder, argv: readonly string[], path: string, depth = 0): Prepared {
  const [name = ''] = argv;
  const found = findProgram(task.fs, name, path, task.cwd);
  if (typeof found !== 'string') return { ok: false, reason: found.kind };
  const { programs, log } = task.machine;
  const executable = inspectProgram(task.fs, found, (applet) => programs.has(applet));
  switch (executable.kind) {
    case 'script':
      if (depth >= maxInterpreterDepth) return { ok: false, reason: 'not-executable' };
      return prepare(task, [...executable.interpreter, found, ...argv.slice(1)], path, depth + 1);
    case 'text':
      return prepareApplet(task, 'sh', ['sh', found, ...argv.slice(1)]);
    case 'applet':
      return prepareApplet(task, executable.name, argv);
    case 'foreign':
      log.debug(`${found}: the program is simulated`);
      return { ok: true, argv, program: runUntilStopped, simulated: true };
  }
}

/**
 * Find what a command line runs for a shell, or a program that runs others: a busybox that is built to stand alone, as
 * Debian's is, has its own programs whether or not the image has their names.
 */
export function prepareByShell(task: ProgramFinder, argv: readonly string[], path: string): Prepared {
  const prepared = prepare(task, argv, path);
  const [name = ''] = argv;
  if (prepared.ok || prepared.reason !== 'not-found' || !task.machine.programs.has(name)) return prepared;
  return task.fs.find('/bin/busybox')?.type === 'file' ? prepareApplet(task, name, argv) : prepared;
}

function prepareApplet(task: ProgramFinder, name: string, argv: readonly string[]): Prepared {
  const applet = task.machine.programs.get(name.split('/').at(-1) as string);
  if (applet === undefined) {
    task.machine.log.warn(`${name}: not among the programs that are simulated`);
    return { ok: false, reason: 'not-simulated' };
  }
  return { ok: true, argv, program: (runner) => applet(runner, argv), simulated: false };
}

/** Simulates an image's own program: runs until a stop signal. */
export const runUntilStopped: Program = (task) => {
  for (const signal of [SIG.TERM, SIG.INT, SIG.QUIT]) task.handlers.set(signal, () => task.end(signal));
  for (const signal of [SIG.HUP, SIG.USR1, SIG.USR2]) task.handlers.set(signal, null);
  return task.forever();
};
