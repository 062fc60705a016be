import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import { logContainerEvent } from '../events.js';
import { mayStart, run } from './start.js';
import { type StopOptions, stop } from './stop.js';

/**
 * `POST /containers/{id}/restart` (docs/reference/behavior/containers.md#container-restart).
 *
 * @throws NOT_FOUND; what a start throws
 */
export async function restartContainer(context: Context, name: string, options: StopOptions): Promise<void> {
  const container = context.containers.resolve(name);
  // A policy's refusal is no failure, and comes as it is.
  let allowed = false;
  try {
    await container.exclusive(async () => {
      // Before it is stopped: what may not start again goes on.
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
