import { SIG } from '../kernel/signals.js';
import { readLine, write } from '../programs/io.js';
import { FunctionReturn, LoopJump, ShellError } from './control.js';
import type { Executor } from './execute.js';
import { readScript } from './parse.js';
import { runToEnd } from './to-end.js';

/** Read commands from standard input and run them one after the other; with prompts where the shell is interactive. */
export function readCommands(by: Executor): Promise<number> {
  const { shell } = by;
  if (!shell.interactive) return runToEnd(by, () => commandLoop(by));
  const { terminal } = shell.task;
  if (terminal !== undefined) terminal.foreground = shell.task.group;
  // Ctrl-C gives a new prompt; a terminal's other signals, and TERM, leave an interactive shell alone.
  shell.task.handlers.set(SIG.INT, () => shell.interrupt?.());
  for (const signal of [SIG.QUIT, SIG.TERM, SIG.TSTP]) shell.task.handlers.set(signal, null);
  return runToEnd(by, () => commandLoop(by));
}

async function commandLoop(by: Executor): Promise<number> {
  const { shell } = by;
  const input = new CommandInput(by);
  let text = '';
  for (;;) {
    if (shell.interactive) await prompt(by, text === '' ? 'PS1' : 'PS2');
    const line = await input.next();
    if (line === 'interrupted') {
      if (shell.interactive) await write(shell.task, '\n', 2);
      text = '';
      shell.status = 130;
      continue;
    }
    if (line === undefined) return endOfInput(by, text);
    text += line;
    const { incomplete } = readScript(text);
    // Incomplete input is parsed again with the next line.
    const turn = shell.task.longStep();
    if (turn !== undefined) await turn;
    if (incomplete || /(^|[^\\])(\\\\)*\\\n$/.test(text)) continue;
    const whole = text;
    text = '';
    await runOne(by, whole);
  }
}

async function endOfInput(by: Executor, text: string): Promise<number> {
  if (text !== '') await runOne(by, text);
  if (by.shell.interactive) await write(by.shell.task, '\n', 2);
  return by.shell.status;
}

/** Lines of commands. */
class CommandInput {
  readonly #by: Executor;
  /** A line that was waited for when Ctrl-C came; the next one is that. */
  #reading: Promise<string | undefined> | undefined;

  constructor(by: Executor) {
    this.#by = by;
  }

  /** The next line, undefined at the end, `interrupted` when Ctrl-C came instead. */
  async next(): Promise<string | undefined | 'interrupted'> {
    const { shell } = this.#by;
    const input = shell.task.fds.get(0);
    if (input === undefined) return undefined;
    if (!shell.interactive) return readLine(shell.task, input);
    this.#reading ??= readLine(shell.task, input);
    const reading = this.#reading;
    try {
      const line = await shell.task.block<string | undefined | 'interrupted'>((resolve, reject) => {
        shell.interrupt = () => resolve('interrupted');
        reading.then(resolve, reject);
        return () => {};
      });
      if (line !== 'interrupted') this.#reading = undefined;
      return line;
    } finally {
      shell.interrupt = undefined;
    }
  }
}

/** Run what was read. An interactive shell survives its errors. */
async function runOne(by: Executor, text: string): Promise<void> {
  const { shell } = by;
  const { statements, error: fault } = readScript(text);
  try {
    await by.run(statements);
    if (fault !== undefined) throw new ShellError(fault);
  } catch (error) {
    if (!shell.interactive) throw error;
    if (error instanceof ShellError) {
      await shell.complain(error.message);
      shell.status = error.status;
    } else if (error instanceof FunctionReturn) shell.status = error.status;
    else if (!(error instanceof LoopJump)) throw error;
    shell.loops = 0;
    shell.calls = 0;
    shell.tested = 0;
  }
}

async function prompt({ shell }: Executor, which: 'PS1' | 'PS2'): Promise<void> {
  const { task, vars } = shell;
  const home = vars.get('HOME') ?? '';
  const place =
    home !== '' && home !== '/' && `${task.cwd}/`.startsWith(`${home}/`) ? `~${task.cwd.slice(home.length)}` : task.cwd;
  const values: Readonly<Record<string, string>> = {
    w: place,
    W: place.split('/').at(-1) || '/',
    h: task.machine.hostname,
    u: task.credentials.uid === 0 ? 'root' : String(task.credentials.uid),
    $: task.credentials.uid === 0 ? '#' : '$',
    n: '\n',
  };
  const text = (vars.get(which) ?? '').replace(/\\(.)/g, (whole, letter: string) => values[letter] ?? whole);
  await write(task, text, 2);
}
