import { AttestdError } from '../../../support/foundation/errors.js';
import type { ExitStatus, Process, StartFailure, TerminalSize } from '../../../support/sandbox/types.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import { logContainerEvent } from '../events.js';
import { checkActive } from '../run/active.js';
import { type StartError, startErrorOf } from '../run/start-fault.js';
import type { Exec } from './exec.js';

/** An exec that could not be started for a reason without a code. */
const cannotRun = 126;
const execFailed = 'OCI runtime exec failed: exec failed: ';

/**
 * An exec and its container, when the container can run it.
 *
 * @throws NOT_FOUND; CONFLICT when the container does not run, is paused or restarts
 */
export function findExec(context: Context, id: string): { readonly exec: Exec; readonly container: Container } {
  const exec = context.execs.get(id);
  const container = exec && context.containers.byId(exec.parts.containerId);
  if (exec === undefined || container === undefined)
    throw new AttestdError('NOT_FOUND', `No such exec instance: ${id}`);
  checkActive(container, container.id);
  return { exec, container };
}

/**
 * Starts an exec (docs/reference/behavior/streams.md#exec). Its output goes to the listeners of its streams.
 *
 * @param size replaces the terminal size from the exec's creation
 * @throws CONFLICT if it has been started; INVALID_ARGUMENT with runc's words for a program that cannot be run
 */
export function startExec(context: Context, container: Container, exec: Exec, size?: TerminalSize): void {
  const { id } = exec;
  if (exec.exitCode !== undefined) throw new AttestdError('CONFLICT', `exec command ${id} has already run`);
  if (exec.running) throw new AttestdError('CONFLICT', `exec command ${id} is already running`);
  exec.running = true;
  logContainerEvent(context, container, `exec_start: ${exec.command}`, { execID: id });
  try {
    launch(context, container, exec, size);
  } catch (error) {
    container.execs.delete(id);
    exec.exitCode ??= cannotRun;
    context.execs.end(exec);
    exec.streams.end();
    throw error;
  }
}

function launch(context: Context, container: Container, exec: Exec, size: TerminalSize | undefined): void {
  const { parts, streams } = exec;
  if (parts.workingDir !== '' && !parts.workingDir.startsWith('/')) {
    const { exitCode, error } = startErrorOf(`${execFailed}Cwd must be an absolute path`);
    exec.exitCode = exitCode;
    throw error;
  }
  const terminalSize = size ?? parts.size;
  const started = container.sandbox?.start({
    purpose: parts.purpose,
    argv: parts.argv,
    env: parts.env,
    cwd: parts.workingDir,
    user: parts.user,
    groups: container.hostConfig.GroupAdd ?? [],
    tty: parts.tty,
    openStdin: parts.openStdin,
    ...(terminalSize && { size: terminalSize }),
    stdout: streams.stdout,
    stderr: streams.stderr,
  });
  if (started === undefined) throw new AttestdError('CONFLICT', `container ${container.id} is not running`);
  if (!started.ok) {
    const { exitCode, error } = describeFailure(started.failure);
    exec.exitCode = exitCode;
    throw error;
  }
  const { process } = started;
  exec.process = process;
  exec.pid = process.pid;
  streams.start(process.stdin);
  exec.hasEnded = watch(context, container, exec, process);
}

async function watch(context: Context, container: Container, exec: Exec, process: Process): Promise<void> {
  const status: ExitStatus = await process.exit;
  container.execs.delete(exec.id);
  exec.exitCode = status.code;
  exec.process = undefined;
  context.execs.end(exec);
  exec.streams.end();
  logContainerEvent(context, container, 'exec_die', { execID: exec.id, exitCode: String(status.code) });
}

function describeFailure({ reason, message }: StartFailure): StartError {
  // The user existed when the exec was created.
  if (reason === 'no-such-user' || reason === 'no-such-group') return startErrorOf(message);
  return startErrorOf(`${execFailed}unable to start container process: ${message}`);
}
