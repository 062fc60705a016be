import type { Applet } from '../../kernel/machine.js';
import { echo } from '../../programs/echo.js';
import { printf } from '../../programs/printf.js';
import { test } from '../../programs/test.js';
import type { Executor } from '../execute.js';
import { breakLoop, continueLoop, evaluateArguments, execute, exit, returnFrom, source } from './control.js';
import { background, foreground, jobs, kill, trap, wait } from './jobs.js';
import { command, getopts, hash, type as typeOf } from './names.js';
import { read } from './read.js';
import { changeDirectory, times, umask, workingDirectory } from './task.js';
import { ulimit } from './ulimit.js';
import { alias, exportVariables, letNumbers, local, readonly, set, shift, unalias, unset } from './variables.js';

/** A command that the shell runs itself. */
export type Builtin = (by: Executor, argv: readonly string[]) => number | Promise<number>;

const program =
  (applet: Applet): Builtin =>
  ({ shell }, argv) =>
    applet(shell.task, argv);

const nothing: Builtin = () => 0;

/** All of them by name. */
export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', nothing],
  ['.', source],
  ['source', source],
  ['[', program(test)],
  ['test', program(test)],
  ['echo', program(echo)],
  ['printf', program(printf)],
  ['true', nothing],
  ['false', () => 1],
  ['alias', alias],
  ['bg', background],
  ['break', breakLoop],
  ['cd', changeDirectory],
  ['chdir', changeDirectory],
  ['command', command],
  ['continue', continueLoop],
  ['declare', local],
  ['eval', evaluateArguments],
  ['exec', execute],
  ['exit', exit],
  ['export', exportVariables],
  ['fg', foreground],
  ['getopts', getopts],
  ['hash', hash],
  ['help', nothing],
  ['history', nothing],
  ['jobs', jobs],
  ['kill', kill],
  ['let', letNumbers],
  ['local', local],
  ['pwd', workingDirectory],
  ['read', read],
  ['readonly', readonly],
  ['return', returnFrom],
  ['set', set],
  ['shift', shift],
  ['times', times],
  ['trap', trap],
  ['type', typeOf],
  ['typeset', local],
  ['ulimit', ulimit],
  ['umask', umask],
  ['unalias', unalias],
  ['unset', unset],
  ['wait', wait],
]);

/** Builtins whose assignments persist and that functions cannot hide (POSIX special built-in utilities). */
export const specialBuiltins: ReadonlySet<string> = new Set([
  ':',
  '.',
  'source',
  'break',
  'continue',
  'eval',
  'exec',
  'exit',
  'export',
  'readonly',
  'return',
  'set',
  'shift',
  'times',
  'trap',
  'unset',
]);
