import type { Context } from '../context.js';
import type { Container } from './container.js';

/**
 * Report what happened to a container: its labels, image and name, and what the event is about (docs/reference/behavior/daemon.md#events).
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
