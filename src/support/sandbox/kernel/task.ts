import { enqueueTask, isSliceUsedUp } from '../../foundation/scheduler.js';
import type { Credentials, FileSystem } from '../fs/types.js';
import type { ExitStatus } from '../types.js';
import { type Command, costOf } from './command.js';
import type { Descriptor } from './descriptor.js';
import { FdTable } from './fd-table.js';
import type { Limits } from './limits.js';
import type { Machine } from './machine.js';
import { Pace } from './pace.js';
import { defaultAction, SIG } from './signals.js';
import type { Terminal } from './terminal.js';

/** A program. It returns its exit code. */
export type Program = (task: Task) => number | Promise<number>;

/** Unwinds a program that a signal ended. Programs do not catch it. */
export class Terminated extends Error {}

/** Options of a task. */
export interface TaskOptions extends Command {
  readonly cwd: string;
  readonly credentials: Credentials;
  readonly fds: ReadonlyMap<number, Descriptor>;
  readonly parent?: Task | undefined;
  readonly terminal?: Terminal | undefined;
  readonly umask?: number;
  /** Ignored signals, which are inherited. */
  readonly ignored?: Iterable<number>;
  /** A process group of its own. */
  readonly newGroup?: boolean;
}

/** A process of a container: what it was started as, its descriptors, how signals reach it, and when it ended. */
export class Task {
  readonly machine: Machine;
  readonly pid: number;
  /** Among the processes of the host. */
  readonly hostPid: number;
  readonly parent: Task | undefined;
  readonly terminal: Terminal | undefined;
  readonly startedAt: number;
  readonly fds: FdTable;
  cwd: string;
  umask: number;
  limits: Limits;
  group: number;
  credentials: Credentials;
  /** Handlers of caught signals. Null ignores the signal. */
  readonly handlers = new Map<number, (() => void) | null>();
  #command: Command;
  /** Bytes that its arguments, environment and descriptors hold here. */
  #cost = 0;
  #fs: FileSystem | undefined;
  #exit: ExitStatus | undefined;
  #exitRequest: { readonly code: number; readonly signal: number; readonly oomKilled: boolean } | undefined;
  #stopped = false;
  #sleeping = 0;
  readonly #waits = new Set<(error: Terminated) => void>();
  readonly #gates: (() => void)[] = [];
  /** Signals that came while it was held. */
  readonly #pending: number[] = [];
  readonly #watchers: ((status: ExitStatus) => void)[] = [];
  readonly #pace = new Pace();

  constructor(machine: Machine, options: TaskOptions) {
    this.machine = machine;
    this.pid = machine.nextPid();
    this.hostPid = machine.nextHostPid();
    this.parent = options.parent;
    this.#command = { argv: options.argv, env: options.env };
    this.cwd = options.cwd;
    this.credentials = options.credentials;
    this.terminal = options.terminal;
    this.umask = options.umask ?? options.parent?.umask ?? 0o022;
    this.limits = options.parent?.limits ?? machine.limits;
    this.group = options.newGroup || options.parent === undefined ? this.pid : options.parent.group;
    this.fds = new FdTable(options.fds);
    this.startedAt = machine.clock.now();
    for (const signal of options.ignored ?? []) this.handlers.set(signal, null);
    machine.add(this);
    this.#updateState();
  }

  get argv(): readonly string[] {
    return this.#command.argv;
  }

  get env(): ReadonlyMap<string, string> {
    return this.#command.env;
  }

  /** It goes on as another program, or with another environment. */
  become(argv: readonly string[], env: ReadonlyMap<string, string>): void {
    this.#command = { argv, env };
    this.#updateState();
  }

  /** Charges the arguments and environment, except those shared with the parent or set by the container. */
  #updateState(): void {
    if (this.parent === undefined) return;
    const cost = costOf(this, this.parent, this.fds.size);
    this.machine.account(this, 0, cost - this.#cost);
    this.#cost = cost;
  }

  /** The container's file system as this task may use it. */
  get fs(): FileSystem {
    this.#fs ??= this.machine.fileSystem.as(this.credentials);
    return this.#fs;
  }

  /** Milliseconds of processor time. */
  get cpu(): number {
    return this.#pace.cpu;
  }

  get status(): ExitStatus | undefined {
    return this.#exit;
  }

  /** Whether it has ended, or a signal is ending it. */
  get isEnding(): boolean {
    return this.#exitRequest !== undefined || this.#exit !== undefined;
  }

  get state(): 'running' | 'sleeping' | 'stopped' | 'paused' {
    if (this.machine.paused) return 'paused';
    if (this.#stopped) return 'stopped';
    return this.#sleeping > 0 ? 'sleeping' : 'running';
  }

  /** Run a program until it ends; then the task has ended. */
  async run(program: Program): Promise<void> {
    let code = 1;
    try {
      this.#mayGoOn();
      // Programs may start each other endlessly, in one turn or on one stack.
      await this.yieldIfDue();
      code = await program(this);
    } catch (error) {
      // The stack is at its end, as a real program's would be.
      if (error instanceof RangeError) this.end(SIG.SEGV);
      else if (!(error instanceof Terminated))
        this.machine.log.warn(`${this.argv[0]}: the simulation failed: ${String(error)}`);
    }
    this.#finish(code);
  }

  /** Calls the action at the end of the task, or immediately if it has ended. */
  whenEnded(action: (status: ExitStatus) => void): void {
    if (this.#exit !== undefined) action(this.#exit);
    else this.#watchers.push(action);
  }

  /** Wait for another task. */
  waitFor(other: Task): ExitStatus | Promise<ExitStatus> {
    if (other.status !== undefined) return other.status;
    return this.block((resolve) => {
      other.whenEnded(resolve);
      return () => {};
    });
  }

  /** Sleeps for milliseconds of the container's clock. */
  sleep(duration: number): Promise<void> {
    return this.block((resolve) => {
      const timer = this.machine.clock.after(duration, resolve);
      return () => timer.cancel();
    });
  }

  /** Wait until a signal ends it. */
  forever(): Promise<never> {
    return this.block<never>(() => () => {});
  }

  /**
   * Waits for an event. A signal that ends the task ends the wait.
   *
   * @param start called immediately; returns a function that cancels the wait
   * @throws Terminated
   */
  async block<T>(start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void): Promise<T> {
    this.#mayGoOn();
    this.#pause();
    try {
      return await new Promise<T>((resolve, reject) => {
        let isDone = false;
        let cancel: (() => void) | undefined;
        const end = (error: Terminated): void => {
          isDone = true;
          this.#waits.delete(end);
          cancel?.();
          reject(error);
        };
        this.#waits.add(end);
        const settle = (action: () => void): void => {
          if (isDone) return;
          isDone = true;
          this.#waits.delete(end);
          action();
        };
        cancel = start(
          (value) => settle(() => this.#whenRunning(() => resolve(value), reject)),
          (error) => settle(() => reject(error)),
        );
      });
    } finally {
      this.#resume();
    }
  }

  /**
   * Counts a step of work. If the time slice is used up, returns a promise that the caller must await.
   *
   * @throws Terminated if a signal ended the task
   */
  step(): Promise<void> | undefined {
    if (!this.#pace.step() && this.#exitRequest === undefined && !this.#isSuspended) return undefined;
    this.#mayGoOn();
    if (this.#isSuspended) return this.yieldNow();
    return this.#pace.isSliceUsedUp() ? this.#pace.next((start) => this.block(start)) : undefined;
  }

  /** The same for a step that may take long by itself. */
  longStep(): Promise<void> | undefined {
    return this.step() ?? this.yieldIfDue();
  }

  /** Let other work go first where it has waited for long. */
  yieldIfDue(): Promise<void> | undefined {
    return isSliceUsedUp() ? this.yieldNow() : undefined;
  }

  /** Let other work go first, once. */
  yieldNow(): Promise<void> {
    return this.block((resolve) => enqueueTask('program', resolve));
  }

  /** Send a signal. False when it has ended. */
  signal(signal: number): boolean {
    if (this.#exit !== undefined) return false;
    if (signal === 0) return true;
    if (signal === SIG.CONT) this.#continue();
    if (signal === SIG.KILL) {
      this.end(signal);
      return true;
    }
    if (this.#isSuspended && signal !== SIG.STOP) {
      this.#pending.push(signal);
      return true;
    }
    const handler = signal === SIG.STOP ? undefined : this.handlers.get(signal);
    if (handler === null) return true;
    if (handler !== undefined) {
      handler();
      return true;
    }
    const action = defaultAction(signal);
    if (this.pid === 1 || action === 'ignore') return true;
    if (action === 'stop') this.#stopped = true;
    else this.end(signal);
    return true;
  }

  /** Ends the task by a signal, regardless of handlers. */
  end(signal: number, oomKilled = false): void {
    if (this.#exit !== undefined || this.#exitRequest !== undefined) return;
    this.#exitRequest = { code: 128 + signal, signal, oomKilled };
    this.machine.killed(this);
    for (const end of [...this.#waits]) end(new Terminated());
    for (const go of this.#gates.splice(0)) go();
  }

  /** Reports a write without a reader: SIGPIPE, or an error if that is ignored. */
  brokenPipe(): void {
    if (this.pid !== 1 && this.handlers.get(SIG.PIPE) === undefined) {
      this.end(SIG.PIPE);
      throw new Terminated();
    }
    throw this.machine.brokenPipe();
  }

  /** Go on after the freezer or SIGCONT. */
  wake(): void {
    if (this.#isSuspended) return;
    for (const signal of this.#pending.splice(0)) this.signal(signal);
    for (const go of this.#gates.splice(0)) go();
  }

  get #isSuspended(): boolean {
    return this.#stopped || this.machine.paused;
  }

  #continue(): void {
    this.#stopped = false;
    this.wake();
  }

  #mayGoOn(): void {
    if (this.#exitRequest !== undefined || this.#exit !== undefined) throw new Terminated();
  }

  /** Do it now, or when neither the freezer nor SIGSTOP holds the task any more. */
  #whenRunning(action: () => void, reject: (error: unknown) => void): void {
    if (this.#exitRequest !== undefined) reject(new Terminated());
    else if (!this.#isSuspended) action();
    else this.#gates.push(() => this.#whenRunning(action, reject));
  }

  #pause(): void {
    this.#pace.pause();
    this.#sleeping++;
  }

  #resume(): void {
    this.#sleeping--;
    this.#pace.resume();
  }

  #finish(code: number): void {
    this.#pace.pause();
    this.fds.closeAll();
    for (const end of [...this.#waits]) end(new Terminated());
    const signal = this.#exitRequest?.signal;
    const oomKilled = this.#exitRequest?.oomKilled ?? false;
    this.#exit = signal === undefined ? { code: code & 0xff, oomKilled } : { code: 128 + signal, signal, oomKilled };
    this.machine.remove(this);
    for (const action of this.#watchers.splice(0)) action(this.#exit);
  }
}
