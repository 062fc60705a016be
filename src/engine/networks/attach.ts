import type { Container } from '../containers/container.js';
import { networkName } from '../containers/modes.js';
import { newId } from '../containers/store.js';
import type { Context } from '../context.js';
import { type EndpointSettings, emptyEndpoint } from './endpoint.js';

/** Note the networks that a container is to be in, as inspect shows them before it starts. */
export function prepareEndpoints(
  _context: Context,
  container: Container,
  wanted: Readonly<Record<string, EndpointSettings | undefined>>,
): void {
  const name = networkName(container.hostConfig.NetworkMode);
  if (name === '' || container.config.NetworkDisabled) return;
  for (const [key, settings] of Object.entries(wanted)) if (settings) container.networks.set(key, settings);
  if (container.networks.size === 0) container.networks.set(name, emptyEndpoint());
}

/** Put a container that starts into its networks. */
export function joinNetworks(_context: Context, container: Container): void {
  container.sandboxId = newId();
}

/** Take a container that has ended out of its networks. */
export function leaveNetworks(_context: Context, container: Container): void {
  container.sandboxId = '';
  container.ports = {};
}
