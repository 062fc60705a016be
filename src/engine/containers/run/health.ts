import type { Healthcheck } from '../../../oci/image-config.js';
import { formatDuration } from '../../../support/go/duration.js';
import type { Timer } from '../../../support/sandbox/clock.js';
import type { Context } from '../../context.js';
import { maxHealthOutputBytes, maxHealthResults } from '../../limits.js';
import type { Container } from '../container.js';
import { environmentOf } from '../create/environment.js';
import { logContainerEvent } from '../events.js';
import { Exec } from '../exec/exec.js';
import { registerExec } from '../exec/exec-create.js';
import { startExec } from '../exec/exec-start.js';
import { newId } from '../store.js';

/** The results of a container's health checks. */
export interface HealthState {
  status: 'starting' | 'healthy' | 'unhealthy';
  failingStreak: number;
  /** The last five. */
  readonly log: HealthResult[];
}

/** One health check. */
export interface HealthResult {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly exitCode: number;
  /** The beginning of the output. */
  readonly output: string;
}

/** Defaults in nanoseconds. */
const defaults = { Interval: 30e9, Timeout: 30e9, StartPeriod: 0, StartInterval: 5e9 };
const defaultRetries = 3;
const defaultShell = ['/bin/sh', '-c'];
const sigkill = 9;
const failed = -1;

/** Returns a time of the configuration in milliseconds. */
function timeOf(check: Healthcheck, name: keyof typeof defaults): number {
  return (check[name] || defaults[name]) / 1e6;
}

/** The command of a container's check; undefined when it has none. */
function commandOf({ config }: Container): readonly string[] | undefined {
  const [kind, ...words] = config.Healthcheck?.Test ?? [];
  if (kind === 'CMD') return words;
  if (kind !== 'CMD-SHELL') return undefined;
  return [...(config.Shell?.length ? config.Shell : defaultShell), ...words];
}

/** Checks a container again and again, until it is stopped. */
class Monitor {
  #timer: Timer | undefined;
  #probe: Exec | undefined;
  #stopped = false;

  constructor(
    private readonly context: Context,
    private readonly container: Container,
    private readonly check: Healthcheck,
    private readonly command: readonly string[],
  ) {
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#probe?.process?.signal(sigkill);
  }

  /** Checks run more often during the start period. */
  #schedule(): void {
    const { timers: time } = this.context;
    const { startedAt = 0, health } = this.container.state;
    const starts = time.now() - startedAt < timeOf(this.check, 'StartPeriod') && health?.status === 'starting';
    this.#timer = time.after(timeOf(this.check, starts ? 'StartInterval' : 'Interval'), () => void this.#run());
  }

  async #run(): Promise<void> {
    const start = this.context.timers.now();
    const { exitCode, output } = await this.#outcome();
    if (this.#stopped) return;
    recordResult(this.context, this.container, this.check, { start, end: this.context.timers.now(), exitCode, output });
    this.#schedule();
  }

  async #outcome(): Promise<Pick<HealthResult, 'exitCode' | 'output'>> {
    const { context, container } = this;
    if (this.command.length === 0)
      return { exitCode: failed, output: `healthcheck for container ${container.id} has no command` };
    const exec = probeOf(container, this.command);
    const output = new Output();
    exec.streams.attach({ write: (_stream, bytes) => output.add(bytes), end: () => undefined });
    registerExec(context, container, exec);
    try {
      startExec(context, container, exec);
    } catch (error) {
      return { exitCode: failed, output: error instanceof Error ? error.message : String(error) };
    }
    this.#probe = exec;
    const limit = timeOf(this.check, 'Timeout');
    let late = false;
    const timer = context.timers.after(limit, () => {
      late = true;
      exec.process?.signal(sigkill);
    });
    await exec.hasEnded;
    timer.cancel();
    this.#probe = undefined;
    if (!late) return { exitCode: exec.exitCode ?? failed, output: output.text };
    const reason = `Health check exceeded timeout (${formatDuration(BigInt(Math.round(limit * 1e6)))})`;
    return { exitCode: failed, output: output.text === '' ? reason : `${reason}: ${output.text}` };
  }
}

function probeOf(container: Container, argv: readonly string[]): Exec {
  const { id, config } = container;
  return new Exec({
    id: newId(),
    containerId: id,
    purpose: 'health',
    argv,
    env: environmentOf(container, false),
    workingDir: config.WorkingDir,
    user: config.User,
    privileged: false,
    tty: false,
    openStdin: false,
    openStdout: true,
    openStderr: true,
    detachKeys: Buffer.alloc(0),
    size: undefined,
  });
}

/** Collects the beginning of a check's output. */
class Output {
  readonly #chunks: Buffer[] = [];
  #remaining = maxHealthOutputBytes;
  #cut = false;

  add(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.subarray(0, this.#remaining));
    this.#chunks.push(chunk);
    this.#remaining -= chunk.length;
    if (chunk.length < bytes.length) this.#cut = true;
  }

  get text(): string {
    return `${Buffer.concat(this.#chunks)}${this.#cut ? '...' : ''}`;
  }
}

/**
 * Records a result. One success makes the container healthy; consecutive failures outside the start period make it
 * unhealthy.
 */
function recordResult(context: Context, container: Container, check: Healthcheck, result: HealthResult): void {
  const { health, startedAt = 0 } = container.state;
  if (health === undefined) return;
  const before = health.status;
  health.log.push(result);
  if (health.log.length > maxHealthResults) health.log.shift();
  if (result.exitCode === 0) {
    health.failingStreak = 0;
    health.status = 'healthy';
  } else if (before !== 'starting' || result.start - startedAt >= timeOf(check, 'StartPeriod')) {
    health.failingStreak++;
    if (health.failingStreak >= (check.Retries || defaultRetries)) health.status = 'unhealthy';
  }
  if (health.status !== before) logContainerEvent(context, container, `health_status: ${health.status}`);
}

const monitors = new WeakMap<Container, Monitor>();

/** Starts the health checks of a container (docs/reference/behavior/containers.md#health-checks). */
export function startHealthChecks(context: Context, container: Container): void {
  if (commandOf(container) === undefined) return;
  const { state } = container;
  state.health = { status: 'starting', failingStreak: 0, log: state.health?.log ?? [] };
  resumeHealthChecks(context, container);
}

/** Go on with them, after a pause. */
export function resumeHealthChecks(context: Context, container: Container): void {
  stopHealthChecks(container);
  const command = commandOf(container);
  const check = container.config.Healthcheck;
  if (command === undefined || check === undefined) return;
  monitors.set(container, new Monitor(context, container, check, command));
}

/** Stops the health checks, permanently or for a pause. */
export function stopHealthChecks(container: Container): void {
  const monitor = monitors.get(container);
  if (monitor === undefined) return;
  monitor.stop();
  monitors.delete(container);
  // A container without running checks is unhealthy.
  const { health } = container.state;
  if (health !== undefined) health.status = 'unhealthy';
}
