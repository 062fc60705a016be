import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import { logContainerEvent } from '../events.js';
import { mayStart, run } from './start.js';
import { type StopOptions, stop } from './stop.js';

/**
 * `POST /containers/{id}/restart` (docs/reference/behavior/containers.md#container-restart).
 *
 * @throws NOT_FOUND; the errors of a start
 */
export async function restartContainer(context: Context, name: string, options: StopOptions): Promise<void> {
  const container = context.containers.resolve(name);
  // A denial by the policy is passed through unchanged.
  let allowed = false;
  try {
    await container.exclusive(async () => {
      // Checked before the stop: a container that may not start again keeps running.
      await mayStart(context, container);
      allowed = true;
      if (container.state.running) {
        container.restartedByHand = true;
        await stop(context, container, options);
      }
      await run(context, container, true);
    });
  } catch (error) {
    if (!(error instanceof AttestdError) || !allowed) throw error;
    throw new AttestdError('INTERNAL', `Cannot restart container ${name}: ${error.message}`, { cause: error });
  }
  logContainerEvent(context, container, 'restart');
}
