import { AttestdError } from '../../../support/foundation/errors.js';
import { type GoType, goBool, goString, goUint64, slice, struct } from '../../../support/go/json.js';
import { resolveUser } from '../../../support/sandbox/users.js';
import type { Context } from '../../context.js';
import { isAtLeast } from '../../versions.js';
import type { Container } from '../container.js';
import { environmentOf, overrideEnv } from '../create/environment.js';
import { logContainerEvent } from '../events.js';
import { parseDetachKeys } from '../io/detach-keys.js';
import { sizeOf } from '../io/terminal.js';
import { checkActive } from '../run/active.js';
import { newId } from '../store.js';
import { Exec } from './exec.js';

/** Body of `POST /containers/{id}/exec`. */
export interface ExecCreateRequest {
  User: string;
  Privileged: boolean;
  Tty: boolean;
  /** Height and width, in characters. */
  ConsoleSize?: number[];
  AttachStdin: boolean;
  AttachStderr: boolean;
  AttachStdout: boolean;
  DetachKeys: string;
  Env: string[] | undefined;
  WorkingDir: string;
  Cmd: string[] | undefined;
}

/** A terminal's size as Go's `*[2]uint`. */
export const consoleSizeType: GoType<number[] | undefined> = slice({ ...goUint64, name: 'uint' } as GoType<number>);

/** container.ExecCreateRequest */
export const execCreateRequestType: GoType<ExecCreateRequest> = struct<ExecCreateRequest>(
  'container.ExecCreateRequest',
  {
    User: goString,
    Privileged: goBool,
    Tty: goBool,
    'ConsoleSize?': consoleSizeType,
    AttachStdin: goBool,
    AttachStderr: goBool,
    AttachStdout: goBool,
    DetachKeys: goString,
    Env: slice(goString),
    WorkingDir: goString,
    Cmd: slice(goString),
  },
);

/**
 * `POST /containers/{id}/exec` (docs/reference/behavior/streams.md#exec).
 *
 * @returns the exec's id
 * @throws INVALID_ARGUMENT for an empty command or an unknown user; NOT_FOUND; CONFLICT if the container is stopped,
 * paused or restarting; INTERNAL for invalid detach keys, as in dockerd; NO_SPACE
 */
export function createExec(context: Context, name: string, request: ExecCreateRequest, apiVersion: string): string {
  const argv = request.Cmd ?? [];
  if (argv.length === 0) throw new AttestdError('INVALID_ARGUMENT', 'No exec command specified');
  const container = context.containers.resolve(name);
  checkActive(container, name);
  if (request.User !== '') checkUser(container, request.User);
  const detachKeys = parseDetachKeys(request.DetachKeys);
  if (detachKeys === undefined)
    throw new AttestdError('INTERNAL', `Invalid escape keys (${request.DetachKeys}) provided`);
  const exec = new Exec({
    id: newId(),
    containerId: container.id,
    purpose: 'exec',
    argv,
    env: overrideEnv(environmentOf(container, request.Tty), request.Env ?? []),
    workingDir: request.WorkingDir || container.config.WorkingDir,
    user: request.User || container.config.User,
    privileged: request.Privileged,
    tty: request.Tty,
    openStdin: request.AttachStdin,
    openStdout: request.AttachStdout,
    openStderr: request.AttachStderr,
    detachKeys,
    size: isAtLeast(apiVersion, '1.42') ? sizeOf(request.ConsoleSize) : undefined,
  });
  registerExec(context, container, exec);
  return exec.id;
}

/**
 * Registers an exec and logs its event.
 *
 * @throws NO_SPACE
 */
export function registerExec(context: Context, container: Container, exec: Exec): void {
  context.execs.add(exec);
  container.execs.set(exec.id, exec);
  logContainerEvent(context, container, `exec_create: ${exec.command}`, { execID: exec.id });
}

function checkUser({ fileSystem }: Container, spec: string): void {
  if (fileSystem === undefined) return;
  const user = resolveUser(fileSystem, spec);
  if ('reason' in user) throw new AttestdError('INVALID_ARGUMENT', user.message);
}
