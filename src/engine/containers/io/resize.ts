import type { TerminalSize } from '../../../support/sandbox/types.js';
import type { Context } from '../../context.js';
import { logContainerEvent } from '../events.js';
import { notRunning } from '../run/active.js';

/**
 * `POST /containers/{id}/resize`: a terminal gets another size, anything else takes no notice.
 *
 * @throws NOT_FOUND; CONFLICT when it does not run
 */
export function resizeContainer(context: Context, name: string, size: TerminalSize): void {
  const container = context.containers.resolve(name);
  if (container.process === undefined) throw notRunning(container);
  container.process.resize(size);
  const { height, width } = size;
  logContainerEvent(context, container, 'resize', { height: String(height), width: String(width) });
}
