import type { Clock } from '../clock.js';
import { FileSystemError } from '../fs/errors.js';
import type { FileSystem } from '../fs/types.js';
import { maxContainerMemoryBytes, maxContainerTasks } from '../limits.js';
import { machineResolver } from '../resolvers.js';
import type { ImageInfo, NetworkView, ResourceControls, ResourceLimit, RuntimeLog } from '../types.js';
import { type Limits, limitsOf } from './limits.js';
import { ProgramMemory } from './memory.js';
import { Pipe } from './pipe.js';
import { SIG } from './signals.js';
import type { Task } from './task.js';

/** State shared by all tasks of a container. */
export interface MachineOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly hostname: string;
  readonly domainname: string;
  readonly image: ImageInfo;
  readonly log: RuntimeLog;
  /** Bytes. 0: unlimited. */
  readonly memory: number;
  /** Memory of the programs of all containers. Default: a separate one. */
  readonly programMemory?: ProgramMemory | undefined;
  /** A number that no process of the host has. */
  readonly nextHostPid: () => number;
  readonly programs: ProgramTable;
  /** Listening TCP ports. Default: none. */
  readonly listening?: () => readonly number[];
  readonly limits?: readonly ResourceLimit[] | undefined;
  readonly controlGroup?: string | undefined;
  readonly controls?: (() => ResourceControls) | undefined;
  /** Default: no network. */
  readonly network?: NetworkView | undefined;
}

const noControls: ResourceControls = {
  memory: 0,
  memorySwap: 0,
  memoryReservation: 0,
  cpuPeriod: 0,
  cpuQuota: 0,
  cpuShares: 0,
  cpus: '',
  memoryNodes: '',
  processes: 0,
};

/** A container without networks. */
const noNetwork: NetworkView = {
  resolver: machineResolver,
  interfaces: () => [],
  resolve: () => [],
  nameOf: () => undefined,
  answers: () => false,
  listening: () => undefined,
};

/** A program that the runtime has itself. The number is its exit code. */
export type Applet = (task: Task, argv: readonly string[]) => number | Promise<number>;

/** The programs that the runtime has, by name. */
export type ProgramTable = ReadonlyMap<string, Applet>;

/** The inside of a container: its tasks by number, its freezer, its memory. */
export class Machine {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly image: ImageInfo;
  readonly log: RuntimeLog;
  readonly domainname: string;
  readonly memoryLimit: number;
  readonly #programMemory: ProgramMemory;
  readonly nextHostPid: () => number;
  readonly programs: ProgramTable;
  readonly listening: () => readonly number[];
  readonly network: NetworkView;
  readonly controlGroup: string;
  readonly controls: () => ResourceControls;
  /** Initial limits of processes. */
  readonly limits: Limits;
  readonly startedAt: number;
  /** Whether PID 1 is a script of the image; it becomes a simulated program where it cannot go on. */
  initIsScript = false;
  hostname: string;
  paused = false;
  /** Bytes that programs hold. */
  memory = 0;
  /** Milliseconds of processor time of tasks that have ended. */
  cpu = 0;
  readonly #tasks = new Map<number, Task>();
  readonly #fifos = new Map<number, Pipe>();
  #lastPid = 0;

  constructor(options: MachineOptions) {
    const { fileSystem, clock, hostname, domainname, image, log, memory, nextHostPid, programs } = options;
    this.programs = programs;
    this.listening = options.listening ?? (() => []);
    this.controlGroup = options.controlGroup ?? '/';
    this.controls = options.controls ?? (() => noControls);
    this.limits = limitsOf(options.limits ?? []);
    this.network = options.network ?? noNetwork;
    this.startedAt = clock.now();
    this.nextHostPid = nextHostPid;
    this.fileSystem = fileSystem;
    this.clock = clock;
    this.hostname = hostname;
    this.domainname = domainname;
    this.image = image;
    this.log = log;
    this.#programMemory = options.programMemory ?? new ProgramMemory();
    this.memoryLimit = memory > 0 ? Math.min(memory, maxContainerMemoryBytes) : maxContainerMemoryBytes;
  }

  nextPid(): number {
    return ++this.#lastPid;
  }

  add(task: Task): void {
    this.#tasks.set(task.pid, task);
    this.#programMemory.count(1);
  }

  /** A task has ended. With PID 1, all others end. */
  remove(task: Task): void {
    if (this.#tasks.delete(task.pid)) this.#programMemory.count(-1);
    this.killed(task);
    this.cpu += task.cpu;
    if (task.pid === 1) for (const other of this.tasks()) other.end(SIG.KILL);
  }

  tasks(): Task[] {
    return [...this.#tasks.values()];
  }

  task(pid: number): Task | undefined {
    return this.#tasks.get(pid);
  }

  /** Whether one more task may be started. */
  get canFork(): boolean {
    return (
      this.#programMemory.canFork && this.#tasks.size < maxContainerTasks && (this.#lastPid === 0 || this.#tasks.has(1))
    );
  }

  signalGroup(group: number, signal: number): boolean {
    let any = false;
    for (const task of this.tasks()) if (task.group === group) any = task.signal(signal) || any;
    return any;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const task of this.tasks()) task.wake();
  }

  /**
   * Accounts for memory of a program. Above the limit, the out-of-memory killer ends it.
   *
   * @param bytes may be negative; the rest is released when the task ends
   * @param overhead additional bytes of the server's memory
   */
  account(task: Task, bytes: number, overhead = 0): void {
    if (task.isEnding) return;
    this.memory += bytes;
    this.#programMemory.add(task, bytes, overhead);
    if (this.memory > this.memoryLimit) task.end(SIG.KILL, true);
  }

  /** A task comes to its end: what it held counts no more. */
  killed(task: Task): void {
    this.memory -= this.#programMemory.drop(task);
  }

  pipe(): Pipe {
    return new Pipe();
  }

  /** The pipe behind a FIFO, by its inode. */
  fifo(inode: number): Pipe {
    const present = this.#fifos.get(inode);
    if (present !== undefined) return present;
    const made = new Pipe(false);
    this.#fifos.set(inode, made);
    return made;
  }

  brokenPipe(): FileSystemError {
    return new FileSystemError('EPIPE', '');
  }
}
