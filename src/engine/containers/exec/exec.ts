import type { Clock } from '../../../support/sandbox/clock.js';
import type { Process, Purpose, TerminalSize } from '../../../support/sandbox/types.js';
import { execOverheadBytes } from '../../limits.js';
import { estimateBytes, ObjectQuota } from '../../object-quota.js';
import { Streams } from '../io/streams.js';

/** The configuration of an exec. */
export interface ExecParts {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly containerId: string;
  /** `exec`, or `health` for a health check. */
  readonly purpose: Purpose;
  /** At least the program. */
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly privileged: boolean;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly openStdout: boolean;
  readonly openStderr: boolean;
  readonly detachKeys: Buffer;
  readonly size: TerminalSize | undefined;
}

/** A command that runs or will run in a container next to its main process. */
export class Exec {
  readonly streams = new Streams();
  running = false;
  exitCode: number | undefined;
  pid = 0;
  process: Process | undefined;
  /** Milliseconds since 1970. */
  endedAt: number | undefined;
  /** Resolves once the process has exited and all events of the exit are logged. */
  hasEnded: Promise<void> = Promise.resolve();

  constructor(readonly parts: ExecParts) {}

  get id(): string {
    return this.parts.id;
  }

  /** The command as events name it. */
  get command(): string {
    const [program = '', ...args] = this.parts.argv;
    return `${program} ${args.join(' ')}`;
  }
}

/** Ended execs may be removed after the first time and are removed after the second. Milliseconds. */
const mayGo = 5 * 60_000;
const isGone = 2 * mayGo;

/** The execs of all containers, by id. Ended execs stay available for a few minutes if the quota allows. */
export class ExecStore {
  readonly #byId = new Map<string, Exec>();
  /** Ended execs, the oldest first. */
  readonly #ended = new Set<Exec>();

  /** @param quota shared by all objects that clients create */
  constructor(
    private readonly clock: Clock,
    private readonly quota = new ObjectQuota(),
  ) {}

  /** @throws NO_SPACE */
  add(exec: Exec): void {
    this.#sweep();
    const bytes = execOverheadBytes + estimateBytes(exec.parts);
    for (;;) {
      const [oldest] = this.#ended;
      try {
        this.quota.reserve(exec.id, bytes);
        break;
      } catch (error) {
        if (oldest === undefined) throw error;
        this.remove(oldest);
      }
    }
    this.#byId.set(exec.id, exec);
  }

  get(id: string): Exec | undefined {
    this.#sweep();
    return this.#byId.get(id);
  }

  /** An exec has ended, with its exit code in place. */
  end(exec: Exec): void {
    exec.running = false;
    exec.endedAt = this.clock.now();
    this.#ended.add(exec);
  }

  /** Whether an ended exec is due for removal. */
  canRemove({ endedAt }: Exec): boolean {
    return endedAt !== undefined && this.clock.now() - endedAt >= mayGo;
  }

  remove(exec: Exec): void {
    this.#byId.delete(exec.id);
    this.#ended.delete(exec);
    this.quota.release(exec.id);
  }

  /** Forget those of a container that is removed. */
  deleteOf(containerId: string): void {
    for (const exec of this.#byId.values()) if (exec.parts.containerId === containerId) this.remove(exec);
  }

  #sweep(): void {
    const now = this.clock.now();
    for (const exec of this.#ended) {
      if (now - (exec.endedAt ?? now) < isGone) return;
      this.remove(exec);
    }
  }
}
