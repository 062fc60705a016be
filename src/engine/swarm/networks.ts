import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import type { CreateNetworkRequest, Network } from '../networks/network.js';
import { freeSubnet } from '../networks/pool.js';
import { type Prefix, parsePrefix } from '../networks/prefix.js';
import { checkPredefined } from '../networks/store.js';
import { type NetworkRecord, networkRecordType, recordVersion } from '../state/records.js';
import type { ClusterData } from './cluster.js';
import { newSwarmId } from './ids.js';
import { invalid } from './invalid.js';
import type { ObjectKind } from './objects.js';

/** Networks of scope swarm. Their endpoints are in the daemon's network store. */
export const networkKind: ObjectKind<NetworkRecord> = {
  name: 'network',
  record: networkRecordType,
  annotations: ({ name, labels }) => ({ Name: name, Labels: labels }),
  emitsEvents: true,
};

const vxlan = 'com.docker.network.driver.overlay.vxlanid_list';
const firstVxlan = 4096;
const defaultBits = 24;
const gateway = 'docker_gwbridge';

/** Whether a network belongs to the swarm itself, so that a prune keeps it. */
export const isOwn = ({ name, ingress }: Network): boolean => ingress || name === gateway;

/** Whether a requested network should have scope swarm. */
export function isForSwarm({ swarm }: Context, { Driver: driver, Scope: scope }: CreateNetworkRequest): boolean {
  return swarm.current !== undefined && (driver === 'overlay' || scope === 'swarm');
}

/** The next free number of an overlay network. */
function nextVxlan(networks: readonly Network[]): number {
  const used = new Set(networks.map(({ options }) => Number(options[vxlan])));
  let number = firstVxlan;
  while (used.has(number)) number++;
  return number;
}

/** Returns the persisted form of a swarm network. */
function recordOf(
  request: CreateNetworkRequest,
  { pools: swarmPools, subnetSize }: Pick<ClusterData, 'pools' | 'subnetSize'>,
  { timers: time, networks }: Pick<Context, 'timers' | 'networks'>,
): NetworkRecord {
  const others = networks.list().filter(({ scope }) => scope === 'swarm');
  const overlay = request.Driver === 'overlay';
  const used: Prefix[] = others.flatMap(({ pools }) => pools.map(({ prefix }) => prefix));
  const bases = (swarmPools ?? []).map((pool) => ({ base: parsePrefix(pool), bits: subnetSize || defaultBits }));
  const asked = (request.IPAM?.Config ?? []).filter(({ Subnet: subnet }) => subnet);
  const subnets = overlay && asked.length === 0 ? [{ Subnet: freeSubnet(used, bases) }] : asked;
  return {
    version: recordVersion,
    id: newSwarmId(),
    name: request.Name,
    driver: request.Driver,
    scope: 'swarm',
    createdAt: String(time.now()),
    ipv4: true,
    ipv6: request.EnableIPv6 ?? false,
    ipamDriver: overlay ? request.IPAM?.Driver || 'default' : '',
    ipamOptions: request.IPAM?.Options,
    pools: overlay ? subnets : [],
    internal: request.Internal,
    attachable: request.Attachable,
    ingress: request.Ingress,
    configFrom: request.ConfigFrom?.Network ?? '',
    configOnly: false,
    options: { ...request.Options, ...(overlay && { [vxlan]: String(nextVxlan(others)) }) },
    labels: { ...request.Labels },
  };
}

/**
 * `POST /networks/create` of a network for a swarm (docs/reference/behavior/swarm.md#networks-of-a-swarm).
 *
 * @throws FORBIDDEN for a predefined name and a narrower scope; ALREADY_EXISTS for a second ingress network; CONFLICT for a taken name;
 *   INVALID_ARGUMENT without a name or driver; INTERNAL for addresses that are taken; NO_SPACE
 */
export function createSwarmNetwork(context: Context, request: CreateNetworkRequest): Network {
  const { swarm, networks } = context;
  const { Name: name, Driver: driver } = request;
  const manager = swarm.manager();
  checkPredefined(name);
  if (driver === 'overlay' && request.Scope === 'local')
    throw new AttestdError('FORBIDDEN', 'cannot downgrade network scope for overlay networks');
  if (name.trim() === '') throw invalid('name must be provided');
  if (networks.list().some((other) => other.name === name))
    throw new AttestdError('CONFLICT', `network with name ${name} already exists`);
  if (driver === '') throw invalid('driver name: if driver is specified name is required');
  const ingress = networks.list().find((other) => other.ingress);
  if (request.Ingress && ingress !== undefined) {
    const reason = `ingress network (${ingress.id}) is already present`;
    throw new AttestdError('ALREADY_EXISTS', `rpc error: code = AlreadyExists desc = ${reason}`);
  }
  const record = recordOf(request, manager.cluster.data, context);
  const network = networks.restore(record);
  const store = manager.store(networkKind);
  try {
    const made = store.create(record, record.id);
    // The allocator's result is stored as a second change.
    store.update(made, made.index, record);
  } catch (error) {
    networks.remove(network);
    throw error;
  }
  return network;
}

/** Removes a swarm network and logs the event. */
export function removeSwarmNetwork({ swarm, networks }: Context, network: Network): void {
  networks.remove(network);
  const store = swarm.manager().store(networkKind);
  const object = store.byId(network.id);
  if (object !== undefined) store.remove(object);
}

const plain: Omit<CreateNetworkRequest, 'Name' | 'Driver'> = {
  Scope: '',
  IPAM: undefined,
  Internal: false,
  Attachable: false,
  Ingress: false,
  ConfigOnly: false,
  ConfigFrom: undefined,
  Options: undefined,
  Labels: undefined,
};

/** Returns the ingress network of a new swarm. */
export function ingressRecord(context: Context, cluster: ClusterData): NetworkRecord {
  return recordOf({ ...plain, Name: 'ingress', Driver: 'overlay', Ingress: true }, cluster, context);
}

/** Creates the gateway bridge of a daemon in a swarm, without an event. */
export function createGatewayNetwork({ networks, debug }: Context): void {
  if (networks.list().some(({ name }) => name === gateway)) return;
  const options = {
    'com.docker.network.bridge.enable_icc': 'false',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.name': gateway,
  };
  try {
    networks.create({ ...plain, Name: gateway, Driver: 'bridge', Options: options });
  } catch (error) {
    debug(`the swarm has no ${gateway}: ${(error as Error).message}`);
  }
}

/** Bring back the networks of the swarm of an earlier daemon. */
export function restoreSwarmNetworks({ swarm, networks }: Context): void {
  for (const { data } of swarm.current?.store(networkKind).list() ?? []) networks.restore(data);
}
