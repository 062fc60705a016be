import type { NetworkInspect, NetworkSummary } from '../../support/foundation/types.js';
import { type GoType, goBool, goString, map, pointer, slice, struct } from '../../support/go/json.js';
import { goAddress, goPrefix } from '../../support/go/netip.js';
import { formatGoTime } from '../../support/go/rfc3339.js';
import { sorted } from '../../support/go/sorted.js';
import type { AnswerOf, Wire, WireMembers } from '../wire.js';
import type { Pool, PoolConfig } from './pool.js';

/** Addresses of a network (`network.IPAM`). */
export interface Ipam {
  Driver: string;
  Options: Record<string, string> | undefined;
  Config: PoolConfig[] | undefined;
}

/** Body of `POST /networks/create`. */
export interface CreateNetworkRequest {
  Name: string;
  Driver: string;
  Scope: string;
  EnableIPv4?: boolean;
  EnableIPv6?: boolean;
  IPAM: Ipam | undefined;
  Internal: boolean;
  Attachable: boolean;
  Ingress: boolean;
  ConfigOnly: boolean;
  ConfigFrom: { Network: string } | undefined;
  Options: Record<string, string> | undefined;
  Labels: Record<string, string> | undefined;
}

const poolConfigType = struct<PoolConfig>('network.IPAMConfig', {
  'Subnet?': goPrefix,
  'IPRange?': goPrefix,
  'Gateway?': goAddress,
  'AuxiliaryAddresses?': map(goAddress),
});

/** network.CreateRequest */
export const createNetworkType: GoType<CreateNetworkRequest> = struct<CreateNetworkRequest>('network.CreateRequest', {
  Name: goString,
  Driver: goString,
  Scope: goString,
  'EnableIPv4?': pointer(goBool),
  'EnableIPv6?': pointer(goBool),
  IPAM: pointer(
    struct<Ipam>('network.IPAM', { Driver: goString, Options: map(goString), Config: slice(poolConfigType) }),
  ),
  Internal: goBool,
  Attachable: goBool,
  Ingress: goBool,
  ConfigOnly: goBool,
  ConfigFrom: pointer(struct<{ Network: string }>('network.ConfigReference', { Network: goString })),
  Options: map(goString),
  Labels: map(goString),
});

/** A container's place in a network while it runs. */
export interface Endpoint {
  readonly id: string;
  readonly containerId: string;
  name: string;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** The name of the interface in the container. Empty if there is none. */
  readonly networkInterface: string;
  /** Number of the card's other end, on the host. */
  readonly link: number;
}

/** A network of containers. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly scope: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly ipamDriver: string;
  readonly ipamOptions: Record<string, string> | undefined;
  readonly pools: readonly Pool[];
  /** The subnets that a configuration network lends to others. */
  readonly configFromPools: readonly PoolConfig[];
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ingress: boolean;
  readonly configFrom: string;
  readonly configOnly: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Endpoints by container id. */
  readonly endpoints: Map<string, Endpoint>;
}

/** Returns the network's address pool of one family. */
export function poolOf({ pools }: Network, family: 4 | 6): Pool | undefined {
  return pools.find(({ prefix }) => prefix.family === family);
}

/** A network as a list shows it. */
export function networkObject(network: Network): WireMembers<NetworkSummary> {
  return {
    Name: network.name,
    Id: network.id,
    Created: formatGoTime(new Date(network.createdAt)),
    Scope: network.scope,
    Driver: network.driver,
    EnableIPv4: network.ipv4,
    EnableIPv6: network.ipv6,
    IPAM: {
      Driver: network.ipamDriver,
      Options: network.ipamOptions === undefined ? null : { ...network.ipamOptions },
      Config: network.pools.length === 0 && network.scope !== 'swarm' ? null : network.pools.map(poolObject),
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: network.ingress,
    ConfigFrom: { Network: network.configFrom },
    ConfigOnly: network.configOnly,
    Options: sorted(network.options),
    Labels: sorted(network.labels),
  };
}

function poolObject({
  subnet,
  gateway,
  config,
}: Pool): Wire<NonNullable<NonNullable<NetworkInspect['IPAM']>['Config']>[number]> {
  const auxiliary = config.AuxiliaryAddresses;
  return {
    Subnet: subnet,
    IPRange: config.IPRange || undefined,
    Gateway: gateway || undefined,
    AuxiliaryAddresses: auxiliary && Object.keys(auxiliary).length > 0 ? { ...auxiliary } : undefined,
  };
}

/**
 * Returns a network with its containers.
 *
 * @param status whether to add address counts, as from 1.52 on
 */
export function networkDetails(network: Network, status: boolean): AnswerOf<'NetworkInspect'> {
  const containers = [...network.endpoints.values()].map(
    (endpoint) => [endpoint.containerId, endpointObject(network, endpoint)] as const,
  );
  return {
    ...networkObject(network),
    Containers: Object.fromEntries(containers),
    Status: status ? { IPAM: { Subnets: subnets(network) } } : undefined,
  };
}

function endpointObject(
  network: Network,
  { name, id, mac, ipv4, ipv6 }: Endpoint,
): Wire<NonNullable<NetworkInspect['Containers']>[string]> {
  const bits = (family: 4 | 6): number => poolOf(network, family)?.prefix.bits ?? 0;
  return {
    Name: name,
    EndpointID: id,
    MacAddress: mac,
    IPv4Address: ipv4 === '' ? '' : `${ipv4}/${bits(4)}`,
    IPv6Address: ipv6 === '' ? '' : `${ipv6}/${bits(6)}`,
  };
}

function subnets({
  pools,
}: Network): Wire<NonNullable<NonNullable<NetworkInspect['Status']>['IPAM']>['Subnets']> | undefined {
  if (pools.length === 0) return undefined;
  return Object.fromEntries(
    pools
      .map(({ subnet, inUse, available }) => [subnet, { IPsInUse: inUse, DynamicIPsAvailable: available }] as const)
      .sort(),
  );
}
