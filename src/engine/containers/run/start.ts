import { setTimeout as sleep } from 'node:timers/promises';
import { AttestdError } from '../../../support/foundation/errors.js';
import type { ExitStatus, Process, StartFailure } from '../../../support/sandbox/types.js';
import type { Context } from '../../context.js';
import {
  disconnectFromNetworks,
  type Endpoints,
  emitConnected,
  joinNetworks,
  releaseNetworks,
} from '../../networks/attach.js';
import { networkView } from '../../networks/interfaces.js';
import { processorCount } from '../../processors.js';
import { mountAll, unmountAll } from '../../volumes/mounts.js';
import type { Container } from '../container.js';
import { admit, admitMounts, requestOf } from '../create/admission.js';
import { environmentOf } from '../create/environment.js';
import { checkLinked } from '../create/links.js';
import { machineParts } from '../create/machine-parts.js';
import { checkSharedNamespaces } from '../create/namespaces.js';
import { checkHostConfig } from '../create/validate.js';
import { logContainerEvent } from '../events.js';
import { sizeOf } from '../io/terminal.js';
import { checkLogStart } from '../logs/log-config.js';
import { removeContainer } from '../remove.js';
import { startHealthChecks, stopHealthChecks } from './health.js';
import { checkStart, runcPrefix } from './start-checks.js';
import { type StartError, startErrorOf } from './start-fault.js';
import { mountSystemFiles } from './system-files.js';

/** Exit code of a container whose start failed for a reason without a code. */
const unknownExit = 128;

/**
 * `POST /containers/{id}/start` (docs/reference/behavior/containers.md#container-start).
 *
 * @throws NOT_FOUND; NOT_MODIFIED if it runs; CONFLICT if it is paused, dead or being removed; INVALID_ARGUMENT with
 * the words of runc if its program cannot be run
 */
export async function startContainer(
  context: Context,
  name: string,
  checkpoint: { readonly name: string; readonly directory: string } = { name: '', directory: '' },
): Promise<void> {
  if (checkpoint.name !== '')
    throw new AttestdError('INVALID_ARGUMENT', 'checkpoint is only supported in experimental mode');
  const container = context.containers.resolve(name);
  await container.exclusive(async () => {
    const { state } = container;
    if (state.paused) throw new AttestdError('CONFLICT', 'cannot start a paused container, try unpause instead');
    if (state.running) throw new AttestdError('NOT_MODIFIED', 'container is already running');
    rejectRemoving(container);
    if (checkpoint.directory !== '') throw new AttestdError('FORBIDDEN', 'custom checkpointdir is not supported');
    // An update may have left bounds that cannot be.
    checkHostConfig(container.hostConfig, processorCount());
    await run(context, container, true);
  });
}

function rejectRemoving({ state }: Container): void {
  if (state.removing || state.dead)
    throw new AttestdError('CONFLICT', 'container is marked for removal and cannot be started');
}

/**
 * Starts a stopped container. Call it within `exclusive`.
 *
 * @param byHand whether a client requested the start, and not the restart policy
 */
export async function run(context: Context, container: Container, byHand: boolean): Promise<void> {
  rejectRemoving(container);
  await mayStart(context, container);
  try {
    checkSharedNamespaces(context, container);
    await mountAll(context, container);
    await joinNetworks(context, container);
    checkLinked(container);
    mountSystemFiles(context, container);
    if (byHand) {
      container.restarts.reset();
      container.restartCount = 0;
      container.stoppedByHand = false;
    }
    launch(context, container);
  } catch (error) {
    await abortStart(context, container, error);
    throw error;
  }
  container.restartedByHand = false;
  container.startedBefore = true;
  startHealthChecks(context, container);
  // If the program cannot be run, networks log only the disconnect event.
  emitConnected(context, container);
  logContainerEvent(context, container, 'start');
}

/**
 * Resumes a container that was running when the previous daemon stopped
 * (docs/reference/behavior/daemon.md#restarting-the-daemon). The simulation restarts the program without events and
 * with the old start time.
 *
 * @param before its previous endpoints
 * @throws the errors of a start, after which the container is not started
 */
export async function goOn(context: Context, container: Container, before: Endpoints): Promise<void> {
  const { startedAt } = container.state;
  try {
    checkSharedNamespaces(context, container);
    await joinNetworks(context, container, before);
    await mountAll(context, container);
    mountSystemFiles(context, container);
    launch(context, container);
  } catch (error) {
    await abortStart(context, container, error);
    throw error;
  }
  container.state.startedAt = startedAt;
  startHealthChecks(context, container);
}

/** @throws FORBIDDEN if a policy denies the start; the container does not change */
export async function mayStart(context: Context, container: Container): Promise<void> {
  if (context.admission === undefined) return;
  const { config, hostConfig, imageId, name, platform } = container;
  const request = requestOf({ config, hostConfig, endpoints: {} });
  const asked = { action: 'start', name, request } as const;
  await admit(context, { reference: config.Image, digest: imageId, platform, container: asked });
  await admitMounts(context, container, asked);
}

/** Undoes a failed start. An AutoRemove container is removed. */
async function abortStart(context: Context, container: Container, error: unknown): Promise<void> {
  const { state } = container;
  state.error = error instanceof Error ? error.message : String(error);
  if (state.exitCode === 0) state.exitCode = unknownExit;
  container.sandbox?.dispose();
  container.sandbox = undefined;
  disconnectFromNetworks(context, container);
  if (!container.startedBefore) releaseNetworks(container);
  unmountAll(context, container);
  if (container.hostConfig.AutoRemove) await removeContainer(context, container, { force: true, volumes: true });
}

function launch(context: Context, container: Container): void {
  const { config, hostConfig, log, streams, state, fileSystem } = container;
  checkStart(context, container);
  checkRealTime(container);
  checkLogStart(hostConfig.LogConfig);
  if (fileSystem === undefined) throw new AttestdError('INTERNAL', `container ${container.id} has no file system`);
  const sandbox = context.processes.createSandbox({
    id: container.id,
    fileSystem,
    hostname: config.Hostname,
    domainname: config.Domainname,
    clock: context.timers,
    image: {
      reference: config.Image,
      labels: config.Labels ?? {},
      os: container.platform.os,
      architecture: container.platform.architecture,
    },
    labels: config.Labels ?? {},
    memory: hostConfig.Memory,
    ...machineParts(context, container),
    network: networkView(context, container),
  });
  container.sandbox = sandbox;
  const size = sizeOf(hostConfig.ConsoleSize);
  log.startRun();
  // Taken before the program starts, so that no output is older than the start: clients request the log since that
  // time.
  const startedAt = context.timers.now();
  const started = sandbox.start({
    purpose: 'init',
    argv: [container.path, ...container.args],
    env: environmentOf(container, config.Tty),
    cwd: config.WorkingDir,
    user: config.User,
    groups: hostConfig.GroupAdd ?? [],
    tty: config.Tty,
    openStdin: config.OpenStdin,
    ...(size && { size }),
    stdout: streams.stdout,
    stderr: streams.stderr,
  });
  if (!started.ok) {
    log.end();
    const { exitCode, error } = describeFailure(started.failure);
    state.exitCode = exitCode;
    throw error;
  }
  container.process = started.process;
  if (config.OpenStdin) streams.start(started.process.stdin);
  state.setRunning(started.process.pid, startedAt);
  void started.process.exit.then((status) => handleExit(context, container, started.process, status));
}

/** Precedes runc's words about a process. */
const processPrefix = `${runcPrefix}unable to start container process: `;

/**
 * The control group above those of containers has no real-time to give.
 *
 * @throws INTERNAL in the words of runc
 */
function checkRealTime({ id, hostConfig }: Container): void {
  const { CpuRealtimePeriod: period, CpuRealtimeRuntime: runtime } = hostConfig;
  const [name, value] = period < 0 ? ['rt_period_us', BigInt.asUintN(64, BigInt(period))] : ['rt_runtime_us', runtime];
  if (runtime === 0 && period >= 0) return;
  const file = `/sys/fs/cgroup/cpu/docker/${id}/cpu.${name}`;
  const reason = `failed to write "${value}": write ${file}: invalid argument`;
  throw startErrorOf(`${processPrefix}unable to apply cgroup configuration: ${reason}`).error;
}

function describeFailure({ reason, message }: StartFailure): StartError {
  // The daemon looks for the user itself.
  if (['no-such-user', 'no-such-group', 'invalid-user'].includes(reason)) return startErrorOf(message);
  const inInit = ['not-found', 'not-executable', 'is-directory', 'bad-format'].includes(reason);
  return startErrorOf(`${processPrefix}${inInit ? 'error during container init: ' : ''}${message}`);
}

/** The process of a container has ended: clean up, and start it again where its policy says so. */
async function handleExit(context: Context, container: Container, process: Process, status: ExitStatus): Promise<void> {
  if (container.process !== process) return;
  const { state, restarts } = container;
  const now = context.timers.now();
  stopHealthChecks(container);
  container.process = undefined;
  container.sandbox?.dispose();
  container.sandbox = undefined;
  container.log.end();
  const attached = container.streams.listeners > 0;
  container.streams.end();
  // Execs that ran have ended with the container. Execs that were not started never will be.
  for (const exec of container.execs.values()) if (!exec.running) context.execs.remove(exec);
  await Promise.all([...container.execs.values()].map((exec) => exec.hasEnded));
  container.execs.clear();
  // Attached clients read the last output before other clients learn of the exit, as with real processes.
  if (attached) await sleep(1);
  disconnectFromNetworks(context, container);
  unmountAll(context, container);
  const ran = now - (state.startedAt ?? now);
  const delay = restarts.next(status.code, ran, container.stoppedByHand);
  if (delay !== undefined) container.restartCount++;
  if (status.oomKilled) logContainerEvent(context, container, 'oom');
  logContainerEvent(context, container, 'die', {
    execDuration: String(Math.floor(ran / 1000)),
    exitCode: String(status.code),
  });
  const isFinal = delay === undefined && !container.restartedByHand;
  // Clients that wait for the exit see a container that is being removed, as in dockerd.
  if (isFinal && container.hostConfig.AutoRemove) {
    state.setExited(status, now, false);
    await autoRemove(context, container);
    return;
  }
  state.setExited(status, now, delay !== undefined);
  if (delay === undefined) return;
  restarts.schedule(
    delay,
    () => void container.exclusive(() => again(context, container)),
    () => {
      state.setExited(status, now, false);
      void autoRemove(context, container);
    },
  );
}

async function again(context: Context, container: Container): Promise<void> {
  if (!container.state.restarting) return;
  try {
    await run(context, container, false);
  } catch (error) {
    context.debug(`container ${container.id} was not restarted: ${(error as Error).message}`);
    const { exitCode } = container.state;
    container.state.setExited({ code: exitCode, oomKilled: false }, context.timers.now(), false);
  }
}

async function autoRemove(context: Context, container: Container): Promise<void> {
  if (!container.hostConfig.AutoRemove) return;
  try {
    await removeContainer(context, container, { force: true, volumes: true });
  } catch (error) {
    context.debug(`container ${container.id} was not removed: ${(error as Error).message}`);
  }
}
