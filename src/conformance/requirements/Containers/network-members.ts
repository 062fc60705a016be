import { containers, operationPointer } from '../../containers/family.js';
import { demand, type Shape, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { block, features, first, inspectNetwork as inspect } from './networks.js';

const endpoint = (container: Shape, network: string): Shape => container.at('NetworkSettings', 'Networks', network);

const connect = containers(
  {
    operationId: 'NetworkConnect',
    pointer: operationPointer('POST', '/networks/{id}/connect'),
    features: [...features, 'bridge'],
  },
  [
    {
      id: 'connected',
      title: 'a container that runs gets an address of the network, and the network names it',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(d) {
        const [one, two] = [await d.network(), await d.network()];
        const { id, name } = await d.running({ HostConfig: { NetworkMode: one.name } });
        (await d.post(`/networks/${two.id}/connect`, { Container: id })).status(200);
        const found = endpoint(await d.inspect(id), two.name);
        found.at('NetworkID').is(two.id);
        found.at('IPAddress').matches(/^\d+\.\d+\.\d+\.\d+$/);
        const member = (await inspect(d, two.id)).at('Containers', id);
        member.at('Name').is(name);
        member.at('IPv4Address').matches(new RegExp(`^${found.at('IPAddress').string().replaceAll('.', '\\.')}/\\d+$`));
      },
    },
    {
      id: 'address',
      title: 'an address that was asked for is the one that is given',
      pointer: '/definitions/EndpointSettings',
      why: 'Firewalls know it.',
      async check(d) {
        const own = block(d, 'connect');
        const one = await d.network();
        const two = await d.network({ IPAM: { Config: [{ Subnet: own }] } });
        const { id } = await d.running({ HostConfig: { NetworkMode: one.name } });
        const EndpointConfig = { IPAMConfig: { IPv4Address: first(own, 77) } };
        (await d.post(`/networks/${two.id}/connect`, { Container: id, EndpointConfig })).status(200);
        endpoint(await d.inspect(id), two.name)
          .at('IPAddress')
          .is(first(own, 77));
      },
    },
    {
      id: 'aliases',
      title: 'aliases are kept',
      pointer: '/definitions/EndpointSettings',
      why: 'Others find the container by them.',
      async check(d) {
        const [one, two] = [await d.network(), await d.network()];
        const { id } = await d.running({ HostConfig: { NetworkMode: one.name } });
        const body = { Container: id, EndpointConfig: { Aliases: ['also-me'] } };
        (await d.post(`/networks/${two.id}/connect`, body)).status(200);
        const aliases = endpoint(await d.inspect(id), two.name)
          .at('Aliases')
          .array();
        demand(
          aliases.some(({ value }) => value === 'also-me'),
          'Aliases',
          'also-me',
          aliases.map(({ value }) => value),
        );
      },
    },
    {
      id: 'twice',
      title: 'a container that is connected already is refused',
      observed: true,
      why: 'It would have two places.',
      async check(d) {
        const network = await d.network();
        const { id } = await d.running({ HostConfig: { NetworkMode: network.name } });
        (await d.post(`/networks/${network.id}/connect`, { Container: id })).error(403);
      },
    },
    {
      id: 'container-absent',
      title: 'a container that is not there is answered 404',
      pointer: '+/responses/404',
      why: 'Clients make it then.',
      async check(d) {
        const network = await d.network();
        (await d.post(`/networks/${network.id}/connect`, { Container: d.unique('none') })).error(404);
      },
    },
    {
      id: 'created-with',
      title: 'a container that was created with a network is in it when it runs',
      pointer: operationPointer('POST', '/containers/create'),
      why: 'It is the usual way.',
      async check(d) {
        const network = await d.network();
        const NetworkingConfig = { EndpointsConfig: { [network.name]: { Aliases: ['me'] } } };
        const { id } = await d.running({ HostConfig: { NetworkMode: network.name }, NetworkingConfig });
        endpoint(await d.inspect(id), network.name)
          .at('NetworkID')
          .is(network.id);
        same(Object.keys((await inspect(d, network.id)).at('Containers').object()), [id], 'Containers');
      },
    },
  ],
);

const disconnect = containers(
  {
    operationId: 'NetworkDisconnect',
    pointer: operationPointer('POST', '/networks/{id}/disconnect'),
    features: [...features, 'bridge'],
  },
  [
    {
      id: 'disconnected',
      title: 'a container is out of the network, and runs on',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(d) {
        const network = await d.network();
        const { id } = await d.running({ HostConfig: { NetworkMode: network.name } });
        (await d.post(`/networks/${network.id}/disconnect`, { Container: id })).status(200);
        const found = await d.inspect(id);
        found.at('State', 'Running').is(true);
        same(Object.keys(found.at('NetworkSettings', 'Networks').object()), [], 'Networks');
        same(Object.keys((await inspect(d, network.id)).at('Containers').object()), [], 'Containers');
      },
    },
    {
      id: 'not-connected',
      title: 'a container that is not in the network is refused',
      observed: true,
      why: 'The client took it for another one.',
      async check(d) {
        const [one, two] = [await d.network(), await d.network()];
        const { id } = await d.running({ HostConfig: { NetworkMode: one.name } });
        const answer = await d.post(`/networks/${two.id}/disconnect`, { Container: id });
        demand(answer.exchange.status >= 400, 'status', 'a refusal', answer.exchange.status);
      },
    },
  ],
);

const predefined = containers(
  { operationId: 'NetworkInspect', pointer: operationPointer('GET', '/networks/{id}'), features },
  [
    {
      id: 'predefined',
      title: 'every daemon has the networks host and none',
      observed: true,
      why: 'Clients name them without looking.',
      async check(d) {
        (await inspect(d, 'host')).at('Driver').is('host');
        (await inspect(d, 'none')).at('Driver').is('null');
      },
    },
  ],
);

/** Containers in networks, and those that every daemon has. */
export const networkMembers: readonly Requirement[] = [connect, disconnect, predefined].flat();
