import { randomBytes } from 'node:crypto';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Container } from '../containers/container.js';
import { parseLink } from '../containers/create/links.js';
import { isUserDefined, networkName, sharedContainer } from '../containers/create/modes.js';
import { newId } from '../containers/store.js';
import type { Context } from '../context.js';
import { type EndpointSettings, emptyEndpoint } from './endpoint.js';
import { checkSettings } from './endpoint-check.js';
import { logNetworkEvent } from './events.js';
import { find } from './find.js';
import { interfaceName } from './interfaces.js';
import { type Network, poolOf } from './network.js';
import type { Pool } from './pool.js';
import type { PortMap } from './port.js';

/** A container's endpoints, by the names of their networks. */
export type Endpoints = ReadonlyMap<string, EndpointSettings>;

/**
 * Records the networks that a container will join, which inspect shows before the start.
 *
 * @param requested by name or id
 */
export function prepareEndpoints(
  context: Context,
  container: Container,
  requested: Readonly<Record<string, EndpointSettings | undefined>>,
): void {
  const name = networkName(container.hostConfig.NetworkMode);
  if (name === '' || container.config.NetworkDisabled) return;
  const network = isUserDefined(container.hostConfig.NetworkMode) ? find(context, name) : undefined;
  for (const [key, settings] of Object.entries(requested))
    if (settings) container.networks.set(network !== undefined && key === network.id ? network.name : key, settings);
  if (container.networks.size === 0) container.networks.set(network?.name ?? name, emptyEndpoint());
}

/**
 * Connects a starting container to its networks and publishes its ports.
 *
 * @param before its previous endpoints, if it kept running across a daemon restart
 * @throws NOT_FOUND for a missing network; CONFLICT or INTERNAL for the container whose network it shares; INTERNAL for
 * a port in use
 */
export async function joinNetworks(context: Context, container: Container, before?: Endpoints): Promise<void> {
  const shared = sharedContainer(container.hostConfig.NetworkMode);
  if (shared !== undefined) return joinContainer(context, container, shared);
  if (container.config.NetworkDisabled) return;
  container.sandboxId = newId();
  const names = [...container.networks.keys()];
  try {
    for (const name of names) {
      const old = before?.get(name);
      enter(context, container, createEndpoint(context, container, name, old), old);
    }
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    emitConnected(context, container);
    throw new AttestdError(error.code, `failed to set up container networking: ${error.message}`, { cause: error });
  }
  try {
    if (names.length > 0) container.ports = await publish(context, container);
  } catch (error) {
    // If ports of a network cannot be published, the container is disconnected from it permanently, as in dockerd.
    const name = [...container.networks.keys()].at(-1) as string;
    disconnect(context, container, name, container.networks.get(name) as EndpointSettings);
    container.networks.delete(name);
    throw error;
  }
}

function joinContainer(context: Context, container: Container, name: string): void {
  let other: Container;
  try {
    other = context.containers.resolve(name);
  } catch (error) {
    const reason = `joining network namespace of container: ${(error as Error).message}`;
    throw new AttestdError('INTERNAL', reason, { cause: error });
  }
  if (other === container) throw new AttestdError('INTERNAL', 'cannot join own network namespace');
  if (!other.state.running)
    throw new AttestdError(
      'CONFLICT',
      `cannot join network namespace of a non running container: container ${other.plainName} is ${other.state.status}`,
    );
  container.config.Hostname = other.config.Hostname;
  container.config.Domainname = other.config.Domainname;
}

/** Into a swarm's network go its tasks, and others where it says so (docs/reference/behavior/swarm.md#networks-of-a-swarm). @throws INTERNAL */
function checkAttachable({ tasks }: Context, container: Container, { scope, attachable, name }: Network): void {
  if (scope !== 'swarm' || attachable || tasks.has(container)) return;
  const reason = `rpc error: code = PermissionDenied desc = network ${name} not manually attachable`;
  throw new AttestdError('INTERNAL', `Could not attach to network ${name}: ${reason}`);
}

/** A container's place in a network, with addresses and not yet with a card. */
export interface CreatedEndpoint {
  readonly network: Network;
  readonly settings: EndpointSettings;
  readonly id: string;
  readonly addresses: ReadonlyMap<Pool, string>;
}

/**
 * Creates an endpoint and reserves its addresses.
 *
 * @throws NOT_FOUND; FORBIDDEN for a config-only network and for addresses in use; INVALID_ARGUMENT for invalid
 * settings; INTERNAL if the network does not allow it
 */
export function createEndpoint(
  context: Context,
  container: Container,
  key: string,
  before?: EndpointSettings,
): CreatedEndpoint {
  const network = context.networks.resolve(key);
  checkAttachable(context, container, network);
  const settings = container.networks.get(key) ?? emptyEndpoint();
  if (key !== network.name) {
    container.networks.delete(key);
    container.networks.set(network.name, settings);
  }
  if (isUserDefined(network.name)) settings.DNSNames = dnsNames(container, settings.Aliases ?? []);
  checkSettings(network, settings);
  if (network.configOnly) throw new AttestdError('FORBIDDEN', 'cannot create endpoint on configuration-only network');
  if (isUserDefined(network.name)) for (const link of settings.Links ?? []) parseLink(link);
  const endpointSettings = {
    4: settings.IPAMConfig?.IPv4Address || before?.IPAddress,
    6: settings.IPAMConfig?.IPv6Address || before?.GlobalIPv6Address,
  };
  const addresses = new Map<Pool, string>();
  const made = { network, settings, id: newId(), addresses };
  try {
    for (const family of [4, 6] as const) {
      const pool = poolOf(network, family);
      if (pool !== undefined) addresses.set(pool, pool.take(endpointSettings[family]));
    }
  } catch (error) {
    unmake(made);
    throw error;
  }
  return made;
}

/** Releases the addresses of an endpoint that was never used. */
function unmake({ addresses }: CreatedEndpoint): void {
  for (const [pool, address] of addresses) pool.release(address);
}

/**
 * Adds the interface of a new endpoint to a container without an event.
 *
 * @throws INTERNAL for an invalid interface name, after releasing the addresses
 */
export function enter(context: Context, container: Container, made: CreatedEndpoint, before?: EndpointSettings): void {
  const { network, settings, id, addresses } = made;
  let networkInterface = '';
  try {
    if (network.pools.length > 0) networkInterface = interfaceName(context, container, network, settings, id);
  } catch (error) {
    unmake(made);
    throw error;
  }
  settings.EndpointID = id;
  for (const [pool, address] of addresses) {
    const gateway = network.internal ? '' : pool.gateway;
    const { bits } = pool.prefix;
    if (pool.prefix.family === 4) Object.assign(settings, { IPAddress: address, IPPrefixLen: bits, Gateway: gateway });
    else Object.assign(settings, { GlobalIPv6Address: address, GlobalIPv6PrefixLen: bits, IPv6Gateway: gateway });
  }
  settings.NetworkID = network.id;
  settings.desiredMac ??= settings.MacAddress;
  if (network.pools.length > 0) settings.MacAddress ||= before?.MacAddress || randomMac();
  network.endpoints.set(container.id, {
    id,
    containerId: container.id,
    name: container.plainName,
    mac: settings.MacAddress,
    ipv4: settings.IPAddress,
    ipv6: settings.GlobalIPv6Address,
    networkInterface,
    link: context.networks.nextLink(),
  });
}

/** Logs the connect events of a started container. */
export function emitConnected(context: Context, { id, networks }: Container): void {
  for (const [name, { EndpointID: endpoint, NetworkID: networkId }] of networks) {
    const network = endpoint === '' ? undefined : find(context, networkId || name);
    if (network !== undefined) logNetworkEvent(context, network, 'connect', { container: id });
  }
}

/** A locally administered unicast address. */
function randomMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = ((bytes[0] as number) & 0xfe) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Returns the DNS names of a container in a network. */
export function dnsNames({ plainName, id, config }: Container, aliases: readonly string[]): string[] {
  return [...new Set([plainName, ...aliases, id.slice(0, 12), config.Hostname])].filter((name) => name !== '');
}

/** Call a container that runs by its new name in each of its networks, the daemon's own among them. */
export function renameEndpoints(context: Context, container: Container): void {
  for (const [name, settings] of container.networks) {
    settings.DNSNames = dnsNames(container, settings.Aliases ?? []);
    const endpoint = find(context, settings.NetworkID || name)?.endpoints.get(container.id);
    if (endpoint !== undefined) endpoint.name = container.plainName;
  }
}

/** Ports are published on bridges only. */
async function publish(context: Context, container: Container): Promise<PortMap> {
  const { NetworkMode: mode, PortBindings: bindings = {}, PublishAllPorts: all } = container.hostConfig;
  if (mode === 'host' || mode === 'none') return {};
  const exposed = Object.keys(container.config.ExposedPorts ?? {});
  const requested: PortMap = {};
  for (const port of exposed) requested[port] = all ? [{ HostIp: '', HostPort: '' }] : undefined;
  return context.publishedPorts.publish(container, { ...requested, ...bindings });
}

/**
 * Disconnects a stopped or failed container from its networks. Logs a disconnect event even for networks that it could
 * not join.
 */
export function disconnectFromNetworks(context: Context, container: Container): void {
  context.publishedPorts.release(container.id);
  container.ports = {};
  const joined = container.sandboxId !== '';
  container.sandboxId = '';
  for (const [name, settings] of container.networks)
    if (joined || settings.EndpointID !== '') takeOut(context, container, name, settings);
}

/** Disconnects a container from one network. Its requested settings stay. */
export function disconnect(context: Context, container: Container, name: string, settings: EndpointSettings): void {
  if (settings.EndpointID !== '') takeOut(context, container, name, settings);
}

function takeOut(context: Context, container: Container, name: string, settings: EndpointSettings): void {
  const network = find(context, settings.NetworkID || name);
  if (network !== undefined) {
    network.endpoints.delete(container.id);
    for (const pool of network.pools) {
      if (settings.IPAddress !== '') pool.release(settings.IPAddress);
      if (settings.GlobalIPv6Address !== '') pool.release(settings.GlobalIPv6Address);
    }
    logNetworkEvent(context, network, 'disconnect', { container: container.id });
  }
  resetEndpoint(settings);
}

/** After a start that failed a container has no names and no network's id of those that it had joined, as before its first one. */
export function releaseNetworks({ networks }: Container): void {
  for (const settings of networks.values())
    if (settings.NetworkID !== '') Object.assign(settings, { NetworkID: '', DNSNames: undefined });
}

/** Resets an endpoint to its requested settings. */
export function resetEndpoint(settings: EndpointSettings): EndpointSettings {
  const { IPAMConfig, Links, Aliases, DriverOpts, GwPriority, NetworkID, DNSNames, desiredMac = '' } = settings;
  const kept = { IPAMConfig, Links, Aliases, DriverOpts, GwPriority, NetworkID, DNSNames, MacAddress: desiredMac };
  return Object.assign(settings, emptyEndpoint(), kept);
}
