import { AttestdError } from '../../support/foundation/errors.js';
import type { Container } from '../containers/container.js';
import { isUserDefined, sharedContainer } from '../containers/create/modes.js';
import { writeHosts } from '../containers/run/system-files.js';
import type { Context } from '../context.js';
import { type CreatedEndpoint, createEndpoint, disconnect, dnsNames, enter } from './attach.js';
import { type EndpointSettings, emptyEndpoint } from './endpoint.js';
import { checkSettings } from './endpoint-check.js';
import { logNetworkEvent } from './events.js';
import { find } from './find.js';
import type { Network } from './network.js';

/**
 * `POST /networks/{id}/connect` (docs/reference/behavior/networks.md#networks).
 *
 * @param endpoint undefined for default settings
 * @throws NOT_FOUND; FORBIDDEN if it is already connected; INVALID_ARGUMENT for invalid settings
 */
export function connectContainer(
  context: Context,
  term: string,
  name: string,
  endpoint: EndpointSettings | undefined,
): void {
  const container = context.containers.resolve(name);
  const settings = endpoint ?? emptyEndpoint();
  const { state } = container;
  if (state.removing || state.dead)
    throw new AttestdError(
      'INTERNAL',
      `Container ${container.id} is marked for removal and cannot be connected or disconnected to the network`,
    );
  if (!state.running) {
    const network = find(context, term);
    if (network === undefined) container.networks.set(term, settings);
    else storeConnection(container, network, settings);
    chargeQuota(context, container, network?.name ?? term);
    return;
  }
  if (sharedContainer(container.hostConfig.NetworkMode) !== undefined)
    throw new AttestdError('INVALID_ARGUMENT', sharesNetwork);
  const network = context.networks.resolve(term);
  checkMode(container, network);
  if (network.driver === 'host') return;
  checkSettings(network, settings);
  if (network.endpoints.has(container.id))
    throw new AttestdError(
      'FORBIDDEN',
      `endpoint with name ${container.plainName} already exists in network ${network.name}`,
    );
  enterRunning(context, container, network, settings);
  logNetworkEvent(context, network, 'connect', { container: container.id });
  writeHosts(container);
}

/**
 * As in dockerd, the requested settings stay if no endpoint could be created, and are removed if the interface could
 * not be added.
 */
function enterRunning(context: Context, container: Container, network: Network, settings: EndpointSettings): void {
  const { name } = network;
  const noted = container.networks.get(name);
  container.networks.set(name, settings);
  chargeQuota(context, container, name);
  let made: CreatedEndpoint;
  try {
    made = createEndpoint(context, container, name);
  } catch (error) {
    // After several attempts, the settings of the first one stay.
    container.networks.set(name, noted ?? settings);
    throw error;
  }
  try {
    enter(context, container, made);
  } catch (error) {
    container.networks.delete(name);
    throw error;
  }
}

/** Take room for a further connection. @throws NO_SPACE; it is not noted then */
function chargeQuota({ containers }: Context, container: Container, name: string): void {
  try {
    containers.chargeQuota(container);
  } catch (error) {
    container.networks.delete(name);
    throw error;
  }
}

/** Records a connection for the next start of a stopped container. */
function storeConnection(container: Container, network: Network, settings: EndpointSettings): void {
  checkMode(container, network);
  if (network.driver === 'host') return;
  checkSettings(network, settings);
  if (isUserDefined(network.name)) settings.DNSNames = dnsNames(container, settings.Aliases ?? []);
  container.networks.set(network.name, settings);
}

const sharesNetwork =
  'container sharing network namespace with another container or host cannot be connected to any other network';

/** The host's network, and none, go with no other. */
function checkMode(container: Container, network: Network): void {
  const { NetworkMode: mode } = container.hostConfig;
  if (mode === 'host' && network.driver === 'host') return;
  if (mode === 'host' || network.driver === 'host')
    throw new AttestdError(
      'INVALID_ARGUMENT',
      network.driver === 'host'
        ? 'cannot connect container to host network - container must be created in host network mode'
        : sharesNetwork,
    );
  for (const [name] of container.networks)
    if ((name === 'none') !== (network.name === 'none'))
      throw new AttestdError(
        'INVALID_ARGUMENT',
        'container cannot be connected to multiple networks with one of the networks in private (none) mode',
      );
}

/** @throws NOT_FOUND for the container; by force, for the network, then for the endpoint that it has not */
function disconnecting(context: Context, term: string, name: string, force: boolean): Container {
  try {
    return context.containers.resolve(name);
  } catch (error) {
    if (!force) throw error;
    context.networks.resolve(term);
    throw new AttestdError('NOT_FOUND', `endpoint ${name} not found`, { cause: error });
  }
}

/**
 * `POST /networks/{id}/disconnect`.
 *
 * @param force whether a missing network counts as disconnected
 * @throws NOT_FOUND; INTERNAL if the container is not connected, as in dockerd
 */
export function disconnectContainer(context: Context, term: string, name: string, force: boolean): void {
  const container = disconnecting(context, term, name, force);
  const network = force || !container.state.running ? find(context, term) : context.networks.resolve(term);
  const known = network?.name ?? term;
  const settings = container.networks.get(known);
  const running = container.state.running;
  // Settings of a running container that could not be connected cannot be removed either.
  if (settings === undefined || (running && settings.EndpointID === ''))
    throw new AttestdError(
      'INTERNAL',
      `container ${container.id} is not connected to ${running ? '' : 'the '}network ${known}`,
    );
  if (running && container.hostConfig.NetworkMode === 'host' && network?.driver === 'host')
    throw new AttestdError(
      'INVALID_ARGUMENT',
      'cannot disconnect container from host network - container was created in host network mode',
    );
  disconnect(context, container, known, settings);
  container.networks.delete(known);
  context.containers.chargeQuota(container);
  writeHosts(container);
}
