/**
 * The interface of a container's runtime. A process model creates sandboxes; a sandbox is shared by a container's
 * processes. The first process is PID 1, and its end kills all others. The simulated model (simulated.ts) runs nothing
 * on the host. Another model can replace it.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from './clock.js';
import type { Credentials, FileSystem, MountSource } from './fs/types.js';

/** Makes sandboxes. */
export interface ProcessModel {
  createSandbox(spec: SandboxSpec): Sandbox;
}

/** The container's properties at its start. */
export interface SandboxSpec {
  /** The container's id. */
  readonly id: string;
  /** With everything mounted: volumes, /etc/hosts and the like. */
  readonly fileSystem: FileSystem;
  readonly hostname: string;
  readonly domainname?: string;
  readonly clock: Clock;
  /** Selects scripts and provides the values of `uname`. */
  readonly image: ImageInfo;
  /** The container's labels; `attestd.script` names a script. */
  readonly labels: Readonly<Record<string, string>>;
  /** Memory limit of the container in bytes. A process above it is killed. 0: unlimited. */
  readonly memory?: number;
  /** Bounds of its processes (`HostConfig.Ulimits`), where it has any of its own. */
  readonly limits?: readonly ResourceLimit[];
  /** Whether its root file system may not be changed from inside. */
  readonly sealed?: boolean;
  /** Whether directories may be made below /sys. */
  readonly writableSystem?: boolean;
  /** The file system at /dev/shm. Default: none. */
  readonly sharedMemory?: MountSource | undefined;
  /** Path of its control groups: `/docker/ID`. Default: `/`. */
  readonly controlGroup?: string;
  /** Returns its current limits. Default: unlimited. */
  readonly controls?: () => ResourceControls;
  /** Its networks. Default: only the loopback interface. */
  readonly network?: NetworkView;
}

/** Resource limits of a container. 0 or less: unlimited. */
export interface ResourceControls {
  /** Bytes. */
  readonly memory: number;
  /** Bytes, memory included. */
  readonly memorySwap: number;
  readonly memoryReservation: number;
  /** Microseconds. */
  readonly cpuPeriod: number;
  readonly cpuQuota: number;
  readonly cpuShares: number;
  /** As `0-3`; empty for all. */
  readonly cpus: string;
  readonly memoryNodes: string;
  readonly processes: number;
}

/** A bound of a process; -1 is none. */
export interface ResourceLimit {
  /** As docker names it: `nofile`. */
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** The networks as the container's processes see them. */
export interface NetworkView {
  /** Without the loopback, in the order of their numbers. */
  interfaces(): readonly NetworkInterface[];
  /** DNS resolver. Only the daemon's, `127.0.0.11`, answers. */
  readonly resolver: string;
  /** Addresses of a name, IPv4 before IPv6; empty when the daemon knows none. */
  resolve(name: string): readonly string[];
  /** The name of an address, for `nslookup ADDRESS`. */
  nameOf(address: string): string | undefined;
  /** Whether a packet to an address comes back. */
  answers(address: string): boolean;
  /** Listening TCP ports of an address. Undefined if no container has the address. */
  listening(address: string): readonly number[] | undefined;
}

/** An address of a network card. */
export interface InterfaceAddress {
  readonly address: string;
  /** Length of the prefix. */
  readonly bits: number;
  /** The first address of the prefix. */
  readonly base: string;
  /** The last one. */
  readonly last: string;
}

/** A network card of a container. */
export interface NetworkInterface {
  /** `eth0` */
  readonly name: string;
  /** 2 and up; 1 is the loopback. */
  readonly index: number;
  /** Number of its other end, on the host. */
  readonly peer: number;
  readonly mac: string;
  readonly mtu: number;
  readonly ipv4?: InterfaceAddress;
  readonly ipv6?: InterfaceAddress;
  /** Default gateway, on one interface only. */
  readonly gateway4?: string;
  readonly gateway6?: string;
}

/** Properties of a container's image. */
export interface ImageInfo {
  /** As the container was created with it: `postgres:16`. */
  readonly reference: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `linux`. */
  readonly os: string;
  /** As in a platform: `amd64`, `arm64`. */
  readonly architecture: string;
}

/** A running container, shared by its processes. */
export interface Sandbox {
  /**
   * Start a process; the first becomes PID 1. Nothing has been written before this returns.
   *
   * @returns the process, or why there is none
   */
  start(spec: ProcessSpec): StartResult;
  /** Processes that live, in the order of their start. */
  processes(): ProcessInfo[];
  /** Send a signal to every process but PID 1, then to PID 1. */
  killAll(signal: number): void;
  /** Stop all processes where they are (the freezer of `POST /containers/{id}/pause`). SIGKILL still ends them. */
  pause(): void;
  /** Let them go on. */
  resume(): void;
  readonly paused: boolean;
  /**
   * Someone connects to a port.
   *
   * @param port TCP port inside of the container
   * @param socket taken over when something listens there; its errors are handled
   * @returns false when nothing listens
   */
  connect(port: number, socket: Duplex): boolean;
  /** TCP ports that something listens on, in their order. */
  listening(): number[];
  /** Cumulative resource usage, except `memory` and `pids`, which are current. */
  usage(): Usage;
  /** Kills all processes (137) and frees all memory. */
  dispose(): void;
}

/** Synthetic, plausible figures for statistics. */
export interface Usage {
  /** Nanoseconds of processor time. */
  readonly cpu: bigint;
  /** Bytes in use. */
  readonly memory: number;
  /** Processes now. */
  readonly pids: number;
}

/** The purpose of a process. Scripts distinguish them. */
export type Purpose = 'init' | 'exec' | 'health' | 'build';

/** Options of a new process. */
export interface ProcessSpec {
  readonly purpose: Purpose;
  /** Program and arguments; at least one. */
  readonly argv: readonly string[];
  /** `KEY=value`, later ones win. HOME is set from /etc/passwd, and TERM with a tty, when they are not there. */
  readonly env: readonly string[];
  /** Absolute; empty is `/`. */
  readonly cwd: string;
  /** As in an image's configuration: `user`, `uid`, `user:group`, `uid:gid`; empty is root. */
  readonly user: string;
  /** Further groups by name or number (`HostConfig.GroupAdd`). */
  readonly groups?: readonly string[];
  /** With a terminal, all output goes to stdout with CRLF, and input is echoed. */
  readonly tty: boolean;
  /** Whether input may come. Otherwise standard input is at its end from the start. */
  readonly openStdin: boolean;
  /** Size of the terminal. */
  readonly size?: TerminalSize;
  readonly stdout: ByteSink;
  /** Unused with a tty. */
  readonly stderr: ByteSink;
}

/** Characters. */
export interface TerminalSize {
  readonly height: number;
  readonly width: number;
}

/**
 * Receives bytes in written order. Neither side may change them afterwards. A returned promise is back-pressure: write
 * no more until it settles. A rejection means that the reader has closed, as with a closed pipe.
 */
export interface ByteSink {
  write(bytes: Uint8Array): void | Promise<void>;
}

/** A process that was started, or why it was not. */
export type StartResult =
  | { readonly ok: true; readonly process: Process }
  | { readonly ok: false; readonly failure: StartFailure };

/** The reason that a process could not be started. */
export type StartReason =
  | 'not-found'
  | 'not-executable'
  | 'is-directory'
  | 'bad-format'
  | 'no-such-user'
  | 'no-such-group'
  | 'invalid-user'
  | 'bad-cwd'
  | 'not-running'
  | 'no-arguments';

/** A start that failed, with what a daemon makes its answer of. */
export interface StartFailure {
  readonly reason: StartReason;
  /** The message of runc, which the daemon prefixes: `exec: "nosuch": executable file not found in $PATH`. */
  readonly message: string;
  /** 127 not found, 126 found but not executable, 128 otherwise, as dockerd records it of a container. */
  readonly exitCode: number;
}

/** The exit status of a process. */
export interface ExitStatus {
  /** 0 to 255; 128 + signal when a signal ended it. */
  readonly code: number;
  readonly signal?: number;
  readonly oomKilled: boolean;
}

/** A process that was started. */
export interface Process {
  /** Among all processes of the model, as the host would number it. */
  readonly pid: number;
  /** Inside of the container: 1 for its first. */
  readonly containerPid: number;
  readonly argv: readonly string[];
  readonly credentials: Credentials;
  readonly stdin: InputSink;
  /** Settles once, never rejects, after all output has been taken. */
  readonly exit: Promise<ExitStatus>;
  /** As in `exit`; undefined while it lives. */
  readonly status: ExitStatus | undefined;
  /**
   * Send a signal by its number.
   *
   * PID 1 ignores what it has no handler for, except SIGKILL and SIGSTOP.
   *
   * @returns false when the process has ended
   */
  signal(signal: number): boolean;
  /** Notifies the process of the terminal's new size (SIGWINCH). Does nothing without a terminal. */
  resize(size: TerminalSize): void;
}

/** Input of a process. */
export interface InputSink extends ByteSink {
  /** No more will come: end of file. Closing twice does nothing. With a tty it has no effect, as on a real one. */
  end(): void;
}

/** A process as `ps` and `GET /containers/{id}/top` show it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly containerPid: number;
  /** Parent in the numbering of `pid`; of PID 1 and of exec's processes the one of the container's shim. */
  readonly parent: number;
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Nanoseconds of processor time. */
  readonly cpu: bigint;
  readonly tty: boolean;
  /** The program's own name, at most 15 bytes: `sleep`. */
  readonly name: string;
  /** As started: `['sleep', '60']`. */
  readonly argv: readonly string[];
  readonly state: 'running' | 'sleeping' | 'stopped' | 'paused';
}

/** Logs limits of the simulation: `debug` for simulated programs, `warn` for unsupported ones. */
export interface RuntimeLog {
  debug(message: string): void;
  warn(message: string): void;
}
