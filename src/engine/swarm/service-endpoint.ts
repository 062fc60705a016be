import type { Context } from '../context.js';
import { poolOf } from '../networks/network.js';
import type { ObjectStore } from './objects.js';
import type { Service, ServiceData, VirtualIp } from './service.js';
import type { PortConfig } from './service-spec.js';

/** Port range for services that request no specific port. The first free port is used. */
const firstPort = 30_000;
const lastPort = 32_767;

/**
 * Give a service its ports and addresses, as a manager does after it has stored it (docs/reference/behavior/services.md#services-of-a-swarm).
 *
 * @returns undefined where nothing changes
 */
export function assignEndpoint(
  context: Context,
  store: ObjectStore<ServiceData>,
  service: Service,
): Pick<ServiceData, 'ports' | 'virtualIps'> | undefined {
  const { spec, ports: before = [], virtualIps: addresses = [] } = service.data;
  const requested = spec.EndpointSpec?.Ports ?? [];
  const targets = spec.TaskTemplate.Networks ?? [];
  if (requested.length + targets.length + before.length + addresses.length === 0) return undefined;
  return { ports: portsFor(store, service, requested), virtualIps: addressesFor(context, service) };
}

function portsFor(store: ObjectStore<ServiceData>, service: Service, requested: readonly PortConfig[]): PortConfig[] {
  const taken = new Set(
    store
      .list()
      .filter(({ id }) => id !== service.id)
      .flatMap(({ data }) => data.ports ?? [])
      .map(({ PublishedPort: port, Protocol: protocol }) => `${protocol} ${port}`),
  );
  for (const { PublishedPort: port, Protocol: protocol } of requested) if (port) taken.add(`${protocol} ${port}`);
  return requested.map((port) => {
    if (port.PublishedPort || port.PublishMode === 'host') return port;
    const same = service.data.ports?.find(
      (one) => one.TargetPort === port.TargetPort && one.Protocol === port.Protocol && one.PublishMode === 'ingress',
    );
    let number = same?.PublishedPort ?? firstPort;
    while (taken.has(`${port.Protocol} ${number}`) && number < lastPort) number++;
    taken.add(`${port.Protocol} ${number}`);
    return { ...port, PublishedPort: number };
  });
}

/** Its addresses: one in each of its networks, and one in that of the published ports where there is such a network. */
function addressesFor(context: Context, { data }: Service): VirtualIp[] {
  const { spec, virtualIps: before = [] } = data;
  if (spec.EndpointSpec?.Mode === 'dnsrr') {
    release(context, before);
    return [];
  }
  const published = (spec.EndpointSpec?.Ports ?? []).some(({ PublishMode: mode }) => mode === 'ingress');
  const ingress = published ? context.networks.list().filter((network) => network.ingress) : [];
  const targets = (spec.TaskTemplate.Networks ?? []).map(({ Target: id }) => id);
  const networkIds = [...ingress.map(({ id }) => id), ...targets].filter((id) => id !== undefined);
  release(
    context,
    before.filter(({ NetworkID: id }) => !networkIds.includes(id ?? '')),
  );
  return networkIds.map((id) => before.find(({ NetworkID: known }) => known === id) ?? addressIn(context, id));
}

function addressIn(context: Context, id: string): VirtualIp {
  const network = context.networks.list().find((one) => one.id === id);
  const pool = network?.scope === 'swarm' ? poolOf(network, 4) : undefined;
  try {
    return pool === undefined ? { NetworkID: id } : { NetworkID: id, Addr: `${pool.take()}/${pool.prefix.bits}` };
  } catch (error) {
    context.debug(`a service got no address in network ${id}: ${String(error)}`);
    return { NetworkID: id };
  }
}

function release(context: Context, addresses: readonly VirtualIp[]): void {
  for (const { NetworkID: id, Addr: address } of addresses) {
    const network = context.networks.list().find((one) => one.id === id);
    if (network !== undefined && address !== undefined) poolOf(network, 4)?.release(address.split('/', 1)[0] as string);
  }
}

/** A service of an earlier daemon has its addresses again. */
export function takeAgain(context: Context, { data }: Service): void {
  for (const { NetworkID: id, Addr: address } of data.virtualIps ?? []) {
    const network = context.networks.list().find((one) => one.id === id);
    const pool = network && poolOf(network, 4);
    if (pool === undefined || address === undefined) continue;
    try {
      pool.take(address.split('/', 1)[0]);
    } catch (error) {
      context.debug(`address ${address} of a service is another's: ${String(error)}`);
    }
  }
}

/** A service that is gone gives its addresses back. */
export const releaseEndpoint = (context: Context, { data }: Service): void => release(context, data.virtualIps ?? []);
