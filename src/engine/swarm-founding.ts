import { isIP } from 'node:net';
import { AttestdError } from '../errors.js';
import { type GoType, goInt64, goString, goUint32, named, pointer, slice, struct } from '../go/json.js';
import { goPrefix } from '../go/netip.js';
import { quote } from '../go/quote.js';
import { machineCards } from './networks/driver-options.js';
import { parsePrefix } from './networks/prefix.js';

/** The parts of a swarm's specification that are looked at; the rest is only decoded. */
export interface SwarmSpec {
  Name: string;
  Dispatcher: { HeartbeatPeriod: number };
  CAConfig: {
    NodeCertExpiry: number;
    ExternalCAs: ({ Protocol: string } | undefined)[] | undefined;
    SigningCACert: string;
    SigningCAKey: string;
  };
}

/** What founding and joining a swarm have in common. */
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

const duration: GoType<number> = { ...goInt64, name: 'time.Duration' };

const membership = {
  ListenAddr: goString,
  AdvertiseAddr: goString,
  DataPathAddr: goString,
  Availability: named('swarm.NodeAvailability'),
};

const externalCa = struct<{ Protocol: string }>('swarm.ExternalCA', {
  Protocol: named('swarm.ExternalCAProtocol'),
});

const specType = struct<SwarmSpec>('swarm.Spec', {
  Name: goString,
  Dispatcher: struct('swarm.DispatcherConfig', { HeartbeatPeriod: duration }),
  CAConfig: struct('swarm.CAConfig', {
    NodeCertExpiry: duration,
    ExternalCAs: slice(pointer(externalCa)),
    SigningCACert: goString,
    SigningCAKey: goString,
  }),
});

const initType = struct<InitRequest>('swarm.InitRequest', {
  ...membership,
  DataPathPort: goUint32,
  Spec: specType,
  DefaultAddrPool: slice(goPrefix),
  SubnetSize: goUint32,
});
const joinType = struct<JoinRequest>('swarm.JoinRequest', {
  ...membership,
  RemoteAddrs: slice(goString),
  JoinToken: goString,
});
/** The bodies of the two requests. */
export const foundingTypes = { init: initType, join: joinType };

/** Network cards of the simulated machine that addresses may name. */
const cards = [...machineCards, 'docker0'];
const defaultSubnetSize = 24;
const largestSubnetSize = 29;
const dataPathPorts = [1024, 49151] as const;
/** Nanoseconds. */
const hour = 3_600_000_000_000;
const token = /^SWMTKN-[12]-[0-9a-z]{50}-[0-9a-z]{25}$/;

const bad = (why: string): AttestdError => new AttestdError('INVALID_ARGUMENT', why);
const failed = (why: string): AttestdError => new AttestdError('INTERNAL', why);

/** This server can be no part of a swarm, which it says itself: a daemon would become one. */
function noSwarms(): AttestdError {
  return new AttestdError('NOT_IMPLEMENTED', 'the reference server takes part in no swarm');
}

/**
 * `POST /swarm/init` (docs/behaviour.md#a-daemon-without-a-swarm).
 *
 * @returns never; throws INVALID_ARGUMENT and INTERNAL for what a daemon refuses, NOT_IMPLEMENTED for a swarm that it would found
 */
export function foundSwarm(request: InitRequest): never {
  const { ListenAddr: listen, AdvertiseAddr: advertised, Spec: spec } = request;
  checkListen(listen);
  if (spec.Name !== '' && spec.Name !== 'default') throw bad('swarm spec must be named "default"');
  const { port } = listenAddress(listen);
  if (advertised !== '' && !isReachable(split(advertised)?.host ?? advertised)) {
    const what = 'a non-zero IP address or network interface (with optional port number)';
    throw bad(`advertise address must be ${what}`);
  }
  checkDataPath(request);
  checkPools(request);
  checkAvailability(request);
  if (!/^\d+$/.test(port))
    throw failed(
      `manager stopped: failed to listen on remote API address: listen tcp: lookup tcp/${port}: unknown port`,
    );
  if (Number(port) > 65535)
    throw failed(`manager stopped: failed to listen on remote API address: listen tcp: address ${port}: invalid port`);
  checkSpec(spec);
  throw noSwarms();
}

/**
 * `POST /swarm/join` (docs/behaviour.md#a-daemon-without-a-swarm).
 *
 * @returns never; throws INVALID_ARGUMENT and INTERNAL for what a daemon refuses, NOT_IMPLEMENTED where it would ask others
 */
export function joinSwarm(request: JoinRequest): never {
  const { RemoteAddrs: remotes = [], JoinToken: secret } = request;
  checkListen(request.ListenAddr);
  if (remotes.length === 0) throw bad('at least 1 RemoteAddr is required to join');
  if (remotes.includes('')) throw bad('invalid remoteAddr "": invalid empty address');
  listenAddress(request.ListenAddr);
  checkDataPath(request);
  checkAvailability(request);
  if (secret !== '' && !token.test(secret)) throw failed('invalid join token');
  throw noSwarms();
}

function checkListen(address: string): void {
  if (address === '') throw bad('invalid ListenAddr "": invalid empty address');
}

/** Split `host:port` and `[host]:port`; undefined where there is no port. @throws what `fault` makes where it cannot be read */
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

/** Where managers would listen. @throws INVALID_ARGUMENT for what is neither an address nor a card */
function listenAddress(address: string): { host: string; port: string } {
  const parts = split(address, () => bad(`could not parse listen address ${address}`));
  const { host, port } = parts ?? { host: address.replace(/^\[(.*)\]$/, '$1'), port: '2377' };
  const bareIpv6 = parts === undefined && isIP(address) === 6;
  if (bareIpv6 || (host !== '' && isIP(host) === 0 && !cards.includes(host)))
    throw bad('listen address must be an IP address or network interface (with optional port number)');
  return { host, port };
}

/** Whether others could reach an address or card. */
function isReachable(host: string): boolean {
  return isIP(host) === 0 ? cards.includes(host) : !/^[0.:]+$/.test(host);
}

function checkDataPath({ DataPathAddr: address }: Membership): void {
  if (address !== '' && !isReachable(address))
    throw bad('data path address must be a non-zero IP address or network interface (without a port number)');
}

function checkPools({ DataPathPort: port, DefaultAddrPool: pools = [], SubnetSize: size }: InitRequest): void {
  const [first, last] = dataPathPorts;
  if (port !== 0 && (port < first || port > last))
    throw failed(`Datapath port number is not in valid range (${first}-${last}) : ${port}`);
  if (pools.length === 0) return;
  const wanted = size || defaultSubnetSize;
  if (wanted > largestSubnetSize) throw failed(`subnet size is out of range: ${wanted}`);
  for (const pool of pools)
    if (parsePrefix(pool).bits > wanted)
      throw failed(`invalid CIDR: ${quote(pool)}. Subnet size is too small for pool: ${wanted}`);
}

function checkAvailability({ Availability: availability }: Membership): void {
  if (!['', 'active', 'pause', 'drain'].includes(availability.toLowerCase()))
    throw failed(`invalid Availability: ${quote(availability)}`);
}

/** What the new manager would say of its own settings. */
function checkSpec({ CAConfig: ca, Dispatcher: { HeartbeatPeriod: heartbeat } }: SwarmSpec): void {
  const refused = (why: string): AttestdError => failed(`error updating cluster settings: ${why}`);
  const invalid = (why: string): AttestdError => refused(`rpc error: code = InvalidArgument desc = ${why}`);
  for (const { Protocol: protocol = '' } of (ca.ExternalCAs ?? []).map((one) => one ?? { Protocol: '' }))
    if (protocol.toLowerCase() !== 'cfssl') throw refused(`invalid protocol: ${quote(protocol)}`);
  if (ca.NodeCertExpiry !== 0 && ca.NodeCertExpiry < hour) throw invalid('minimum certificate expiry time is: 1h0m0s');
  if (ca.SigningCAKey !== '' && ca.SigningCACert === '')
    throw invalid('if a signing CA key is provided, the signing CA cert must also be provided');
  if (heartbeat < 0) throw invalid('heartbeat time period cannot be a negative duration');
}
