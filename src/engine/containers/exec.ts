import type { Process } from '../../runtime/types.js';
import type { Streams } from './streams.js';

/** A command that runs, or will run, in a container beside its process. */
export interface Exec {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly containerId: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly privileged: boolean;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly openStdout: boolean;
  readonly openStderr: boolean;
  readonly detachKeys: Buffer | undefined;
  readonly streams: Streams;
  running: boolean;
  canRemove: boolean;
  exitCode: number | undefined;
  pid: number;
  process: Process | undefined;
}

/** The execs of all containers, by id: also those that have ended, until their container goes. */
export class ExecStore {
  readonly #byId = new Map<string, Exec>();

  add(exec: Exec): void {
    this.#byId.set(exec.id, exec);
  }

  get(id: string): Exec | undefined {
    return this.#byId.get(id);
  }

  /** Forget those of a container that is removed. */
  forget(containerId: string): void {
    for (const [id, exec] of this.#byId) if (exec.containerId === containerId) this.#byId.delete(id);
  }
}
