import { filters } from '../../api.js';
import type { Dock } from '../../containers/dock.js';
import { containers, type Member, operationPointer } from '../../containers/family.js';
import { demand, type Shape, same } from '../../expect.js';
import { runLabel } from '../../images/kit.js';
import type { Requirement } from '../../requirement.js';
import { whenFree } from '../common.js';

const features = ['containers', 'volumes'] as const;

const inspect = async (d: Dock, name: string): Promise<Shape> =>
  (await d.api.get(`/volumes/${name}`)).status(200).json();

async function listed(d: Dock, of: Readonly<Record<string, readonly string[]>>): Promise<readonly string[]> {
  const body = (await d.api.get('/volumes', { query: { filters: filters(of) } })).status(200).json();
  if (body.at('Volumes').value === null) return [];
  return body
    .at('Volumes')
    .array()
    .map((volume) => volume.at('Name').string());
}

const create = containers(
  { operationId: 'VolumeCreate', pointer: operationPointer('POST', '/volumes/create'), features },
  [
    {
      id: 'created',
      title: 'a volume is created and described',
      pointer: '+/responses/201',
      why: 'It is what the operation is for.',
      async check(d) {
        const name = d.unique('v');
        d.own(`/volumes/${name}`);
        const body = { Name: name, Labels: { ...d.labels, mine: 'x' } };
        const found = (await d.post('/volumes/create', body)).status(201).mediaType('application/json').json();
        found.at('Name').is(name);
        found.at('Driver').is('local');
        found.at('Scope').is('local');
        found.at('Mountpoint').matches(/^\//);
        found.at('Labels').is(body.Labels);
        demand(Date.parse(found.at('CreatedAt').string()) > 0, 'CreatedAt', 'a time', found.at('CreatedAt').value);
      },
    },
    {
      id: 'nameless',
      title: 'without a name it gets one',
      pointer: '+/parameters/0',
      why: 'Nobody has to invent one.',
      async check(d) {
        const found = (await d.post('/volumes/create', { Labels: d.labels })).status(201).json();
        const name = found
          .at('Name')
          .matches(/^[0-9a-f]{64}$/)
          .string();
        d.own(`/volumes/${name}`);
      },
    },
    {
      id: 'again',
      title: 'creating one that is there gives it back as it is',
      observed: true,
      why: 'Clients create without looking first.',
      async check(d) {
        const name = await d.volume({ Labels: { first: '1' } });
        const found = (await d.post('/volumes/create', { Name: name, Labels: { second: '2' } })).status(201).json();
        found.at('Labels', 'first').is('1');
        found.at('Labels', 'second').absent();
      },
    },
    {
      id: 'name-malformed',
      title: 'a name of other characters is refused',
      observed: true,
      why: 'It becomes part of a path.',
      async check(d) {
        const answer = await d.post('/volumes/create', { Name: '../up', Labels: d.labels });
        demand(answer.exchange.status >= 400, 'status', 'a refusal', answer.exchange.status);
      },
    },
    {
      id: 'driver-unknown',
      title: 'a driver that is not there is refused',
      why: 'Data would lie elsewhere.',
      async check(d) {
        const name = d.unique('v');
        d.own(`/volumes/${name}`);
        const answer = await d.post('/volumes/create', { Name: name, Driver: 'attestd-none', Labels: d.labels });
        demand(answer.exchange.status >= 400, 'status', 'a refusal', answer.exchange.status);
        answer.json().at('message').string();
      },
    },
    {
      id: 'body-malformed',
      title: 'a body that is not JSON is refused',
      observed: true,
      why: 'A volume without the asked name would be left behind.',
      async check(d) {
        (await d.post('/volumes/create', '{"Name": ')).error(400);
      },
    },
  ],
);

const look = containers(
  { operationId: 'VolumeInspect', pointer: operationPointer('GET', '/volumes/{name}'), features },
  [
    {
      id: 'found',
      title: 'a volume is found by its name, with labels and place',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(d) {
        const name = await d.volume({ Labels: { mine: 'x' } });
        const found = await inspect(d, name);
        found.at('Name').is(name);
        found.at('Labels').is({ ...d.labels, mine: 'x' });
        found.at('Mountpoint').matches(/^\//);
      },
    },
  ],
);

const selects = (
  filter: string,
  title: string,
  values: (name: string) => readonly string[],
  prepare: (d: Dock, wanted: string, other: string) => Promise<void> = async () => undefined,
): Member => ({
  id: `filter-${filter}`,
  title,
  pointer: '+/parameters/0',
  why: 'Clients find their volumes by it.',
  async check(d) {
    const name = d.unique('v');
    const wanted = await d.volume({ Labels: { only: name } }, name);
    const other = await d.volume();
    await prepare(d, wanted, other);
    const found = await listed(d, { [filter]: values(wanted) });
    demand(found.includes(wanted), `filter ${filter}`, wanted, found);
    demand(!found.includes(other), `filter ${filter}`, `not ${other}`, found);
  },
});

const list = containers({ operationId: 'VolumeList', pointer: operationPointer('GET', '/volumes'), features }, [
  {
    id: 'listed',
    title: 'a volume is listed',
    pointer: '+/responses/200',
    why: 'Tools show lists without asking for each.',
    async check(d) {
      const name = await d.volume();
      const volumes = (await d.api.get('/volumes')).status(200).json().at('Volumes').array();
      const found = volumes.find((volume) => volume.at('Name').value === name);
      demand(found !== undefined, 'Volumes', name, volumes.length);
      found.at('Driver').is('local');
      found.at('Labels', runLabel).is(d.run);
    },
  },
  selects('name', 'the filter name selects by name', (name) => [name]),
  selects('label', 'the filter label selects by label', (name) => [`only=${name}`]),
  selects(
    'dangling',
    'the filter dangling selects what no container uses',
    () => ['true'],
    async (d, _, other) => {
      await d.create({ HostConfig: { Binds: [`${other}:/v`] } });
    },
  ),
  {
    id: 'filter-driver',
    title: 'the filter driver selects by driver',
    pointer: '+/parameters/0',
    why: 'Clients find their volumes by it.',
    async check(d) {
      const name = await d.volume();
      demand((await listed(d, { driver: ['local'] })).includes(name), 'filter driver=local', name, 'not listed');
      same(await listed(d, { driver: ['attestd-none'] }), [], 'filter by another driver');
    },
  },
  {
    id: 'filter-unknown',
    title: 'a filter that is none is refused',
    observed: true,
    why: 'Ignoring it would list everything.',
    async check(d) {
      (await d.api.get('/volumes', { query: { filters: filters({ nothing: ['x'] }) } })).error(400);
    },
  },
]);

const remove = containers(
  { operationId: 'VolumeDelete', pointer: operationPointer('DELETE', '/volumes/{name}'), features },
  [
    {
      id: 'removed',
      title: 'a volume that was removed is not there any more',
      pointer: '+/responses/204',
      why: 'It is what the operation is for.',
      async check(d) {
        const name = await d.volume();
        (await d.api.delete(`/volumes/${name}`)).status(204);
        (await d.api.get(`/volumes/${name}`)).error(404);
      },
    },
    {
      id: 'in-use',
      title: 'a volume that a container uses is answered 409, whether or not it runs',
      pointer: '+/responses/409',
      why: 'Data would be lost.',
      async check(d) {
        const name = await d.volume();
        await d.create({ HostConfig: { Binds: [`${name}:/v`] } });
        (await d.api.delete(`/volumes/${name}`)).error(409);
        (await inspect(d, name)).at('Name').is(name);
      },
    },
    {
      id: 'forced-absent',
      title: 'with force one that is not there is no error',
      pointer: '+/parameters/1',
      observed: true,
      why: 'Clean-ups run twice.',
      async check(d) {
        (await d.api.delete(`/volumes/${d.unique('none')}`, { query: { force: '1' } })).status(204);
      },
    },
  ],
);

const prune = containers(
  { operationId: 'VolumePrune', pointer: operationPointer('POST', '/volumes/prune'), features, destructive: true },
  [
    {
      id: 'all',
      title: 'with the filter all, what nobody uses is removed and named, what is in use stays',
      since: '1.42',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(d) {
        const prune = d.unique('p');
        const [gone, stays] = [await d.volume({ Labels: { prune } }), await d.volume({ Labels: { prune } })];
        await d.create({ HostConfig: { Binds: [`${stays}:/v`] } });
        const query = { filters: filters({ label: [`prune=${prune}`], all: ['true'] }) };
        const body = (await whenFree(d.api, '/volumes/prune', query)).status(200).json();
        body.at('VolumesDeleted').is([gone]);
        body.at('SpaceReclaimed').number();
        (await d.api.get(`/volumes/${gone}`)).error(404);
        (await inspect(d, stays)).at('Name').is(stays);
      },
    },
    {
      id: 'named-stay',
      title: 'without it volumes with a name stay',
      since: '1.42',
      pointer: '+/parameters/0',
      why: 'Names are given to what is to stay.',
      async check(d) {
        const prune = d.unique('p');
        const name = await d.volume({ Labels: { prune } });
        (await whenFree(d.api, '/volumes/prune', { filters: filters({ label: [`prune=${prune}`] }) })).status(200);
        (await inspect(d, name)).at('Name').is(name);
      },
    },
  ],
);

/** Volumes. */
export const volumes: readonly Requirement[] = [create, look, list, remove, prune].flat();
