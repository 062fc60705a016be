import { AttestdError } from '../../errors.js';
import type { Context } from '../context.js';
import { logContainerEvent } from './events.js';
import { mayStart, run } from './start.js';
import { type StopOptions, stop } from './stop.js';

/**
 * `POST /containers/{id}/restart` (docs/behaviour.md#container-restart).
 *
 * @throws NOT_FOUND; what a start throws
 */
export async function restartContainer(context: Context, name: string, options: StopOptions): Promise<void> {
  const container = context.containers.resolve(name);
  try {
    await container.alone(async () => {
      if (container.state.running) {
        // Before it is stopped: what may not start again goes on.
        await mayStart(context, container);
        container.restartedByHand = true;
        await stop(context, container, options);
      }
      await run(context, container, true);
    });
  } catch (error) {
    if (!(error instanceof AttestdError) || error.code === 'FORBIDDEN') throw error;
    throw new AttestdError('INTERNAL', `Cannot restart container ${name}: ${error.message}`, { cause: error });
  }
  logContainerEvent(context, container, 'restart');
}
