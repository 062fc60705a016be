import { AttestdError } from '../../../support/foundation/errors.js';
import type { Container } from '../container.js';

/** The conflict of an act that needs a running container. */
export function notRunning({ id }: Container): AttestdError {
  return new AttestdError('CONFLICT', `container ${id} is not running`);
}

/** The conflict of an act that needs a process, while a container waits for its restart. */
export function isRestarting({ id }: Container): AttestdError {
  return new AttestdError('CONFLICT', `Container ${id} is restarting, wait until the container is running`);
}

/**
 * Make sure that commands can be run in a container.
 *
 * @param name as the error names it when it is paused
 * @throws CONFLICT when it does not run, is paused or restarts
 */
export function checkActive(container: Container, name: string): void {
  const { state } = container;
  if (!state.running) throw notRunning(container);
  if (state.paused)
    throw new AttestdError('CONFLICT', `Container ${name} is paused, unpause the container before exec`);
  if (state.restarting) throw isRestarting(container);
}
