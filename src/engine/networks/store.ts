import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import type { Clock } from '../../support/sandbox/clock.js';
import { newId } from '../containers/store.js';
import { networkOverheadBytes } from '../limits.js';
import { estimateBytes, ObjectQuota } from '../object-quota.js';
import type { AddressPool } from '../settings.js';
import type { NetworkRecord } from '../state/records.js';
import { noManager } from '../swarm/no-manager.js';
import { checkPools } from './check.js';
import { bridgeName, checkDriverOptions, familyOption, isGatewayless } from './driver-options.js';
import type { CreateNetworkRequest, Ipam, Network } from './network.js';
import { freeSubnet, freeSubnet6, isAnyBlock, Pool, type PoolConfig, poolsOf, uniqueLocal } from './pool.js';
import { familyOf, overlaps, parsePrefix } from './prefix.js';

const predefined = ['bridge', 'host', 'none'];
const drivers = ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'];

/** Whether a network is predefined. */
export function isPredefined(name: string): boolean {
  return predefined.includes(name) || name === 'default';
}

/** @throws FORBIDDEN for the name of a network that every daemon has */
export function checkPredefined(name: string): void {
  if (isPredefined(name))
    throw new AttestdError('FORBIDDEN', `operation is not permitted on predefined ${name} network `);
}

const bridgeOptions = {
  'com.docker.network.bridge.default_bridge': 'true',
  'com.docker.network.bridge.enable_icc': 'true',
  'com.docker.network.bridge.enable_ip_masquerade': 'true',
  'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
  'com.docker.network.bridge.name': 'docker0',
  'com.docker.network.driver.mtu': '1500',
};

/**
 * @throws NOT_FOUND for an unknown address driver; INVALID_ARGUMENT for settings that the null driver does not support
 */
function checkAddressDriver(ipam: Ipam | undefined, requested: readonly PoolConfig[]): void {
  const { Driver: driver = '' } = ipam ?? {};
  if (!['', 'default', 'null'].includes(driver))
    throw new AttestdError('NOT_FOUND', `plugin ${quote(driver)} not found`);
  if (driver !== 'null') return;
  const reason =
    requested.length > 0 ? 'null ipam driver does not handle specific address pool requests' : 'ipv4 pool is empty';
  throw new AttestdError('INVALID_ARGUMENT', reason);
}

/** The networks, by id. */
export class NetworkStore {
  readonly #byId = new Map<string, Network>();
  readonly #local = uniqueLocal();
  #lastLink = 4;

  constructor(
    private readonly clock: Clock,
    /** Pools for networks without a subnet. Default: dockerd's pools. */
    private readonly addressPools?: readonly AddressPool[],
    /** Shared by all objects that clients create. */
    private readonly quota = new ObjectQuota(),
  ) {
    this.#add({
      name: 'bridge',
      driver: 'bridge',
      options: bridgeOptions,
      pools: [new Pool({ Subnet: freeSubnet([], addressPools) })],
    });
    this.#add({ name: 'none', driver: 'null', options: {}, pools: [] });
    this.#add({ name: 'host', driver: 'host', options: {}, pools: [] });
  }

  /** All networks, the oldest first. */
  list(): readonly Network[] {
    return [...this.#byId.values()];
  }

  /**
   * Resolves an id, a name or an id prefix (docs/reference/behavior/networks.md#networks).
   *
   * @throws NOT_FOUND; INVALID_ARGUMENT for an ambiguous term
   */
  resolve(term: string): Network {
    const exact = this.#byId.get(term);
    if (exact !== undefined) return exact;
    const all = this.list();
    for (const [found, how] of [
      [all.filter(({ name }) => name === term), 'name'],
      [term === '' ? [] : all.filter(({ id }) => id.startsWith(term)), 'ID prefix'],
    ] as const) {
      const [first] = found;
      if (found.length > 1) {
        const reason = `network ${term} is ambiguous (${found.length} matches found based on ${how})`;
        throw new AttestdError('INVALID_ARGUMENT', reason);
      }
      if (first !== undefined) return first;
    }
    throw new AttestdError('NOT_FOUND', `network ${term} not found`);
  }

  /**
   * Creates a network.
   *
   * @throws FORBIDDEN for a predefined name, overlay without a swarm and overlapping subnets; INVALID_ARGUMENT;
   * CONFLICT for a name in use; NOT_FOUND for an unknown driver; NO_SPACE
   */
  create(request: CreateNetworkRequest): Network {
    const { Name: name, Driver: driver = '', IPAM: ipam } = request;
    checkPredefined(name);
    if (request.Ingress) throw new AttestdError('FORBIDDEN', 'Ingress network can only be global scope network');
    if (request.Scope === 'swarm')
      throw new AttestdError('FORBIDDEN', 'cannot create a swarm scoped network when swarm is not active');
    if (driver === 'overlay') throw noManager('FORBIDDEN');
    const requested = ipam?.Config ?? [];
    checkPools(requested, request.EnableIPv6 ?? false);
    if (name.trim() === '') throw new AttestdError('INVALID_ARGUMENT', 'invalid name: name is empty');
    if (this.list().some((other) => other.name === name))
      throw new AttestdError('CONFLICT', `network with name ${name} already exists`);
    if (driver !== '' && !drivers.includes(driver))
      throw new AttestdError('NOT_FOUND', `plugin ${quote(driver)} not found`);
    const source = this.#configurationOf(request);
    const options = { ...(source?.options ?? request.Options) };
    const v4 = familyOption(options, 4, request.EnableIPv4) ?? true;
    const v6 = source?.ipv6 ?? familyOption(options, 6, request.EnableIPv6) ?? false;
    if (!request.ConfigOnly && !v4 && !v6) throw new AttestdError('INVALID_ARGUMENT', 'IPv4 or IPv6 must be enabled');
    checkAddressDriver(ipam, requested);
    if (driver === 'host' || driver === 'null')
      throw new AttestdError('FORBIDDEN', `only one instance of "${driver}" network is allowed`);
    const parts = { driver: request.ConfigOnly ? 'null' : driver || 'bridge', options, internal: request.Internal };
    this.#checkDriver(parts);
    return this.#add({
      name,
      ...parts,
      pools: request.ConfigOnly ? [] : this.#pools(source?.configFromPools ?? requested, v6, v4, parts),
      configFromPools: request.ConfigOnly ? requested : [],
      labels: { ...(source?.labels ?? request.Labels) },
      ipv4: v4,
      ipv6: v6,
      ipamDriver: ipam?.Driver || 'default',
      ipamOptions: ipam?.Options,
      attachable: request.Attachable,
      ingress: request.Ingress,
      configFrom: request.ConfigFrom?.Network ?? '',
      configOnly: request.ConfigOnly,
      // Any scope is accepted and returned. Only `swarm` has an effect.
      scope: request.Scope || 'local',
    });
  }

  /**
   * Returns the config-only network that the request refers to, if any.
   *
   * @throws FORBIDDEN for conflicting members of the request; NOT_FOUND
   */
  #configurationOf(request: CreateNetworkRequest): Network | undefined {
    const { ConfigFrom: from, ConfigOnly: only, IPAM: ipam, Options: options, Labels: labels } = request;
    const name = from?.Network ?? '';
    const refuse = (reason: string): never => {
      throw new AttestdError('FORBIDDEN', reason);
    };
    if (only && (request.Internal || request.Attachable || request.Ingress || request.Scope !== '')) {
      const operators = 'Network operator fields like [ ingress | internal | attachable | scope ] are not supported.';
      refuse(`configuration network can only contain network specific fields. ${operators}`);
    }
    if (name === '') return undefined;
    if (only) refuse('a configuration network cannot depend on another configuration network');
    const ownPools = (ipam?.Config ?? []).length > 0 || Object.keys(ipam?.Options ?? {}).length > 0;
    if (ownPools || request.EnableIPv6 || Object.keys(labels ?? {}).length > 0)
      refuse('user-specified configurations are not supported if the network depends on a configuration network');
    if (Object.keys(options ?? {}).length > 0)
      refuse('network driver options are not supported if the network depends on a configuration network');
    const source = this.list().find((network) => network.configOnly && network.name === name);
    if (source === undefined)
      throw new AttestdError('NOT_FOUND', `configuration network ${quote(name)} does not exist`);
    return source;
  }

  /** @throws the errors of `checkDriverOptions`; FORBIDDEN for a bridge of another network */
  #checkDriver({ driver, options, internal }: Pick<Network, 'driver' | 'options' | 'internal'>): void {
    const bridges = this.list().filter((network) => network.driver === 'bridge');
    const nameOf = ({ options, id }: Network): string => options[bridgeName] || `br-${id.slice(0, 12)}`;
    checkDriverOptions(driver, options, { internal, bridges: bridges.map(nameOf) });
    const name = options[bridgeName] ?? '';
    if (driver !== 'bridge' || name === '') return;
    const other = bridges.find((network) => nameOf(network) === name);
    if (other === undefined) return;
    const reason = `conflicts with network ${other.id} (${name}): networks have same bridge name`;
    throw new AttestdError('FORBIDDEN', `cannot create network ${newId()} (${name}): ${reason}`);
  }

  /** The number of a further network card on the host. */
  nextLink(): number {
    return ++this.#lastLink;
  }

  /** Forget a network. */
  remove({ id }: Network): void {
    this.#byId.delete(id);
    this.quota.release(id);
  }

  /**
   * Restores a network of a previous daemon. A predefined network replaces the current one.
   *
   * @throws INTERNAL for addresses in use
   */
  restore(record: NetworkRecord): Network {
    const { version: _version, createdAt, pools, options, labels, ...rest } = record;
    const predefinedOne = this.list().find(({ name }) => name === rest.name && isPredefined(name));
    if (predefinedOne !== undefined) this.remove(predefinedOne);
    return this.#add({
      ...rest,
      createdAt: Number(createdAt),
      pools: rest.configOnly ? [] : (pools ?? []).map((config) => this.#restored(config, record)),
      configFromPools: rest.configOnly ? (pools ?? []) : [],
      options: options ?? {},
      labels: labels ?? {},
    });
  }

  #restored({ Subnet: subnet = '', ...config }: PoolConfig, { driver, options }: NetworkRecord): Pool {
    return new Pool({ ...config, Subnet: subnet }, isGatewayless(driver, options ?? {}, familyOf(subnet)));
  }

  #add(parts: Pick<Network, 'name' | 'driver' | 'options' | 'pools'> & Partial<Network>): Network {
    const network: Network = {
      id: newId(),
      scope: 'local',
      createdAt: this.clock.now(),
      ipv4: true,
      ipv6: false,
      ipamDriver: 'default',
      ipamOptions: undefined,
      internal: false,
      attachable: false,
      ingress: false,
      configFrom: '',
      configOnly: false,
      labels: {},
      configFromPools: [],
      endpoints: new Map(),
      ...parts,
    };
    const { options, labels, ipamOptions, pools, configFromPools } = network;
    const addresses = pools.map(({ config }) => config);
    this.quota.reserve(
      network.id,
      networkOverheadBytes + estimateBytes([network.name, options, labels, ipamOptions, addresses, configFromPools]),
    );
    this.#byId.set(network.id, network);
    return network;
  }

  /** Creates the requested pools and the missing default pools. */
  #pools(
    requested: readonly PoolConfig[],
    v6: boolean,
    v4: boolean,
    { driver, options }: Pick<Network, 'driver' | 'options'>,
  ): Pool[] {
    const used = this.list().flatMap(({ pools }) => pools.map(({ prefix }) => prefix));
    const pools: Pool[] = [];
    const add = (config: PoolConfig & { Subnet: string }): void => {
      const pool = new Pool(config, isGatewayless(driver, options, familyOf(config.Subnet)));
      pools.push(pool);
      used.push(pool.prefix);
    };
    const count = (family: 4 | 6): number => pools.filter(({ prefix }) => prefix.family === family).length;
    for (const config of requested) {
      const { Subnet: requestedSubnet } = config;
      if (!requestedSubnet) continue;
      const family = familyOf(requestedSubnet);
      if ((family === 6 && !v6) || (family === 4 && !v4)) continue;
      const subnet = isAnyBlock(requestedSubnet)
        ? freeSubnet(used, poolsOf(parsePrefix(requestedSubnet).bits, this.addressPools))
        : requestedSubnet;
      const prefix = parsePrefix(subnet);
      if (used.some((other) => overlaps(other, prefix)))
        throw new AttestdError('FORBIDDEN', 'invalid pool request: Pool overlaps with other one on this address space');
      add({ ...config, Subnet: subnet });
    }
    if (driver === 'bridge' && (count(4) > 1 || count(6) > 1))
      throw new AttestdError('FORBIDDEN', "bridge driver doesn't support multiple subnets");
    if (v4 && count(4) === 0) add({ Subnet: freeSubnet(used, this.addressPools) });
    if (v6 && count(6) === 0) add({ Subnet: freeSubnet6(this.#local, used) });
    return pools;
  }
}
