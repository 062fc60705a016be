import { AttestdError } from '../../errors.js';
import type { Context } from '../context.js';
import type { Container } from './container.js';
import { sharedContainer } from './modes.js';

/**
 * Check that the containers whose processes or shared memory one is to see run (docs/behaviour.md#container-start).
 *
 * @throws INTERNAL when one does not, or is gone
 */
export function checkSharedNamespaces(context: Context, { hostConfig }: Container): void {
  checkRuns(context, 'IPC', hostConfig.IpcMode);
  checkRuns(context, 'PID', hostConfig.PidMode);
}

function checkRuns(context: Context, kind: string, mode: string): void {
  const shared = sharedContainer(mode);
  if (shared === undefined) return;
  try {
    const { id, state } = context.containers.resolve(shared);
    if (!state.running) throw new AttestdError('INTERNAL', `container ${id} is not running`);
  } catch (error) {
    const why = `failed to join ${kind} namespace: ${(error as Error).message}`;
    throw new AttestdError('INTERNAL', why, { cause: error });
  }
}
