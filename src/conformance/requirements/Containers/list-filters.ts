import { filters } from '../../api.js';
import type { Dock } from '../../containers/dock.js';
import { containers, type Member, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { pause } from '../common.js';
import { ids, listed } from './list.js';

/** A filter that selects one container and leaves another out. */
function selects(
  filter: string,
  title: string,
  pair: (d: Dock) => Promise<{ readonly in: string; readonly out: string; readonly values: readonly string[] }>,
  more: Partial<Member> = {},
): Member {
  return {
    id: `filter-${filter}`,
    title,
    pointer: '+/parameters/3',
    why: 'Clients find their containers by it among many.',
    ...more,
    async check(d) {
      const { in: wanted, out, values } = await pair(d);
      const found = ids(await listed(d, { [filter.replace(/-.*/, '')]: values }, { all: '1' }));
      demand(found.includes(wanted), `filter ${filter}`, `the container ${wanted}`, found);
      demand(!found.includes(out), `filter ${filter}`, `not the container ${out}`, found);
    },
  };
}

/** Filters of lists of containers. */
export const listFilters: readonly Requirement[] = containers(
  { operationId: 'ContainerList', pointer: operationPointer('GET', '/containers/json') },
  [
    {
      id: 'filters-malformed',
      title: 'filters that are not JSON are answered 400',
      pointer: '+/responses/400',
      why: 'Ignoring them would list everything.',
      async check(d) {
        (await d.api.get('/containers/json', { query: { filters: '{' } })).error(400);
      },
    },
    {
      id: 'filter-unknown',
      title: 'a filter that is none is answered 400',
      pointer: '+/responses/400',
      observed: true,
      why: 'Ignoring it would list everything.',
      async check(d) {
        (await d.api.get('/containers/json', { query: { filters: filters({ nothing: ['x'] }) } })).error(400);
      },
    },
    {
      id: 'filter-status-unknown',
      title: 'a status that is none is answered 400',
      pointer: '+/responses/400',
      observed: true,
      why: 'The list would be empty for ever.',
      async check(d) {
        (await d.api.get('/containers/json', { query: { filters: filters({ status: ['asleep'] }) } })).error(400);
      },
    },
    {
      id: 'filter-status-without-all',
      title: 'a filter by status needs no all',
      pointer: '+/parameters/3',
      why: 'The status says it already.',
      async check(d) {
        const found = ids(await listed(d, { status: ['created'] }));
        demand(found.includes((await d.fresh()).id), 'list', 'what was created', found);
      },
    },
    selects('status', 'the filter status selects by state', async (d) => ({
      in: (await d.spoken()).id,
      out: (await d.sleeper()).id,
      values: ['exited'],
    })),
    selects('status-two', 'two states are alternatives', async (d) => ({
      in: (await d.fresh()).id,
      out: (await d.sleeper()).id,
      values: ['exited', 'created'],
    })),
    selects('id', 'the filter id selects by the beginning of ids', async (d) => ({
      in: (await d.fresh()).id,
      out: (await d.sleeper()).id,
      values: [(await d.fresh()).id.slice(0, 16)],
    })),
    selects('name', 'the filter name selects by parts of names', async (d) => ({
      in: (await d.fresh()).id,
      out: (await d.sleeper()).id,
      values: [(await d.fresh()).name.slice(4)],
    })),
    selects('exited', 'the filter exited selects by exit code', async (d) => ({
      in: (await d.spoken()).id,
      out: (await d.ran(['true'])).id,
      values: ['3'],
    })),
    selects(
      'ancestor',
      'the filter ancestor selects by image',
      async (d) => ({
        in: (await d.fresh()).id,
        out: (await d.create({ Image: d.image('configured') })).id,
        values: [d.image()],
      }),
      { images: ['configured'] },
    ),
    selects('before', 'the filter before selects older ones', async (d) => {
      const older = await d.create();
      await pause(20);
      const newer = await d.create();
      return { in: older.id, out: newer.id, values: [newer.name] };
    }),
    selects('since', 'the filter since selects newer ones', async (d) => {
      const older = await d.create();
      await pause(20);
      const newer = await d.create();
      return { in: newer.id, out: older.id, values: [older.id] };
    }),
    selects(
      'volume',
      'the filter volume selects by volume',
      async (d) => {
        const name = await d.volume();
        const { id } = await d.create({ HostConfig: { Binds: [`${name}:/v`] } });
        return { in: id, out: (await d.fresh()).id, values: [name] };
      },
      { features: ['containers', 'volumes'] },
    ),
    selects(
      'volume-place',
      'the filter volume selects by the place of a mount',
      async (d) => {
        const name = await d.volume();
        const { id } = await d.create({ HostConfig: { Binds: [`${name}:/place-of-it`] } });
        return { in: id, out: (await d.fresh()).id, values: ['/place-of-it'] };
      },
      { features: ['containers', 'volumes'] },
    ),
    selects(
      'expose',
      'the filter expose selects by exposed port',
      async (d) => {
        const network = await d.network();
        const HostConfig = { NetworkMode: network.name };
        const { id } = await d.running({ ExposedPorts: { '4711/tcp': {} }, HostConfig });
        return { in: id, out: (await d.fresh()).id, values: ['4711/tcp'] };
      },
      { features: ['containers', 'bridge'] },
    ),
    selects('health', 'the filter health selects by health', async (d) => ({
      in: (await d.fresh()).id,
      out: (await d.running({ Healthcheck: { Test: ['CMD', 'true'], Interval: 3_600_000_000_000 } })).id,
      values: ['none'],
    })),
    {
      id: 'filter-label',
      title: 'labels select by key and by value, and all must be there',
      pointer: '+/parameters/3',
      why: 'Compose finds its containers by them.',
      async check(d) {
        const two = await d.create({ Labels: { one: '1', two: '2' } });
        const one = await d.create({ Labels: { one: '1' } });
        const found = async (...label: string[]): Promise<string[]> =>
          ids(await listed(d, { label }, { all: '1' })).sort();
        same(await found('one'), [one.id, two.id].sort(), 'by key');
        same(await found('two=2'), [two.id], 'by value');
        same(await found('one', 'two'), [two.id], 'by two keys');
        same(await found('one=2'), [], 'by another value');
      },
    },
    {
      id: 'filter-network',
      title: 'the filter network selects by network',
      features: ['containers', 'networks'],
      pointer: '+/parameters/3',
      why: 'Proxies find their targets by it.',
      async check(d) {
        const network = await d.network();
        const { id } = await d.create({ HostConfig: { NetworkMode: network.name } });
        same(ids(await listed(d, { network: [network.name] }, { all: '1' })), [id], 'list');
      },
    },
  ],
);
