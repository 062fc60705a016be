import { AttestdError } from '../../foundation/errors.js';
import { inDirectory } from '../fs/paths.js';
import type { Task } from '../kernel/task.js';
import { runText } from './builtins/control.js';
import { setOption } from './builtins/variables.js';
import { ShellError } from './control.js';
import { Executor } from './execute.js';
import { readScript } from './parse.js';
import { readCommands } from './read-commands.js';
import { Shell } from './shell.js';
import { runToEnd } from './to-end.js';
import { namePattern } from './variables.js';

/** The command line of a shell. */
interface Invocation {
  readonly name: string;
  /** After `-c`. */
  readonly text: string | undefined;
  /** Whether there was a `-c`. */
  readonly hasText: boolean;
  readonly file: string | undefined;
  readonly positional: readonly string[];
  readonly options: readonly string[];
  readonly interactive: boolean | undefined;
}

/** The shell as a program. */
export async function shellMain(task: Task, argv: readonly string[]): Promise<number> {
  const invocation = read(argv);
  const shell = new Shell(task, invocation.name, invocation.positional);
  const by = new Executor(shell);
  takeEnvironment(shell);
  for (const option of invocation.options) setOption(by, option, true);
  if (invocation.hasText && invocation.text === undefined) {
    await shell.complain('-c requires an argument');
    return 2;
  }
  if (invocation.text !== undefined) {
    if (invocation.options.length === 0) shell.options.add('c');
    return runToEnd(by, () => runWhole(by, invocation.text as string));
  }
  if (invocation.file !== undefined) return runFile(by, invocation.file);
  shell.interactive = invocation.interactive ?? task.fds.get(0)?.terminal === true;
  return readCommands(by);
}

/** Runs a complete text. Its last program may replace the shell. */
async function runWhole(by: Executor, text: string): Promise<number> {
  const { statements, error: fault } = readScript(text);
  const status = await by.run(statements, fault === undefined);
  if (fault !== undefined) throw new ShellError(fault);
  return status;
}

async function runFile(by: Executor, path: string): Promise<number> {
  const { shell } = by;
  let text: string;
  try {
    text = shell.task.fs.readFile(inDirectory(shell.task.cwd, path)).toString();
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    const missing = error.code === 'NOT_FOUND' ? 'No such file or directory' : 'Permission denied';
    shell.name = 'sh';
    await shell.complain(`can't open '${path}': ${missing}`);
    return error.code === 'NOT_FOUND' ? 127 : 2;
  }
  shell.name = path;
  return runToEnd(by, () => runText(by, text));
}

function read(argv: readonly string[]): Invocation {
  const name = (argv[0] ?? 'sh').replace(/^-/, '');
  const words = argv.slice(1);
  const options: string[] = [];
  let hasText = false;
  let readsInput = false;
  let interactive: boolean | undefined;
  for (let word = words[0]; word !== undefined && /^[-+]/.test(word); word = words[0]) {
    words.shift();
    if (word === '-' || word === '--') break;
    if (word.startsWith('--')) continue;
    for (const letter of word.slice(1)) {
      if (letter === 'c') hasText = true;
      else if (letter === 's') readsInput = true;
      else if (letter === 'i') interactive = true;
      else if (letter === 'o') options.push(words.shift() ?? '');
      else if (letter !== 'l') options.push(letter);
    }
  }
  if (hasText) {
    const [text, zero = name, ...positional] = words;
    return { name: zero, text, hasText, file: undefined, positional, options, interactive };
  }
  const file = readsInput ? undefined : words.shift();
  return { name, text: undefined, hasText, file, positional: words, options, interactive };
}

function takeEnvironment(shell: Shell): void {
  for (const [name, value] of shell.task.env) {
    if (!namePattern.test(name)) continue;
    shell.vars.set(name, value);
    shell.vars.setAttributes(name, { exported: true });
  }
  const level = Number(shell.vars.get('SHLVL') ?? '0') || 0;
  shell.vars.set('SHLVL', String(level + 1));
  shell.vars.setAttributes('SHLVL', { exported: true });
  shell.vars.set('PWD', shell.task.cwd);
  shell.vars.setAttributes('PWD', { exported: true });
  for (const [name, value] of Object.entries({ IFS: ' \t\n', OPTIND: '1', PS1: '\\w \\$ ', PS2: '> ', PS4: '+ ' })) {
    if (name === 'IFS' || !shell.vars.has(name)) shell.vars.set(name, value);
  }
}
