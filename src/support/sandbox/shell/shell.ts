import type { CompoundCommand, CompoundList, Redirected, Statement } from 'unbash';
import { SIG, signalNames } from '../kernel/signals.js';
import type { Task } from '../kernel/task.js';
import { maxCallDepth } from '../limits.js';
import { complain } from '../programs/io.js';
import { ShellExit } from './control.js';
import { Definitions } from './definitions.js';
import { Variables } from './variables.js';

/** The body of a function. */
export type FunctionBody = CompoundCommand | Redirected | CompoundList;

/** A pipeline that was started with `&`. */
export interface Job {
  readonly number: number;
  readonly tasks: readonly Task[];
  readonly text: string;
}

/** Bytes that each character of a function costs: a tree has many times the size of its text. */
const treeCost = 64;

/** The state of a shell. Execution is in execute.ts. */
export class Shell {
  readonly task: Task;
  readonly vars: Variables;
  readonly functions: Definitions<FunctionBody>;
  readonly options: Set<string>;
  readonly aliases: Definitions<string>;
  readonly jobs: Job[] = [];
  /** Trap commands by signal number. 0 is the exit of the shell; '' ignores. */
  readonly traps: Map<number, string>;
  /** The value of `$0`, which prefixes messages. */
  name: string;
  positional: readonly string[];
  status = 0;
  lastBackground: number | undefined;
  /** Position of `getopts` within a word. */
  optionOffset = 0;
  /** Number of the line that runs, where the shell reads a file. */
  line = 0;
  interactive = false;
  /** More than 0 where a failure is looked at, so that `set -e` does not act. */
  tested = 0;
  loops = 0;
  calls = 0;
  /** The value of `$$`. */
  readonly rootPid: number;
  /** Whether this is a copy that runs a subshell. */
  readonly isSubshell: boolean;
  /** Interrupts `wait`. */
  interrupt: (() => void) | undefined;
  readonly #pending: number[] = [];
  #bytes = 0;
  #overhead = 0;

  constructor(task: Task, name: string, positional: readonly string[], from?: Shell) {
    this.task = task;
    this.name = name;
    this.positional = positional;
    this.vars = new Variables((bytes, overhead) => this.#account(bytes, overhead), from?.vars);
    const beside = (bytes: number): void => this.#account(0, bytes);
    this.functions = new Definitions(beside, (_, body) => (body.end - body.pos) * treeCost, from?.functions);
    this.options = new Set(from?.options);
    this.aliases = new Definitions(beside, (name, text) => name.length + text.length, from?.aliases);
    this.rootPid = from?.rootPid ?? task.pid;
    this.isSubshell = from !== undefined;
    this.traps = new Map([...(from?.traps ?? [])].filter(([, action]) => action === ''));
    if (from !== undefined) {
      this.status = from.status;
      this.lastBackground = from.lastBackground;
      this.line = from.line;
      this.tested = from.tested;
      this.loops = from.loops;
      this.calls = from.calls;
    }
  }

  get ifs(): string {
    return this.vars.get('IFS') ?? ' \t\n';
  }

  /** Releases the memory of variables. */
  release(): void {
    this.#account(-this.#bytes, -this.#overhead);
  }

  complain(message: string): Promise<void> {
    return complain(this.task, `${this.name}: ${message}`);
  }

  /** Prints the error of a builtin in the format of busybox's shell. */
  complainOf(builtin: string, message: string): Promise<void> {
    return this.complain(`${builtin}: line ${this.line}: ${message}`);
  }

  /**
   * Run what is nested in what runs now.
   *
   * @throws ShellExit when it is nested so deeply that the stack is full
   */
  async nested<T>(action: () => Promise<T>): Promise<T> {
    if (this.calls >= maxCallDepth) {
      this.task.end(SIG.SEGV);
      throw new ShellExit(128 + SIG.SEGV);
    }
    this.calls++;
    // A fresh stack: a function may call itself many times.
    await null;
    try {
      return await action();
    } finally {
      this.calls--;
    }
  }

  /** Set what a signal does. `undefined` is its default. */
  trap(signal: number, action: string | undefined): void {
    if (action === undefined) this.traps.delete(signal);
    else this.traps.set(signal, action);
    if (signal === 0) return;
    if (action === undefined) this.task.handlers.delete(signal);
    else if (action === '') this.task.handlers.set(signal, null);
    else this.task.handlers.set(signal, () => this.caught(signal));
  }

  /** A signal came that the shell deals with when its command is done. */
  caught(signal: number): void {
    if (this.#pending.length < signalNames.length) this.#pending.push(signal);
    this.interrupt?.();
  }

  /** The next signal to be dealt with. */
  nextCaught(): number | undefined {
    return this.#pending.shift();
  }

  /** The number of the signal that is dealt with next. */
  get nextCaughtSignal(): number | undefined {
    return this.#pending[0];
  }

  get hasCaught(): boolean {
    return this.#pending.length > 0;
  }

  #account(bytes: number, overhead: number): void {
    this.#bytes += bytes;
    this.#overhead += overhead;
    this.task.machine.account(this.task, bytes, overhead);
  }
}

/** Execution services for the parts of the shell that do not run commands themselves. */
export interface Interpreter {
  /** Standard output of commands, without newlines at its end. */
  substitute(statements: readonly Statement[]): Promise<string>;
}
