import { isIP } from 'node:net';
import { AttestdError } from '../../support/foundation/errors.js';
import { goString, goUint32, named, slice, struct } from '../../support/go/json.js';
import { goPrefix } from '../../support/go/netip.js';
import { quote } from '../../support/go/quote.js';
import type { Context } from '../context.js';
import { hostInterfaces } from '../networks/driver-options.js';
import { logNetworkEvent } from '../networks/events.js';
import { parsePrefix } from '../networks/prefix.js';
import { newCluster } from './cluster.js';
import { createGatewayNetwork, ingressRecord } from './networks.js';
import { selfOf } from './node.js';
import { checkName, checkSpec, foundingSpec, type SwarmSpec, swarmSpecType } from './spec.js';

/** Common members of the init and join requests. */
interface Membership {
  ListenAddr: string;
  AdvertiseAddr: string;
  DataPathAddr: string;
  Availability: string;
}

/** The body of `POST /swarm/init`. */
export interface InitRequest extends Membership {
  DataPathPort: number;
  Spec: SwarmSpec;
  DefaultAddrPool: string[] | undefined;
  SubnetSize: number;
}

/** The body of `POST /swarm/join`. */
export interface JoinRequest extends Membership {
  RemoteAddrs: string[] | undefined;
  JoinToken: string;
}

const membership = {
  ListenAddr: goString,
  AdvertiseAddr: goString,
  DataPathAddr: goString,
  Availability: named('swarm.NodeAvailability'),
};

const initType = struct<InitRequest>('swarm.InitRequest', {
  ...membership,
  DataPathPort: goUint32,
  Spec: swarmSpecType,
  DefaultAddrPool: slice(goPrefix),
  SubnetSize: goUint32,
});
const joinType = struct<JoinRequest>('swarm.JoinRequest', {
  ...membership,
  RemoteAddrs: slice(goString),
  JoinToken: goString,
});
/** The bodies of the two requests. */
export const initTypes = { init: initType, join: joinType };

/** Network cards of the simulated machine that addresses may name, with their addresses. */
const interfaceAddresses = { lo: '127.0.0.1', eth0: '192.168.65.3', docker0: '172.17.0.1' } as const;
type HostInterface = keyof typeof interfaceAddresses;
const swarmInterfaces = [...hostInterfaces, 'docker0'];
const defaultPort = '2377';
const defaultPool = '10.0.0.0/8';
const defaultSubnetSize = 24;
const defaultDataPathPort = 4789;
const largestSubnetSize = 29;
const dataPathPorts = [1024, 49151] as const;
const token = /^SWMTKN-[12]-[0-9a-z]{50}-[0-9a-z]{25}$/;

const bad = (reason: string): AttestdError => new AttestdError('INVALID_ARGUMENT', reason);
const failed = (reason: string): AttestdError => new AttestdError('INTERNAL', reason);

/** @throws UNAVAILABLE for a daemon that is in a swarm */
function checkAlone({ swarm }: Context): void {
  if (swarm.current === undefined) return;
  const how = 'Use "docker swarm leave" to leave this swarm and join another one.';
  throw new AttestdError('UNAVAILABLE', `This node is already part of a swarm. ${how}`);
}

/**
 * `POST /swarm/init`: creates a swarm with this daemon as its only node
 * (docs/reference/behavior/swarm.md#init-and-join). Does not listen on the address.
 *
 * @returns the node's id
 * @throws UNAVAILABLE if the daemon is in a swarm; INVALID_ARGUMENT and INTERNAL for invalid parameters
 */
export function initSwarm(context: Context, request: InitRequest): string {
  const { ListenAddr: listen, AdvertiseAddr: advertised, Spec: spec } = request;
  checkAlone(context);
  checkListen(listen);
  checkName(spec);
  const { port } = listenAddress(listen);
  const advertisedTo = advertisedAddress(context, advertised, port);
  checkDataPath(request);
  checkPools(request);
  const availability = availabilityOf(request);
  if (!/^\d+$/.test(port))
    throw failed(
      `manager stopped: failed to listen on remote API address: listen tcp: lookup tcp/${port}: unknown port`,
    );
  if (Number(port) > 65535)
    throw failed(`manager stopped: failed to listen on remote API address: listen tcp: address ${port}: invalid port`);
  checkNewSpec(spec);
  const address = interfaceAddresses[advertisedTo.host as HostInterface] ?? advertisedTo.host;
  const { DefaultAddrPool: pools = [], SubnetSize: size, DataPathPort: dataPathPort } = request;
  const usual = pools.length === 0;
  const cluster = newCluster(
    {
      spec: foundingSpec(spec),
      pools: usual ? [defaultPool] : pools,
      // A default block size is not reported.
      subnetSize: usual ? defaultSubnetSize : size,
      dataPathPort: dataPathPort || defaultDataPathPort,
    },
    context.timers.now(),
  );
  const ingress = ingressRecord(context, cluster);
  const self = {
    spec: { Labels: {}, Role: 'manager', Availability: availability },
    ...selfOf(context),
    address,
    managerAddress: isIP(address) === 6 ? `[${address}]:${advertisedTo.port}` : `${address}:${advertisedTo.port}`,
  };
  createGatewayNetwork(context);
  const { node } = context.swarm.found(cluster, self, ingress);
  logNetworkEvent(context, context.networks.restore(ingress), 'create');
  return node.id;
}

/**
 * `POST /swarm/join` (docs/reference/behavior/swarm.md#init-and-join): always fails, because no other node is reachable
 * from the simulated host.
 *
 * @throws UNAVAILABLE if the daemon is in a swarm; INVALID_ARGUMENT and INTERNAL for invalid parameters, and for a
 * swarm that cannot be reached
 */
export function joinSwarm(context: Context, request: JoinRequest): never {
  const { RemoteAddrs: remotes = [], JoinToken: secret } = request;
  checkAlone(context);
  checkListen(request.ListenAddr);
  if (remotes.length === 0) throw bad('at least 1 RemoteAddr is required to join');
  if (remotes.includes('')) throw bad('invalid remoteAddr "": invalid empty address');
  listenAddress(request.ListenAddr);
  checkDataPath(request);
  availabilityOf(request);
  if (secret !== '' && !token.test(secret)) throw failed('invalid join token');
  const digest = [...(secret.split('-')[2] ?? '')].reduce((sum, digit) => sum * 36n + BigInt(parseInt(digit, 36)), 0n);
  if (digest >= 1n << 256n) throw failed('invalid checksum digest length');
  const [first = ''] = remotes;
  const address = split(first) === undefined ? `${first}:${defaultPort}` : first;
  const reason = `transport: Error while dialing: dial tcp ${address}: connect: connection refused`;
  throw new AttestdError(
    'UNAVAILABLE',
    `rpc error: code = Unavailable desc = connection error: desc = ${quote(reason)}`,
  );
}

function checkListen(address: string): void {
  if (address === '') throw bad('invalid ListenAddr "": invalid empty address');
}

/**
 * Splits `host:port` and `[host]:port`. Undefined without a port.
 *
 * @throws the error of `fault` for an unreadable address
 */
function split(
  address: string,
  fault = (): AttestdError | undefined => undefined,
): { host: string; port: string } | undefined {
  const found = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(address);
  if (found !== null) return { host: found[1] ?? found[2] ?? '', port: found[3] ?? '' };
  const error = /^(?:\[[^[\]]*\]|[^:[\]]*)$/.test(address) || isIP(address) !== 0 ? undefined : fault();
  if (error !== undefined) throw error;
  return undefined;
}

/**
 * Parses the listen address of a manager.
 *
 * @throws INVALID_ARGUMENT unless it is an address or an interface
 */
function listenAddress(address: string): { host: string; port: string } {
  const parts = split(address, () => bad(`could not parse listen address ${address}`));
  const { host, port } = parts ?? { host: address.replace(/^\[(.*)\]$/, '$1'), port: defaultPort };
  const bareIpv6 = parts === undefined && isIP(address) === 6;
  if (bareIpv6 || (host !== '' && isIP(host) === 0 && !swarmInterfaces.includes(host)))
    throw bad('listen address must be an IP address or network interface (with optional port number)');
  return { host, port };
}

/**
 * Returns the address that a swarm advertises.
 *
 * @param port the manager's port
 * @throws INVALID_ARGUMENT
 */
function advertisedAddress({ settings }: Context, advertised: string, port: string): { host: string; port: string } {
  const what = 'a non-zero IP address or network interface';
  const usual = settings.swarmAddress ?? 'eth0';
  if (advertised === '') {
    if (!isReachable(usual)) throw bad(`default advertise address must be ${what} (without a port number)`);
    return { host: usual, port };
  }
  const reached = split(advertised) ?? { host: advertised, port };
  if (!isReachable(reached.host)) throw bad(`advertise address must be ${what} (with optional port number)`);
  return reached;
}

/** Whether others could reach an address or card. */
function isReachable(host: string): boolean {
  return isIP(host) === 0 ? swarmInterfaces.includes(host) : !/^[0.:]+$/.test(host);
}

function checkDataPath({ DataPathAddr: address }: Membership): void {
  if (address !== '' && !isReachable(address))
    throw bad('data path address must be a non-zero IP address or network interface (without a port number)');
}

function checkPools({ DataPathPort: port, DefaultAddrPool: pools, SubnetSize: size }: InitRequest): void {
  const [first, last] = dataPathPorts;
  if (port !== 0 && (port < first || port > last))
    throw failed(`Datapath port number is not in valid range (${first}-${last}) : ${port}`);
  if (pools === undefined) return;
  const subnetSize = size || defaultSubnetSize;
  if (subnetSize > largestSubnetSize) throw failed(`subnet size is out of range: ${subnetSize}`);
  for (const pool of pools)
    if (parsePrefix(pool).bits > subnetSize)
      throw failed(`invalid CIDR: ${quote(pool)}. Subnet size is too small for pool: ${subnetSize}`);
}

/**
 * Returns the availability of a node in lower case.
 *
 * @throws INTERNAL
 */
function availabilityOf({ Availability: availability }: Membership): string {
  if (!['', 'active', 'pause', 'drain'].includes(availability.toLowerCase()))
    throw failed(`invalid Availability: ${quote(availability)}`);
  return availability.toLowerCase() || 'active';
}

/** Applies the new manager's checks to the spec. */
function checkNewSpec(spec: SwarmSpec): void {
  try {
    checkSpec(spec);
  } catch (error) {
    throw failed(`error updating cluster settings: ${(error as Error).message}`);
  }
}
