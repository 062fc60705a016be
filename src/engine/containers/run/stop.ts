import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import { killTimeoutMs } from '../../limits.js';
import type { Container } from '../container.js';
import { logContainerEvent } from '../events.js';
import { notRunning } from './active.js';
import { resumeHealthChecks, stopHealthChecks } from './health.js';
import { isKnownSignal, requestedSignal, sigkill, sigterm } from './signals.js';

/** Options of a stop. */
export interface StopOptions {
  /** Name or number. Default: the container's stop signal. */
  readonly signal?: string | undefined;
  /** Seconds until the kill; negative for never. Default: the container's stop timeout. */
  readonly timeout?: number | undefined;
}

/** Seconds. */
const defaultTimeout = 10;

/**
 * `POST /containers/{id}/stop` (docs/reference/behavior/containers.md#container-stop).
 *
 * @throws NOT_FOUND; NOT_MODIFIED if it is stopped; INTERNAL for a bad signal, as in dockerd
 */
export async function stopContainer(context: Context, name: string, options: StopOptions): Promise<void> {
  const container = context.containers.resolve(name);
  if (!container.state.running) throw new AttestdError('NOT_MODIFIED', 'container is already stopped');
  try {
    await stop(context, container, options);
  } catch (error) {
    const reason = `cannot stop container: ${name}: ${(error as Error).message}`;
    throw new AttestdError('INTERNAL', reason, { cause: error });
  }
}

/** Stops a container. Does nothing if it is stopped. */
export async function stop(context: Context, container: Container, options: StopOptions): Promise<void> {
  const { state, config } = container;
  if (!state.running) return;
  const signal = options.signal ? requestedSignal(options.signal) : stopSignal(container);
  const timeout = options.timeout ?? config.StopTimeout ?? defaultTimeout;
  sendSignal(context, container, signal);
  if (!(await state.finished(context.timers, timeout < 0 ? -1 : timeout * 1000))) await kill(context, container);
  logContainerEvent(context, container, 'stop');
}

function stopSignal({ config }: Container): number {
  return config.StopSignal ? requestedSignal(config.StopSignal) : sigterm;
}

/**
 * `POST /containers/{id}/kill` (docs/reference/behavior/containers.md#container-kill).
 *
 * @param signal name or number. Default: SIGKILL.
 * @throws INVALID_ARGUMENT for a bad signal; NOT_FOUND; CONFLICT if it is stopped
 */
export async function killContainer(context: Context, name: string, signal = ''): Promise<void> {
  try {
    const number = signal === '' ? sigkill : requestedSignal(signal);
    if (!isKnownSignal(number))
      throw new AttestdError('INVALID_ARGUMENT', `the linux daemon does not support signal ${number}`);
    const container = context.containers.resolve(name);
    if (number === sigkill) await kill(context, container);
    else sendSignal(context, container, number);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `cannot kill container: ${name}: ${error.message}`, { cause: error });
  }
}

/**
 * Kill a container and wait for its end.
 *
 * @throws CONFLICT when it does not run
 */
export async function kill(context: Context, container: Container): Promise<void> {
  if (!container.state.running) throw notRunning(container);
  sendSignal(context, container, sigkill);
  if (!(await container.state.finished(context.timers, killTimeoutMs)))
    throw new AttestdError('INTERNAL', 'tried to kill container, but did not receive an exit event');
}

/**
 * Sends a signal to a container's process and marks the container as stopped by hand, regardless of the signal's
 * effect.
 */
function sendSignal(context: Context, container: Container, signal: number): void {
  const { state, config, restarts } = container;
  if (!state.running) throw notRunning(container);
  const ends = signal === sigkill || !config.StopSignal || requestedSignal(config.StopSignal) === signal;
  container.stoppedByHand = true;
  if (state.restarting) {
    restarts.cancel();
    return;
  }
  container.process?.signal(signal);
  if (ends) {
    restarts.cancel();
    if (state.paused) {
      // A process that is frozen could not end.
      container.sandbox?.resume();
      state.paused = false;
    }
  }
  logContainerEvent(context, container, 'kill', { signal: String(signal) });
}

/**
 * `POST /containers/{id}/pause`.
 *
 * @throws NOT_FOUND; CONFLICT when it does not run, is paused or restarts
 */
export async function pauseContainer(context: Context, name: string): Promise<void> {
  const container = context.containers.resolve(name);
  const { state, id } = container;
  if (!state.running) throw notRunning(container);
  if (state.paused) throw new AttestdError('CONFLICT', `container ${id} is already paused`);
  if (state.restarting)
    throw new AttestdError('CONFLICT', `Container ${id} is restarting, wait until the container is running`);
  stopHealthChecks(container);
  container.sandbox?.pause();
  state.paused = true;
  logContainerEvent(context, container, 'pause');
}

/**
 * `POST /containers/{id}/unpause`.
 *
 * @throws NOT_FOUND; INTERNAL when it is not paused, as in dockerd
 */
export async function unpauseContainer(context: Context, name: string): Promise<void> {
  const container = context.containers.resolve(name);
  const { state, id } = container;
  if (!state.paused) throw new AttestdError('INTERNAL', `Container ${id} is not paused`);
  container.sandbox?.resume();
  state.paused = false;
  resumeHealthChecks(context, container);
  logContainerEvent(context, container, 'unpause');
}
