import { AttestdError } from '../../../support/foundation/errors.js';
import type { TerminalSize } from '../../../support/sandbox/types.js';
import type { Context } from '../../context.js';
import type { AnswerOf } from '../../wire.js';
import { findExec } from './exec-start.js';

/**
 * `GET /exec/{id}/json` (docs/reference/behavior/streams.md#exec).
 *
 * @throws NOT_FOUND
 */
export function inspectExec(context: Context, id: string): AnswerOf<'ExecInspect'> {
  const exec = context.execs.get(id);
  if (exec === undefined || context.containers.byId(exec.parts.containerId) === undefined)
    throw new AttestdError('NOT_FOUND', `No such exec instance: ${id}`);
  const { parts } = exec;
  const [entrypoint = '', ...rest] = parts.argv;
  return {
    ID: id,
    Running: exec.running,
    ExitCode: exec.exitCode ?? null,
    ProcessConfig: {
      tty: parts.tty,
      entrypoint,
      arguments: rest,
      privileged: parts.privileged,
      user: parts.user || undefined,
    },
    OpenStdin: parts.openStdin,
    OpenStderr: parts.openStderr,
    OpenStdout: parts.openStdout,
    CanRemove: context.execs.canRemove(exec),
    ContainerID: parts.containerId,
    DetachKeys: parts.detachKeys.toString('base64'),
    Pid: exec.pid,
  };
}

/**
 * `POST /exec/{id}/resize`: resizes the terminal. Does nothing without a terminal.
 *
 * @throws NOT_FOUND; CONFLICT if the container is stopped; INTERNAL before the exec is started, as in dockerd
 */
export function resizeExec(context: Context, id: string, size: TerminalSize): void {
  const { exec } = findExec(context, id);
  if (exec.pid === 0) throw new AttestdError('INTERNAL', 'timeout waiting for exec session ready');
  if (exec.exitCode !== undefined)
    throw new AttestdError('NOT_FOUND', `NotFound: process does not exist ${id}: not found`);
  exec.process?.resize(size);
}
