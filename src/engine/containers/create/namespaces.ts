import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import { sharedContainer } from './modes.js';

/**
 * Checks that containers with shared processes or shared memory are running
 * (docs/reference/behavior/containers.md#container-start).
 *
 * @throws INTERNAL if one is stopped or removed; INVALID_ARGUMENT if its memory cannot be shared
 */
export function checkSharedNamespaces(context: Context, { hostConfig }: Container): void {
  checkRuns(context, 'IPC', hostConfig.IpcMode);
  checkRuns(context, 'PID', hostConfig.PidMode);
}

function checkRuns(context: Context, kind: string, mode: string): void {
  const shared = sharedContainer(mode);
  if (shared === undefined) return;
  try {
    const { id, state, hostConfig } = context.containers.resolve(shared);
    if (!state.running) throw new AttestdError('INTERNAL', `container ${id} is not running`);
    if (kind === 'IPC' && ['none', 'private'].includes(hostConfig.IpcMode))
      throw new AttestdError(
        'INVALID_ARGUMENT',
        `container ${id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
      );
  } catch (error) {
    const reason = `failed to join ${kind} namespace: ${(error as Error).message}`;
    const isOurs = error instanceof AttestdError && error.code === 'INVALID_ARGUMENT';
    throw new AttestdError(isOurs ? 'INVALID_ARGUMENT' : 'INTERNAL', reason, { cause: error });
  }
}
