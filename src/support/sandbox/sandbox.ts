import type { Duplex } from 'node:stream';
import { quote } from '../go/quote.js';
import { trimRight } from '../go/strings.js';
import type { Clock } from './clock.js';
import { FileSystemError } from './fs/errors.js';
import type { FileSystem, MountSource } from './fs/types.js';
import { type Descriptor, nullDevice, SinkDescriptor } from './kernel/descriptor.js';
import { kernelMounts } from './kernel/kernel-trees.js';
import { prepare } from './kernel/launch.js';
import { Machine, type ProgramTable } from './kernel/machine.js';
import type { ProgramMemory } from './kernel/memory.js';
import { Pipe } from './kernel/pipe.js';
import { SIG } from './kernel/signals.js';
import { type Program, Task } from './kernel/task.js';
import { Terminal } from './kernel/terminal.js';
import type { RunningScript } from './scripts/run.js';
import type {
  ExitStatus,
  InputSink,
  Process,
  ProcessInfo,
  ProcessSpec,
  RuntimeLog,
  Sandbox,
  SandboxSpec,
  StartFailure,
  StartReason,
  StartResult,
  Usage,
} from './types.js';
import { resolveUser, type User } from './users.js';

/** Parts that the model passes to each sandbox. */
export interface SandboxParts {
  readonly programs: ProgramTable;
  readonly log: RuntimeLog;
  readonly nextHostPid: () => number;
  /** Memory of the programs of all containers. */
  readonly memory: ProgramMemory;
  /** The script of this container, if any. */
  readonly script: RunningScript | undefined;
}

const defaultSize = { height: 24, width: 80 };
const noInput: InputSink = { write: () => undefined, end: () => {} };
/** Bytes that a process is taken to use, and that each further one adds. */
const bytesOfProcess = 1_200_000;

function mountsOf({ sharedMemory, writableSystem = false }: SandboxSpec): ReadonlyMap<string, MountSource> {
  const kernel = kernelMounts(writableSystem);
  return sharedMemory === undefined ? kernel : new Map([...kernel, ['/dev/shm', sharedMemory]]);
}

/** A container's inside, simulated. */
export class SimulatedSandbox implements Sandbox {
  readonly #machine: Machine;
  readonly #parts: SandboxParts;
  readonly #clock: Clock;
  /** With what the kernel shows in it. */
  readonly #files: FileSystem;

  constructor(spec: SandboxSpec, parts: SandboxParts) {
    this.#parts = parts;
    this.#clock = spec.clock;
    this.#files = spec.fileSystem.inside(mountsOf(spec), spec.sealed ?? false);
    this.#machine = new Machine({
      fileSystem: this.#files,
      clock: spec.clock,
      hostname: spec.hostname,
      domainname: spec.domainname ?? '',
      image: spec.image,
      log: parts.log,
      memory: spec.memory ?? 0,
      programMemory: parts.memory,
      nextHostPid: parts.nextHostPid,
      programs: parts.programs,
      listening: () => this.listening(),
      network: spec.network,
      controlGroup: spec.controlGroup,
      controls: spec.controls,
      limits: spec.limits,
    });
  }

  get paused(): boolean {
    return this.#machine.paused;
  }

  start(spec: ProcessSpec): StartResult {
    if (spec.purpose !== 'init' && !this.#machine.canFork) {
      return failed('not-running', 'cannot exec in a stopped container', 128);
    }
    const user = resolveUser(this.#files, spec.user, spec.groups);
    if (!('credentials' in user)) return { ok: false, failure: user };
    if (spec.argv.length === 0) return failed('no-arguments', 'args must not be empty', 128);
    const wrongDirectory = this.#checkDirectory(spec.cwd || '/', user);
    if (wrongDirectory !== undefined) return { ok: false, failure: wrongDirectory };
    return this.#start(spec, user);
  }

  processes(): ProcessInfo[] {
    return this.#machine.tasks().map((task) => ({
      pid: task.hostPid,
      containerPid: task.pid,
      parent: task.parent?.hostPid ?? 1,
      uid: task.credentials.uid,
      gid: task.credentials.gid,
      startedAt: task.startedAt,
      cpu: BigInt(Math.round(task.cpu * 1e6)),
      tty: task.terminal !== undefined,
      name: (task.argv[0] ?? '').split('/').at(-1)?.slice(0, 15) ?? '',
      argv: task.argv,
      state: task.state,
    }));
  }

  killAll(signal: number): void {
    const tasks = this.#machine.tasks();
    for (const task of tasks) if (task.pid !== 1) task.signal(signal);
    this.#machine.task(1)?.signal(signal);
  }

  pause(): void {
    this.#machine.pause();
  }

  resume(): void {
    this.#machine.resume();
  }

  connect(port: number, socket: Duplex): boolean {
    return this.#parts.script?.connect(port, socket, this.#machine) ?? false;
  }

  listening(): number[] {
    return this.#machine.task(1) === undefined ? [] : (this.#parts.script?.ports() ?? []);
  }

  usage(): Usage {
    const tasks = this.#machine.tasks();
    const ran = Math.max(0, this.#clock.now() - this.#machine.startedAt);
    const spent = this.#machine.cpu + tasks.reduce((sum, task) => sum + task.cpu, 0);
    // A process that only waits still costs a little.
    const cpu = BigInt(Math.round((spent + ran / 2000 + 10) * 1e6));
    return { cpu, memory: this.#machine.memory + tasks.length * bytesOfProcess, pids: tasks.length };
  }

  dispose(): void {
    for (const task of this.#machine.tasks()) task.end(SIG.KILL);
  }

  #start(spec: ProcessSpec, user: User): StartResult {
    const env = environmentOf(spec, user.home);
    // Resolves links, because processes do not learn the path they came by.
    const cwd = this.#files.realPath(spec.cwd || '/');
    const looker = { fs: this.#files.as(user.credentials), cwd };
    const scripted = this.#parts.script?.serveInput(spec);
    const program = scripted ?? this.#findProgram(spec, env, looker);
    if ('failure' in program) return { ok: false, failure: program.failure };
    const terminal = spec.tty ? new Terminal(this.#machine, spec.stdout, spec.size ?? defaultSize) : undefined;
    const input = spec.openStdin && terminal === undefined ? new Pipe() : undefined;
    const task = new Task(this.#machine, {
      argv: program.argv,
      env,
      cwd,
      credentials: user.credentials,
      fds: descriptors(spec, terminal, input),
      terminal,
    });
    if (terminal !== undefined) terminal.foreground = task.group;
    input?.writer.retain();
    const process = new SimulatedProcess(task, terminal, input);
    queueMicrotask(() => void task.run(program.program));
    return { ok: true, process };
  }

  #findProgram(
    spec: ProcessSpec,
    env: ReadonlyMap<string, string>,
    looker: { readonly fs: Task['fs']; readonly cwd: string },
  ): { readonly argv: readonly string[]; readonly program: Program } | { readonly failure: StartFailure } {
    const prepared = prepare({ ...looker, machine: this.#machine }, spec.argv, env.get('PATH') ?? '');
    const [name = ''] = spec.argv;
    if (prepared.ok) {
      if (spec.purpose === 'init') this.#machine.initIsScript = prepared.argv[0] !== name;
      if (!prepared.simulated || spec.purpose === 'init') return prepared;
      this.#parts.log.warn(`${name}: not among the programs that can be run`);
    }
    // Of what is only looked for, runc passes over files that cannot be run.
    const isFound = name.includes('/') && !prepared.ok && prepared.reason !== 'not-simulated';
    return { failure: startFailure(isFound ? prepared.reason : 'not-found', name, looker.fs) };
  }

  #checkDirectory(cwd: string, user: User): StartFailure | undefined {
    const wrong = (reason: string): StartFailure => ({
      reason: 'bad-cwd',
      message: `chdir to cwd (${quote(cwd)}) set in config.json failed: ${reason}`,
      exitCode: 128,
    });
    try {
      const fs = this.#files.as(user.credentials);
      if (fs.stat(cwd).type !== 'directory') return wrong('not a directory');
      return fs.access(cwd, 1) ? undefined : wrong('permission denied');
    } catch (error) {
      if (error instanceof FileSystemError) return wrong(error.text.toLowerCase());
      throw error;
    }
  }
}

function failed(reason: StartReason, message: string, exitCode: number): StartResult {
  return { ok: false, failure: { reason, message, exitCode } };
}

/** runc's words for a program that cannot be run (observed with `POST /containers/{id}/start`). */
function startFailure(
  reason: 'not-found' | 'not-executable' | 'is-directory',
  name: string,
  fs: Pick<FileSystem, 'find'>,
): StartFailure {
  const quoted = quote(name);
  if (reason === 'is-directory')
    return { reason, message: `exec: ${quoted}: is a directory: permission denied`, exitCode: 126 };
  if (reason === 'not-executable') return { reason, message: `exec: ${quoted}: permission denied`, exitCode: 126 };
  const isFile = name.endsWith('/') && fs.find(trimRight(name, '/'))?.type === 'file';
  const wrong = isFile ? 'not a directory' : 'no such file or directory';
  const why = name.includes('/') ? `stat ${name}: ${wrong}` : 'executable file not found in $PATH';
  return { reason, message: `exec: ${quoted}: ${why}`, exitCode: 127 };
}

function environmentOf({ env, tty }: ProcessSpec, home: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of env) {
    const equals = entry.indexOf('=');
    if (equals > 0) found.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  if (tty && !found.has('TERM')) found.set('TERM', 'xterm');
  if (!found.get('HOME')) found.set('HOME', home);
  return found;
}

function descriptors(
  spec: ProcessSpec,
  terminal: Terminal | undefined,
  input: Pipe | undefined,
): Map<number, Descriptor> {
  if (terminal !== undefined) return new Map([0, 1, 2].map((fd) => [fd, terminal]));
  return new Map<number, Descriptor>([
    [0, input?.reader ?? nullDevice],
    [1, new SinkDescriptor(spec.stdout)],
    [2, new SinkDescriptor(spec.stderr)],
  ]);
}

class SimulatedProcess implements Process {
  readonly stdin: InputSink;
  readonly exit: Promise<ExitStatus>;
  readonly #task: Task;
  readonly #terminal: Terminal | undefined;

  constructor(task: Task, terminal: Terminal | undefined, input: Pipe | undefined) {
    this.#task = task;
    this.#terminal = terminal;
    this.stdin = terminal?.input ?? (input === undefined ? noInput : pipeInput(input));
    this.exit = new Promise((resolve) => {
      task.whenEnded((status) => {
        terminal?.hangUp();
        resolve(status);
      });
    });
  }

  get pid(): number {
    return this.#task.hostPid;
  }

  get containerPid(): number {
    return this.#task.pid;
  }

  get argv(): readonly string[] {
    return this.#task.argv;
  }

  get credentials(): Task['credentials'] {
    return this.#task.credentials;
  }

  get status(): ExitStatus | undefined {
    return this.#task.status;
  }

  signal(signal: number): boolean {
    return this.#task.signal(signal);
  }

  resize(size: { readonly height: number; readonly width: number }): void {
    this.#terminal?.resize(size);
  }
}

function pipeInput(input: Pipe): InputSink {
  let ended = false;
  return {
    write: (bytes) => (ended ? undefined : input.push(bytes)),
    end: () => {
      if (!ended) input.writer.release();
      ended = true;
    },
  };
}
