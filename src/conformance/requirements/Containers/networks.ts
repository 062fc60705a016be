import { createHash } from 'node:crypto';
import { filters } from '../../api.js';
import type { Dock, Made } from '../../containers/dock.js';
import { containers, type Member, operationPointer } from '../../containers/family.js';
import { demand, type Shape } from '../../expect.js';
import { runLabel } from '../../images/kit.js';
import type { Requirement } from '../../requirement.js';
import { whenFree } from '../common.js';

/** Features that network requirements need. */
export const features = ['containers', 'networks'] as const;

/**
 * Inspects a network.
 * @throws Unmet if it does not exist
 */
export const inspectNetwork = async (d: Dock, id: string): Promise<Shape> =>
  (await d.api.get(`/networks/${id}`)).status(200).json();

const ask = (d: Dock, spec: object): ReturnType<Dock['post']> =>
  d.post('/networks/create', { Name: d.unique('n'), Driver: 'bridge', Labels: d.labels, ...spec });

/** A rarely used block of addresses. Each run has its own, because daemons never assign a block twice. */
export function block(d: Dock, use: string): string {
  const [high = 0, low = 0] = createHash('sha256').update(`${d.t.mark()} ${use}`).digest();
  return `10.${200 + (high % 32)}.${low}.0/24`;
}

/** An address of a block. */
export const first = (of: string, last: number): string => of.replace('.0/24', `.${last}`);

function refused(id: string, title: string, spec: object, statuses: readonly number[], more: Partial<Member>): Member {
  return {
    id,
    title,
    why: 'What cannot be is refused, not made otherwise.',
    ...more,
    async check(d) {
      const answer = await ask(d, spec);
      if (answer.exchange.status === 201) d.own(`/networks/${answer.json().at('Id').string()}`);
      answer.error(...statuses);
    },
  };
}

const create = containers(
  { operationId: 'NetworkCreate', pointer: operationPointer('POST', '/networks/create'), features },
  [
    {
      id: 'created',
      title: 'a network is created with an Id and found by it, by its name and by the beginning of its Id',
      pointer: '+/responses/201',
      why: 'It is what the operation is for.',
      async check(d) {
        const { id, name } = await d.network();
        for (const given of [id, name, id.slice(0, 12)]) (await inspectNetwork(d, given)).at('Id').is(id);
      },
    },
    {
      id: 'kept',
      title: 'driver, labels, options and flags are kept',
      pointer: '/definitions/Network',
      why: 'A network has to be what was asked for.',
      async check(d) {
        const { id, name } = await d.network({
          Internal: true,
          Attachable: true,
          Labels: { mine: 'x' },
          Options: { 'com.docker.network.bridge.enable_icc': 'false' },
        });
        const found = await inspectNetwork(d, id);
        found.at('Name').is(name);
        found.at('Driver').is('bridge');
        found.at('Scope').is('local');
        found.at('Internal').is(true);
        found.at('Attachable').is(true);
        found.at('Labels').is({ ...d.labels, mine: 'x' });
        found.at('Options', 'com.docker.network.bridge.enable_icc').is('false');
        demand(Date.parse(found.at('Created').string()) > 0, 'Created', 'a time', found.at('Created').value);
      },
    },
    {
      id: 'addresses',
      title: 'subnet, range and gateway are those that were asked for',
      pointer: '/definitions/IPAM',
      why: 'Firewalls know them.',
      async check(d) {
        const own = block(d, 'create');
        const config = { Subnet: own, IPRange: first(own, 128).concat('/25'), Gateway: first(own, 9) };
        const { id } = await d.network({ IPAM: { Driver: 'default', Config: [config] } });
        const [found] = (await inspectNetwork(d, id)).at('IPAM', 'Config').array();
        for (const [member, value] of Object.entries(config)) found?.at(member).is(value);
      },
    },
    {
      id: 'addresses-given',
      title: 'without a subnet the network gets one, with a gateway',
      pointer: '/definitions/IPAM',
      why: 'People do not count addresses.',
      async check(d) {
        const { id } = await d.network();
        const [found] = (await inspectNetwork(d, id)).at('IPAM', 'Config').array();
        found?.at('Subnet').matches(/^[0-9a-f.:]+\/\d+$/);
        found?.at('Gateway').matches(/^[0-9a-f.:]+/);
      },
    },
    refused(
      'predefined',
      'the name of a network that every daemon has is answered 403 or 409',
      { Name: 'host' },
      [403, 409],
      {
        pointer: '+/responses/403',
      },
    ),
    refused('driver-unknown', 'a driver that is not there is answered 404', { Driver: 'attestd-none' }, [404], {
      pointer: '+/responses/404',
    }),
    refused('nameless', 'no name is answered 400', { Name: '' }, [400], { pointer: '+/responses/400' }),
    refused(
      'subnet-malformed',
      'a subnet that is none is answered 400',
      { IPAM: { Config: [{ Subnet: '10.0.0.0/99' }] } },
      [400],
      { pointer: '+/responses/400' },
    ),
    refused(
      'gateway-outside',
      'a gateway outside of its subnet is answered 400',
      { IPAM: { Config: [{ Subnet: '10.213.78.0/24', Gateway: '10.9.9.9' }] } },
      [400],
      { pointer: '+/responses/400', observed: true },
    ),
    {
      id: 'name-taken',
      title: 'a name that is taken is answered 409',
      observed: true,
      why: 'Two networks of one name could not be told apart.',
      async check(d) {
        const { name } = await d.network();
        (await ask(d, { Name: name })).error(409);
      },
    },
  ],
);

async function listed(d: Dock, of: Readonly<Record<string, readonly string[]>>): Promise<readonly string[]> {
  const query = { filters: filters(of) };
  const found = (await d.api.get('/networks', { query })).status(200).json().array();
  return found.map((network) => network.at('Id').string());
}

const list = containers({ operationId: 'NetworkList', pointer: operationPointer('GET', '/networks'), features }, [
  {
    id: 'listed',
    title: 'a network is listed with its name, driver, scope and labels',
    pointer: '+/responses/200',
    why: 'Tools show lists without asking for each.',
    async check(d) {
      const { id, name } = await d.network();
      const found = (await d.api.get('/networks')).status(200).json().array();
      const entry = found.find((network) => network.at('Id').value === id);
      demand(entry !== undefined, 'list of networks', id, found.length);
      entry.at('Name').is(name);
      entry.at('Driver').is('bridge');
      entry.at('Scope').is('local');
      entry.at('Labels', runLabel).is(d.run);
    },
  },
  ...(
    [
      ['name', (made: Made) => [made.name]],
      ['id', (made: Made) => [made.id.slice(0, 20)]],
      ['label', (made: Made) => [`only=${made.name}`]],
    ] as const
  ).map(
    ([filter, values]): Member => ({
      id: `filter-${filter}`,
      title: `the filter ${filter} selects one network and leaves another out`,
      pointer: '+/parameters/0',
      why: 'Clients find their networks by it.',
      async check(d) {
        const name = d.unique('n');
        const wanted = await d.network({ Labels: { only: name } }, name);
        const other = await d.network();
        const found = await listed(d, { [filter]: values(wanted) });
        demand(found.includes(wanted.id), `filter ${filter}`, wanted.id, found);
        demand(!found.includes(other.id), `filter ${filter}`, `not ${other.id}`, found);
      },
    }),
  ),
  ...(
    [
      ['driver', 'bridge', 'host'],
      ['type', 'custom', 'builtin'],
      ['scope', 'local', 'swarm'],
      ['dangling', 'true', 'false'],
    ] as const
  ).map(
    ([filter, value, another]): Member => ({
      id: `filter-${filter}`,
      title: `the filter ${filter} selects by ${value}, and not by ${another}`,
      pointer: '+/parameters/0',
      why: 'Clients find their networks by it.',
      async check(d) {
        const { id } = await d.network();
        demand((await listed(d, { [filter]: [value] })).includes(id), `filter ${filter}=${value}`, id, 'not listed');
        demand(
          !(await listed(d, { [filter]: [another] })).includes(id),
          `filter ${filter}=${another}`,
          `not ${id}`,
          'listed',
        );
      },
    }),
  ),
  {
    id: 'filter-unknown',
    title: 'a filter that is none is refused',
    observed: true,
    why: 'Ignoring it would list everything.',
    async check(d) {
      (await d.api.get('/networks', { query: { filters: filters({ nothing: ['x'] }) } })).error(400);
    },
  },
]);

const remove = containers(
  { operationId: 'NetworkDelete', pointer: operationPointer('DELETE', '/networks/{id}'), features },
  [
    {
      id: 'removed',
      title: 'a network that was removed is not there any more',
      pointer: '+/responses/204',
      why: 'It is what the operation is for.',
      async check(d) {
        const { id, name } = await d.network();
        (await d.api.delete(`/networks/${name}`)).status(204);
        (await d.api.get(`/networks/${id}`)).error(404);
      },
    },
    {
      id: 'predefined',
      title: 'the network host is answered 403',
      observed: true,
      why: 'Containers count on it.',
      async check(d) {
        (await d.api.delete('/networks/host')).error(403);
      },
    },
    {
      id: 'in-use',
      title: 'a network that running containers are in is refused',
      features: [...features, 'bridge'],
      pointer: '+/responses/403',
      why: 'They would be cut off.',
      async check(d) {
        const network = await d.network();
        await d.running({ HostConfig: { NetworkMode: network.name } });
        (await d.api.delete(`/networks/${network.id}`)).error(403);
        (await inspectNetwork(d, network.id)).at('Id').is(network.id);
      },
    },
  ],
);

const prune = containers(
  { operationId: 'NetworkPrune', pointer: operationPointer('POST', '/networks/prune'), features, destructive: true },
  [
    {
      id: 'unused',
      title: 'what nobody is in is removed and named, what is in use stays',
      features: [...features, 'bridge'],
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(d) {
        const mark = d.unique('p');
        const gone = await d.network({ Labels: { prune: mark } });
        const stays = await d.network({ Labels: { prune: mark } });
        await d.running({ HostConfig: { NetworkMode: stays.name } });
        const query = { filters: filters({ label: [`prune=${mark}`] }) };
        (await whenFree(d.api, '/networks/prune', query)).status(200).json().at('NetworksDeleted').is([gone.name]);
        (await d.api.get(`/networks/${gone.id}`)).error(404);
        (await inspectNetwork(d, stays.id)).at('Id').is(stays.id);
      },
    },
    {
      id: 'until',
      title: 'until leaves younger ones',
      pointer: '+/parameters/0',
      why: 'What was just made is about to be used.',
      async check(d) {
        const mark = d.unique('p');
        const { id } = await d.network({ Labels: { prune: mark } });
        const query = { filters: filters({ label: [`prune=${mark}`], until: ['1h'] }) };
        (await whenFree(d.api, '/networks/prune', query)).status(200);
        (await inspectNetwork(d, id)).at('Id').is(id);
      },
    },
  ],
);

/** Networks. */
export const networks: readonly Requirement[] = [create, list, remove, prune].flat();
