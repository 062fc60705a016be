import { at, type Dock, type Made } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, type Shape, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { listed } from './list.js';
import { block, features, first, inspectNetwork } from './networks.js';

const address = /^\d+\.\d+\.\d+\.\d+$/;
const mac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** A container in a network with a known block. */
async function attached(d: Dock, use: string): Promise<{ network: Made; container: Made; own: string; found: Shape }> {
  const own = block(d, use);
  const network = await d.network({ IPAM: { Config: [{ Subnet: own, Gateway: first(own, 5) }] } });
  const container = await d.running({ HostConfig: { NetworkMode: network.name } });
  const found = (await d.inspect(container.id)).at('NetworkSettings', 'Networks', network.name);
  return { network, container, own, found };
}

const endpoints = containers(
  {
    operationId: 'ContainerInspect',
    pointer: '/definitions/EndpointSettings',
    features: [...features, 'bridge'],
  },
  [
    {
      id: 'endpoint-gateway',
      title: 'an endpoint has the gateway and the prefix length of its network',
      why: 'Scripts set routes by them.',
      async check(d) {
        const { own, found } = await attached(d, 'gateway');
        found.at('Gateway').is(first(own, 5));
        found.at('IPPrefixLen').is(24);
        found.at('IPAddress').matches(address);
        demand(
          found.at('IPAddress').string().startsWith(own.replace('0/24', '')),
          'IPAddress',
          `an address of ${own}`,
          found.at('IPAddress').value,
        );
      },
    },
    {
      id: 'endpoint-mac',
      title: 'an endpoint has a MAC address and an id, the same that the network shows',
      why: 'Packet filters go by it.',
      async check(d) {
        const { network, container, found } = await attached(d, 'mac');
        const shown = (await inspectNetwork(d, network.id)).at('Containers', container.id);
        const macAddress = found.at('MacAddress').matches(mac).value;
        shown.at('MacAddress').is(macAddress);
        shown.at('EndpointID').is(found.at('EndpointID').string());
        demand(found.at('EndpointID').string().length >= 64, 'EndpointID', '64 digits', found.at('EndpointID').value);
      },
    },
    {
      id: 'endpoint-dns-names',
      since: '1.44',
      title: 'DNSNames has the name of the container and its short id',
      observed: true,
      why: 'Proxies find containers by them.',
      async check(d) {
        const { container, found } = await attached(d, 'dns');
        const names = found
          .at('DNSNames')
          .array()
          .map(({ value }) => value);
        for (const name of [container.name, container.id.slice(0, 12)])
          demand(names.includes(name), 'DNSNames', name, names);
      },
    },
    {
      id: 'endpoint-ipv6-empty',
      title: 'without IPv6 an endpoint has no IPv6 address',
      observed: true,
      why: 'Clients would try an address that nobody answers at.',
      async check(d) {
        const { found } = await attached(d, 'six');
        found.at('GlobalIPv6Address').is('');
        found.at('GlobalIPv6PrefixLen').is(0);
        found.at('IPv6Gateway').is('');
      },
    },
  ],
);

const networks = containers({ operationId: 'NetworkInspect', pointer: '/definitions/Network', features }, [
  {
    id: 'families',
    title: 'EnableIPv6 says whether the network has IPv6',
    why: 'Clients choose the family of addresses by it.',
    async check(d) {
      const found = await inspectNetwork(d, (await d.network()).id);
      found.at('EnableIPv6').is(false);
      found.at('Internal').is(false);
      found.at('Ingress').is(false);
    },
  },
  {
    id: 'enable-ipv4',
    since: '1.48',
    title: 'EnableIPv4 is true unless it was turned off',
    observed: true,
    why: 'Clients choose the family of addresses by it.',
    async check(d) {
      (await inspectNetwork(d, (await d.network()).id)).at('EnableIPv4').is(true);
    },
  },
  {
    id: 'ipv6-network',
    title: 'a network with IPv6 has a block of IPv6 addresses',
    observed: true,
    why: 'Containers of it have two addresses.',
    async check(d) {
      const Subnet = `fd00:a77e:${(d.unique('six').length + (Date.now() % 0xffff)).toString(16)}::/64`;
      const { id } = await d.network({ EnableIPv6: true, IPAM: { Config: [{ Subnet }] } });
      const found = await inspectNetwork(d, id);
      found.at('EnableIPv6').is(true);
      const subnets = found
        .at('IPAM', 'Config')
        .array()
        .map((config) => config.at('Subnet').value);
      demand(subnets.includes(Subnet), 'IPAM.Config', Subnet, subnets);
    },
  },
]);

const lists = containers({ operationId: 'ContainerList', pointer: operationPointer('GET', '/containers/json') }, [
  {
    id: 'like-inspect',
    title: 'ImageID, Command, State, Names and Labels of an entry are those of inspect',
    pointer: '/definitions/ContainerSummary',
    why: 'Tools join lists by them.',
    async check(d) {
      const { id, name } = await d.running({ Labels: { mine: 'x' } });
      const [entry] = await listed(d, { id: [id] });
      const found = await d.inspect(id);
      demand(entry !== undefined, 'list of containers', id, 'none');
      entry.at('ImageID').is(found.at('Image').value);
      entry.at('State').is(found.at('State', 'Status').value);
      entry.at('Labels').is(found.at('Config', 'Labels').value);
      same(
        entry
          .at('Names')
          .array()
          .map(({ value }) => value),
        [`/${name}`],
        'Names',
      );
      entry.at('Command').matches(/sleep 86400/);
    },
  },
  {
    id: 'mount-members',
    title: 'a mount of a volume has type, name, source, destination, driver and RW in list and inspect',
    pointer: '/definitions/MountPoint',
    features: ['containers', 'volumes'],
    why: 'Backups find the data by them.',
    async check(d) {
      const name = await d.volume();
      const { id } = await d.create({ HostConfig: { Binds: [`${name}:/v:ro`] } });
      const source = (await d.api.get(`/volumes/${name}`)).status(200).json().at('Mountpoint').string();
      const [entry] = await listed(d, { id: [id] }, { all: '1' });
      for (const [mount] of [(await d.inspect(id)).at('Mounts').array(), entry?.at('Mounts').array() ?? []]) {
        demand(mount !== undefined, 'Mounts', 'one', 'none');
        mount.has({ Type: 'volume', Name: name, Destination: '/v', Driver: 'local', RW: false });
        same(mount.at('Source').value || source, source, 'Source of the mount');
      }
      const [inspected] = (await d.inspect(id)).at('Mounts').array();
      inspected?.at('Source').is(source);
    },
  },
]);

const info = containers({ operationId: 'SystemInfo', pointer: operationPointer('GET', '/info') }, [
  {
    id: 'plugins',
    title: 'Plugins lists the drivers of volumes, networks and logs',
    pointer: '/definitions/PluginsInfo',
    why: 'Clients offer them for a choice.',
    async check(d) {
      const found = (await d.api.get('/info')).status(200).json().at('Plugins');
      const names = (kind: string): readonly unknown[] =>
        found
          .at(kind)
          .array()
          .map(({ value }) => value);
      demand(names('Volume').includes('local'), 'Plugins.Volume', 'local', names('Volume'));
      demand(names('Network').includes('bridge'), 'Plugins.Network', 'bridge', names('Network'));
      demand(names('Log').length > 0, 'Plugins.Log', 'at least one', names('Log'));
    },
  },
  {
    id: 'swarm',
    title: 'Swarm has the state of the node',
    pointer: '/definitions/SwarmInfo',
    observed: true,
    why: 'Tools ask it before they deploy.',
    async check(d) {
      const found = (await d.api.get('/info')).status(200).json().at('Swarm');
      found.at('LocalNodeState').string();
      found.at('ControlAvailable').boolean();
      found.at('NodeID').string();
    },
  },
  {
    id: 'paused-counted',
    title: 'a paused container is counted as paused, and complete information is given',
    features: ['containers', 'pausing'],
    observed: true,
    why: 'Dashboards show it.',
    async check(d) {
      const { id } = await d.running();
      const before = (await d.api.get('/info')).status(200).json();
      (await d.api.post(at(id, '/pause'))).status(204);
      const paused = (await d.api.get('/info')).status(200).json();
      (await d.api.post(at(id, '/unpause'))).status(204);
      demand(
        paused.at('ContainersPaused').number() >= 1,
        'ContainersPaused',
        '1 or more',
        paused.at('ContainersPaused').value,
      );
      same(Object.keys(paused.object()).sort(), Object.keys(before.object()).sort(), 'members while one is paused');
    },
  },
  {
    id: 'like-version',
    title: 'system, architecture, kernel and version are those of /version',
    observed: true,
    why: 'Tools ask either.',
    async check(d) {
      const found = (await d.api.get('/info')).status(200).json();
      const version = (await d.api.get('/version')).status(200).json();
      found.at('OSType').is(version.at('Os').value);
      found.at('KernelVersion').is(version.at('KernelVersion').value);
      found.at('ServerVersion').is(version.at('Version').value);
      demand(found.at('NCPU').number() >= 1, 'NCPU', '1 or more', found.at('NCPU').value);
      demand(found.at('MemTotal').number() > 1e6, 'MemTotal', 'bytes', found.at('MemTotal').value);
    },
  },
]);

/** Members of answers that have to agree with other answers. */
export const memberAgreement: readonly Requirement[] = [...endpoints, ...networks, ...lists, ...info];
