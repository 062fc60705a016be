import type { Context } from '../context.js';
import type { Container } from './container.js';

/**
 * Logs a container event with labels, image and name (docs/reference/behavior/daemon.md#events).
 *
 * @param action `create`, `exec_start: sh -c …`
 */
export function logContainerEvent(
  context: Context,
  { id, plainName, config }: Container,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void {
  const { Labels: labels, Image: image } = config;
  context.events.log('container', action, {
    id,
    attributes: { ...attributes, ...labels, ...(image !== '' && { image }), name: plainName },
  });
}
