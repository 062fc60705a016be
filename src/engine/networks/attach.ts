import { randomBytes } from 'node:crypto';
import { AttestdError } from '../../errors.js';
import type { Container } from '../containers/container.js';
import { parseLink } from '../containers/links.js';
import { isUserDefined, networkName, sharedContainer } from '../containers/modes.js';
import { newId } from '../containers/store.js';
import type { Context } from '../context.js';
import { cardFaults } from './driver-options.js';
import { type EndpointSettings, emptyEndpoint } from './endpoint.js';
import { logNetworkEvent } from './events.js';
import { cardName } from './interfaces.js';
import { type Network, poolOf } from './network.js';
import type { PortMap } from './port.js';
import { contains } from './prefix.js';

/** A container's endpoints, by the names of their networks. */
export type Endpoints = ReadonlyMap<string, EndpointSettings>;

/**
 * Note the networks that a container is to be in, as inspect shows them before it starts.
 *
 * @param wanted by name or id
 */
export function prepareEndpoints(
  context: Context,
  container: Container,
  wanted: Readonly<Record<string, EndpointSettings | undefined>>,
): void {
  const name = networkName(container.hostConfig.NetworkMode);
  if (name === '' || container.config.NetworkDisabled) return;
  const network = isUserDefined(container.hostConfig.NetworkMode) ? find(context, name) : undefined;
  for (const [key, settings] of Object.entries(wanted))
    if (settings) container.networks.set(network !== undefined && key === network.id ? network.name : key, settings);
  if (container.networks.size === 0) container.networks.set(network?.name ?? name, emptyEndpoint());
}

/** A network by its name or id; undefined for none. */
export function find(context: Context, term: string): Network | undefined {
  try {
    return context.networks.resolve(term);
  } catch {
    return undefined;
  }
}

/**
 * Check what a create request says of networks.
 *
 * @throws INVALID_ARGUMENT with everything that is wrong, in dockerd's words
 */
export function checkEndpoints(context: Context, wanted: Readonly<Record<string, EndpointSettings | undefined>>): void {
  const faults = Object.entries(wanted).flatMap(([name, settings]) => {
    if (settings === undefined) return [`invalid config for network ${name}: EndpointsConfig is nil`];
    const inner = endpointFaults(find(context, name), name, settings);
    return inner.length === 0
      ? []
      : [`invalid config for network ${name}: invalid endpoint settings:\n${inner.join('\n')}`];
  });
  if (faults.length > 0) throw new AttestdError('INVALID_ARGUMENT', faults.join('\n'));
}

/** What is wrong with what is asked of an endpoint, in dockerd's words. */
export function endpointFaults(network: Network | undefined, name: string, settings: EndpointSettings): string[] {
  const { IPAMConfig: ipam, Aliases: aliases } = settings;
  const { IPv4Address: v4 = '', IPv6Address: v6 = '' } = ipam ?? {};
  const faults: string[] = [];
  if (!isUserDefined(name)) {
    if (v4 !== '' || v6 !== '') faults.push('user-specified IP address is supported on user-defined networks only');
    if ((aliases ?? []).length > 0) faults.push('network-scoped aliases are only supported for user-defined networks');
  }
  for (const address of [v4, v6]) {
    if (address === '' || network === undefined || network.configOnly) continue;
    if (!network.pools.some(({ prefix }) => contains(prefix, address)))
      faults.push(`no configured subnet contains IP address ${address}`);
  }
  faults.push(...cardFaults(settings.DriverOpts ?? {}));
  return faults;
}

/** @throws INVALID_ARGUMENT for what cannot be asked of an endpoint of a network */
export function checkSettings(network: Network, settings: EndpointSettings): void {
  const faults = endpointFaults(network, network.name, settings);
  if (faults.length > 0) throw new AttestdError('INVALID_ARGUMENT', `invalid endpoint settings:\n${faults.join('\n')}`);
}

/**
 * Put a container that starts into its networks, and publish its ports.
 *
 * @param before its endpoints of before, for one that went on while no daemon was there
 * @throws NOT_FOUND for a network that is not there; CONFLICT or INTERNAL for the container whose network it shares; INTERNAL for a port that is taken
 */
export async function joinNetworks(context: Context, container: Container, before?: Endpoints): Promise<void> {
  const shared = sharedContainer(container.hostConfig.NetworkMode);
  if (shared !== undefined) return joinContainer(context, container, shared);
  if (container.config.NetworkDisabled) return;
  container.sandboxId = newId();
  const names = [...container.networks.keys()];
  try {
    for (const name of names) join(context, container, name, before?.get(name));
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `failed to set up container networking: ${error.message}`, { cause: error });
  }
  try {
    if (names.length > 0) container.ports = await publish(context, container);
  } catch (error) {
    // The network whose ports could not be published is left for good, as in dockerd.
    const name = [...container.networks.keys()].at(-1) as string;
    leave(context, container, name, container.networks.get(name) as EndpointSettings);
    container.networks.delete(name);
    throw error;
  }
}

function joinContainer(context: Context, container: Container, name: string): void {
  let other: Container;
  try {
    other = context.containers.resolve(name);
  } catch (error) {
    const why = `joining network namespace of container: ${(error as Error).message}`;
    throw new AttestdError('INTERNAL', why, { cause: error });
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

/** Into a swarm's network go its tasks, and others where it says so (docs/behaviour.md#networks-of-a-swarm). @throws INTERNAL */
function checkAttachable({ tasks }: Context, container: Container, { scope, attachable, name }: Network): void {
  if (scope !== 'swarm' || attachable || tasks.has(container)) return;
  const why = `rpc error: code = PermissionDenied desc = network ${name} not manually attachable`;
  throw new AttestdError('INTERNAL', `Could not attach to network ${name}: ${why}`);
}

/**
 * Put a container into one network; nobody is told.
 *
 * @throws NOT_FOUND; FORBIDDEN for a network of settings; INVALID_ARGUMENT for what cannot be; INTERNAL where it may not be
 */
export function join(context: Context, container: Container, key: string, before?: EndpointSettings): Network {
  const network = context.networks.resolve(key);
  if (network.configOnly) throw new AttestdError('FORBIDDEN', 'cannot create endpoint on configuration-only network');
  checkAttachable(context, container, network);
  const settings = container.networks.get(key) ?? emptyEndpoint();
  if (key !== network.name) {
    container.networks.delete(key);
    container.networks.set(network.name, settings);
  }
  if (isUserDefined(network.name)) settings.DNSNames = dnsNames(container, settings.Aliases ?? []);
  checkSettings(network, settings);
  if (isUserDefined(network.name)) for (const link of settings.Links ?? []) parseLink(link);
  const [v4, v6] = [poolOf(network, 4), poolOf(network, 6)];
  const id = newId();
  const card = network.pools.length > 0 ? cardName(context, container, network, settings, id) : '';
  settings.EndpointID = id;
  if (v4 !== undefined) {
    settings.IPAddress = v4.take(settings.IPAMConfig?.IPv4Address || before?.IPAddress);
    settings.IPPrefixLen = v4.prefix.bits;
    settings.Gateway = network.internal ? '' : v4.gateway;
  }
  if (v6 !== undefined) {
    settings.GlobalIPv6Address = v6.take(settings.IPAMConfig?.IPv6Address || before?.GlobalIPv6Address);
    settings.GlobalIPv6PrefixLen = v6.prefix.bits;
    settings.IPv6Gateway = network.internal ? '' : v6.gateway;
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
    card,
    link: context.networks.nextLink(),
  });
  return network;
}

/** Tell of the networks that a container that was started has joined. */
export function tellJoined(context: Context, { id, networks }: Container): void {
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

/** Names by which other containers of a network find one. */
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
  const wanted: PortMap = {};
  for (const port of exposed) wanted[port] = all ? [{ HostIp: '', HostPort: '' }] : undefined;
  return context.published.publish(container, { ...wanted, ...bindings });
}

/** Take a container that has ended out of its networks. */
export function leaveNetworks(context: Context, container: Container): void {
  context.published.release(container.id);
  container.ports = {};
  container.sandboxId = '';
  for (const [name, settings] of container.networks) leave(context, container, name, settings);
}

/** Take a container out of one network; what was asked for stays. */
export function leave(context: Context, container: Container, name: string, settings: EndpointSettings): void {
  if (settings.EndpointID === '') return;
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
export function forgetNetworks({ networks }: Container): void {
  for (const settings of networks.values())
    if (settings.NetworkID !== '') Object.assign(settings, { NetworkID: '', DNSNames: undefined });
}

/** What a container is left with of a network that it is not in: what was asked for. */
export function resetEndpoint(settings: EndpointSettings): EndpointSettings {
  const { IPAMConfig, Links, Aliases, DriverOpts, GwPriority, NetworkID, DNSNames, desiredMac = '' } = settings;
  const kept = { IPAMConfig, Links, Aliases, DriverOpts, GwPriority, NetworkID, DNSNames, MacAddress: desiredMac };
  return Object.assign(settings, emptyEndpoint(), kept);
}
