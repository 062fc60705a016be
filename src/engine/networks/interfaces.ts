import { AttestdError } from '../../support/foundation/errors.js';
import { daemonResolver, machineResolver } from '../../support/sandbox/resolvers.js';
import type { InterfaceAddress, NetworkInterface, NetworkView } from '../../support/sandbox/types.js';
import type { Container } from '../containers/container.js';
import { isUserDefined, sharedContainer } from '../containers/create/modes.js';
import type { Context } from '../context.js';
import type { EndpointSettings } from './endpoint.js';
import { type Endpoint, type Network, poolOf } from './network.js';
import { contains, formatNumber, lastOf, type Prefix } from './prefix.js';

const ifnameOption = 'com.docker.network.endpoint.ifname';
const prefixOption = 'com.docker.network.container_iface_prefix';
const mtuOption = 'com.docker.network.driver.mtu';
const defaultMtu = 1500;
/** Characters of a name that the kernel takes. */
const maxNameLength = 15;

/** The cards of a container, by its networks. */
function attachInterfaces(
  context: Context,
  container: Container,
): { readonly network: Network; readonly endpoint: Endpoint }[] {
  return context.networks
    .list()
    .flatMap((network) => {
      const endpoint = network.endpoints.get(container.id);
      return endpoint === undefined || endpoint.networkInterface === '' ? [] : [{ network, endpoint }];
    })
    .sort((a, b) => a.endpoint.link - b.endpoint.link);
}

/**
 * Returns the name of a container's interface: the requested name, or the network's prefix with the first free number
 * (docs/reference/behavior/networks.md#network-endpoints).
 *
 * @param endpointId names the interface in errors before it has a name
 * @throws INTERNAL for a name in use or an invalid name
 */
export function interfaceName(
  context: Context,
  container: Container,
  network: Network,
  { DriverOpts: options }: EndpointSettings,
  endpointId: string,
): string {
  const usedNames = new Set([
    'lo',
    ...attachInterfaces(context, container).map(({ endpoint }) => endpoint.networkInterface),
  ]);
  const requested = options?.[ifnameOption] ?? '';
  if (requested === '') {
    const prefix = network.options[prefixOption] || 'eth';
    let number = 0;
    while (usedNames.has(prefix + number)) number++;
    return prefix + number;
  }
  const refused = usedNames.has(requested)
    ? 'file exists'
    : /[/\s:]/.test(requested)
      ? 'invalid argument'
      : requested.length > maxNameLength
        ? 'numerical result out of range'
        : undefined;
  if (refused === undefined) return requested;
  const veth = `veth${endpointId.slice(0, 7)}`;
  throw new AttestdError(
    'INTERNAL',
    `failed to add interface ${veth} to sandbox: error renaming interface "${veth}" to "${requested}": ${refused}`,
  );
}

/**
 * Returns the container's view of its networks while it runs (docs/reference/behavior/networks.md#network-endpoints).
 */
export function networkView(context: Context, container: Container): NetworkView {
  const shared = sharedContainer(container.hostConfig.NetworkMode);
  const owner = shared === undefined ? container : context.containers.resolve(shared);
  return new ContainerNetwork(context, owner);
}

class ContainerNetwork implements NetworkView {
  constructor(
    private readonly context: Context,
    private readonly container: Container,
  ) {}

  get resolver(): string {
    const asks = [...this.container.networks.keys()].some(isUserDefined);
    return asks ? daemonResolver : (this.container.hostConfig.Dns?.[0] ?? machineResolver);
  }

  interfaces(): NetworkInterface[] {
    const found = attachInterfaces(this.context, this.container);
    const leaving = [...found].sort((a, b) => this.#before(a, b));
    const way4 = leaving.find(({ network }) => gatewayOf(network, 4) !== undefined)?.network;
    const way6 = leaving.find(({ network }) => gatewayOf(network, 6) !== undefined)?.network;
    return found.map(({ network, endpoint }, at) => {
      const ipv4 = addressIn(network, endpoint.ipv4);
      const ipv6 = addressIn(network, endpoint.ipv6);
      return {
        name: endpoint.networkInterface,
        index: at + 2,
        peer: endpoint.link,
        mac: endpoint.mac,
        mtu: mtuOf(this.context, network),
        ...(ipv4 && { ipv4 }),
        ...(ipv6 && { ipv6 }),
        ...(network === way4 && { gateway4: gatewayOf(network, 4) as string }),
        ...(network === way6 && { gateway6: gatewayOf(network, 6) as string }),
      };
    });
  }

  /** Which network leads out: by priority, then both families before one, then by name. */
  #before(a: { readonly network: Network }, b: { readonly network: Network }): number {
    const priority = ({ name }: Network): number => this.container.networks.get(name)?.GwPriority ?? 0;
    const families = (network: Network): number =>
      ([4, 6] as const).filter((family) => gatewayOf(network, family) !== undefined).length;
    return (
      priority(b.network) - priority(a.network) ||
      families(b.network) - families(a.network) ||
      (a.network.name < b.network.name ? -1 : 1)
    );
  }

  resolve(name: string): string[] {
    const found = this.#neighbours().filter(({ network, names }) =>
      names.some((each) => each === name || `${each}.${network.name}` === name),
    );
    const addresses = (family: 'ipv4' | 'ipv6'): string[] =>
      found.map(({ endpoint }) => endpoint[family]).filter((address) => address !== '');
    return [...new Set([...addresses('ipv4'), ...addresses('ipv6')])];
  }

  nameOf(address: string): string | undefined {
    const found = this.#neighbours().find(({ endpoint }) => endpoint.ipv4 === address || endpoint.ipv6 === address);
    return found && `${found.endpoint.name}.${found.network.name}`;
  }

  answers(address: string): boolean {
    const gateways = this.context.networks.list().flatMap(({ pools }) => pools.map(({ gateway }) => gateway));
    if (gateways.includes(address) && attachInterfaces(this.context, this.container).length > 0) return true;
    return this.#at(address) !== undefined;
  }

  listening(address: string): readonly number[] | undefined {
    const found = this.#at(address);
    return found && this.context.containers.byId(found.containerId)?.sandbox?.listening();
  }

  /** Returns the endpoint with an address in one of the container's networks. */
  #at(address: string): Endpoint | undefined {
    for (const { network } of attachInterfaces(this.context, this.container))
      for (const endpoint of network.endpoints.values())
        if (endpoint.ipv4 === address || endpoint.ipv6 === address) return endpoint;
    return undefined;
  }

  /** Containers in networks that users made, with the names that the daemon answers for them. */
  #neighbours(): { readonly network: Network; readonly endpoint: Endpoint; readonly names: readonly string[] }[] {
    const links = linksIn(this.container);
    return attachInterfaces(this.context, this.container)
      .filter(({ network }) => isUserDefined(network.name))
      .flatMap(({ network }) =>
        [...network.endpoints.values()].map((endpoint) => {
          const other = this.context.containers.byId(endpoint.containerId);
          const own = other?.networks.get(network.name)?.DNSNames ?? [];
          return { network, endpoint, names: [...own, ...links(network, other)] };
        }),
      );
  }
}

/** The aliases that a container has for another one in a network. */
function linksIn({ networks }: Container): (network: Network, other: Container | undefined) => string[] {
  return (network, other) =>
    (networks.get(network.name)?.Links ?? []).flatMap((spec) => {
      const [name = '', alias = name] = spec.split(':');
      return other !== undefined && [other.plainName, other.id].includes(name) ? [alias] : [];
    });
}

function gatewayOf(network: Network, family: 4 | 6): string | undefined {
  return network.internal ? undefined : poolOf(network, family)?.gateway;
}

function addressIn({ pools }: Network, address: string): InterfaceAddress | undefined {
  const prefix = pools.find((pool) => address !== '' && contains(pool.prefix, address))?.prefix;
  return (
    prefix && { address, bits: prefix.bits, base: firstOf(prefix), last: formatNumber(prefix.family, lastOf(prefix)) }
  );
}

const firstOf = ({ family, base }: Prefix): string => formatNumber(family, base);

function mtuOf(context: Context, { options, configFrom }: Network): number {
  const source = context.networks.list().find(({ name, configOnly }) => configOnly && name === configFrom);
  return Number(options[mtuOption] ?? source?.options[mtuOption] ?? defaultMtu) || defaultMtu;
}
