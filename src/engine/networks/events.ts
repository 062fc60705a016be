import type { Context } from '../context.js';
import type { Network } from './network.js';

/** Logs a network event. */
export function logNetworkEvent(
  context: Context,
  { id, name, driver }: Network,
  action: 'create' | 'connect' | 'disconnect' | 'destroy',
  attributes: Readonly<Record<string, string>> = {},
): void {
  context.events.log('network', action, { id, attributes: { ...attributes, name, type: driver } });
}
