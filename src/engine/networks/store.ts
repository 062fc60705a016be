import { AttestdError } from '../../errors.js';
import { quote } from '../../go/quote.js';
import type { Clock } from '../../runtime/clock.js';
import { newId } from '../containers/store.js';
import type { NetworkRecord } from '../state/records.js';
import { noManager } from '../swarm.js';
import { checkPools } from './check.js';
import type { CreateNetworkRequest, Network } from './network.js';
import { freeSubnet, freeSubnet6, Pool, type PoolConfig } from './pool.js';
import { familyOf, overlaps, parsePrefix } from './prefix.js';

const predefined = ['bridge', 'host', 'none'];
const drivers = ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'];

/** Whether a network is one that every daemon has. */
export function isPredefined(name: string): boolean {
  return predefined.includes(name) || name === 'default';
}

const bridgeOptions = {
  'com.docker.network.bridge.default_bridge': 'true',
  'com.docker.network.bridge.enable_icc': 'true',
  'com.docker.network.bridge.enable_ip_masquerade': 'true',
  'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
  'com.docker.network.bridge.name': 'docker0',
  'com.docker.network.driver.mtu': '1500',
};

/** The networks, by id. */
export class NetworkStore {
  readonly #byId = new Map<string, Network>();
  #lastLink = 4;

  constructor(private readonly clock: Clock) {
    this.#add({ name: 'bridge', driver: 'bridge', options: bridgeOptions, pools: this.#pools([], false, true) });
    this.#add({ name: 'none', driver: 'null', options: {}, pools: [] });
    this.#add({ name: 'host', driver: 'host', options: {}, pools: [] });
  }

  /** All networks, the oldest first. */
  list(): readonly Network[] {
    return [...this.#byId.values()];
  }

  /**
   * The network that an id, a name or the beginning of an id stands for (docs/behaviour.md#networks).
   *
   * @throws NOT_FOUND; INVALID_ARGUMENT for several
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
        const why = `network ${term} is ambiguous (${found.length} matches found based on ${how})`;
        throw new AttestdError('INVALID_ARGUMENT', why);
      }
      if (first !== undefined) return first;
    }
    throw new AttestdError('NOT_FOUND', `network ${term} not found`);
  }

  /**
   * Make a network.
   *
   * @throws FORBIDDEN for a predefined name, overlay without a swarm and overlapping subnets; INVALID_ARGUMENT; CONFLICT for a
   * taken name; NOT_FOUND for an unknown driver
   */
  create(request: CreateNetworkRequest): Network {
    const { Name: name, Driver: driver = '', IPAM: ipam, EnableIPv4: v4 = true, EnableIPv6: v6 = false } = request;
    if (isPredefined(name))
      throw new AttestdError('FORBIDDEN', `operation is not permitted on predefined ${name} network `);
    if (request.Ingress) throw new AttestdError('FORBIDDEN', 'Ingress network can only be global scope network');
    if (request.Scope === 'swarm')
      throw new AttestdError('FORBIDDEN', 'cannot create a swarm scoped network when swarm is not active');
    if (driver === 'overlay') throw noManager('FORBIDDEN');
    const wanted = ipam?.Config ?? [];
    checkPools(wanted, v6);
    if (name.trim() === '') throw new AttestdError('INVALID_ARGUMENT', 'invalid name: name is empty');
    if (this.list().some((other) => other.name === name))
      throw new AttestdError('CONFLICT', `network with name ${name} already exists`);
    if (driver !== '' && !drivers.includes(driver))
      throw new AttestdError('NOT_FOUND', `plugin ${quote(driver)} not found`);
    this.#checkConfiguration(request);
    if (driver === 'host' || driver === 'null')
      throw new AttestdError('FORBIDDEN', `only one instance of "${driver}" network is allowed`);
    return this.#add({
      name,
      driver: request.ConfigOnly ? 'null' : driver || 'bridge',
      options: { ...request.Options },
      pools: request.ConfigOnly ? [] : this.#pools(wanted, v6, v4),
      labels: { ...request.Labels },
      ipv4: v4,
      ipv6: v6,
      ipamDriver: ipam?.Driver || 'default',
      ipamOptions: ipam?.Options,
      internal: request.Internal,
      attachable: request.Attachable,
      ingress: request.Ingress,
      configFrom: request.ConfigFrom?.Network ?? '',
      configOnly: request.ConfigOnly,
    });
  }

  /** What other networks, drivers and families it is to be made with. @throws NOT_FOUND, INVALID_ARGUMENT */
  #checkConfiguration(request: CreateNetworkRequest): void {
    const { ConfigFrom: from, IPAM: ipam, EnableIPv4: v4 = true, EnableIPv6: v6 = false, ConfigOnly: only } = request;
    const source = from?.Network ?? '';
    if (source !== '' && !this.list().some(({ name, configOnly }) => configOnly && name === source))
      throw new AttestdError('NOT_FOUND', `configuration network ${quote(source)} does not exist`);
    if (!only && !v4 && !v6) throw new AttestdError('INVALID_ARGUMENT', 'IPv4 or IPv6 must be enabled');
    const { Driver: pools = '' } = ipam ?? {};
    if (!['', 'default', 'null'].includes(pools))
      throw new AttestdError('NOT_FOUND', `plugin ${quote(pools)} not found`);
  }

  /** The number of a further network card on the host. */
  nextLink(): number {
    return ++this.#lastLink;
  }

  /** Forget a network. */
  remove({ id }: Network): void {
    this.#byId.delete(id);
  }

  /**
   * Bring back a network of an earlier daemon. Of the predefined ones, `host` and `none` keep their ids; `bridge` is made
   * anew.
   */
  restore(record: NetworkRecord): void {
    const { version: _version, createdAt, pools, options, labels, ...rest } = record;
    const predefinedOne = this.list().find(({ name }) => name === rest.name && isPredefined(name));
    if (predefinedOne?.name === 'bridge') return;
    if (predefinedOne !== undefined) this.remove(predefinedOne);
    this.#add({
      ...rest,
      createdAt: Number(createdAt),
      pools: (pools ?? []).map((config) => new Pool({ ...config, Subnet: config.Subnet ?? '' })),
      options: options ?? {},
      labels: labels ?? {},
    });
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
      endpoints: new Map(),
      ...parts,
    };
    this.#byId.set(network.id, network);
    return network;
  }

  /** The subnets that were asked for, and those that are needed beside them. */
  #pools(wanted: readonly PoolConfig[], v6: boolean, v4: boolean): Pool[] {
    const used = this.list().flatMap(({ pools }) => pools.map(({ prefix }) => prefix));
    const pools: Pool[] = [];
    for (const config of wanted) {
      const { Subnet: subnet } = config;
      if (!subnet) continue;
      const family = familyOf(subnet);
      if ((family === 6 && !v6) || (family === 4 && !v4)) continue;
      if (used.some((other) => overlaps(other, parsePrefix(subnet))))
        throw new AttestdError('FORBIDDEN', 'invalid pool request: Pool overlaps with other one on this address space');
      pools.push(new Pool({ ...config, Subnet: subnet }));
    }
    const has = (family: 4 | 6): boolean => pools.some(({ prefix }) => prefix.family === family);
    if (v4 && !has(4)) pools.unshift(new Pool({ Subnet: freeSubnet(used) }));
    if (v6 && !has(6)) pools.push(new Pool({ Subnet: freeSubnet6() }));
    return pools;
  }
}
