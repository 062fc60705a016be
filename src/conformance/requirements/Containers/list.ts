import { filters } from '../../api.js';
import type { Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, type Shape, same, Unmet } from '../../expect.js';
import { runLabel } from '../../images/kit.js';
import type { Requirement } from '../../requirement.js';
import { familiar, pause } from '../common.js';

/** Parameters of a list. */
export type Query = Readonly<Record<string, string>>;

/** Containers of the run that a list has: others' are none of the suite's business. */
export async function listed(
  d: Dock,
  of: Readonly<Record<string, readonly string[]>> = {},
  query: Query = {},
): Promise<Shape[]> {
  const label = [`${runLabel}=${d.run}`, ...(of.label ?? [])];
  const asked = { ...query, filters: filters({ ...of, label }) };
  return (await d.api.get('/containers/json', { query: asked })).status(200).json().array();
}

/** The ids of a list. */
export const ids = (list: readonly Shape[]): string[] => list.map((entry) => entry.at('Id').string());

async function summary(d: Dock, id: string, query: Query = {}): Promise<Shape> {
  const [found] = await listed(d, { id: [id] }, { all: '1', ...query });
  if (!found) throw new Unmet('list of containers', `the container ${id}`, 'none');
  return found;
}

/** Listing containers. */
export const list: readonly Requirement[] = containers(
  { operationId: 'ContainerList', pointer: operationPointer('GET', '/containers/json') },
  [
    {
      id: 'running-only',
      title: 'without all only what runs is listed',
      pointer: '+/parameters/0',
      why: 'Those that ended are many.',
      async check(d) {
        const [runs, waits] = [await d.sleeper(), await d.fresh()];
        const found = ids(await listed(d));
        demand(found.includes(runs.id), 'list', 'what runs', found);
        demand(!found.includes(waits.id), 'list', 'not what does not run', found);
      },
    },
    {
      id: 'all',
      title: 'with all every container is listed',
      pointer: '+/parameters/0',
      why: 'Names of those that ended are taken too.',
      async check(d) {
        const wanted = [await d.sleeper(), await d.fresh(), await d.spoken()];
        const found = ids(await listed(d, {}, { all: '1' }));
        for (const { id } of wanted) demand(found.includes(id), 'list', id, found);
      },
    },
    {
      id: 'newest-first',
      title: 'the newest comes first',
      observed: true,
      why: 'It is what people look for.',
      async check(d) {
        const older = await d.create();
        await pause(20);
        const newer = await d.create();
        const wanted = [newer.id, older.id];
        same(
          ids(await listed(d, {}, { all: '1' })).filter((id) => wanted.includes(id)),
          wanted,
          'order',
        );
      },
    },
    {
      id: 'limit',
      title: 'limit gives the newest, whatever their state',
      pointer: '+/parameters/1',
      why: 'It is how the last one is found.',
      async check(d) {
        await d.create();
        await pause(20);
        const last = await d.create();
        same(ids(await listed(d, {}, { limit: '1' })), [last.id], 'list');
      },
    },
    {
      id: 'limit-malformed',
      title: 'a limit that is no number is answered 400',
      pointer: '+/responses/400',
      why: 'Ignoring it would list everything.',
      async check(d) {
        (await d.api.get('/containers/json', { query: { limit: 'x' } })).error(400);
      },
    },
    {
      id: 'summary',
      title: 'an entry has names, image, command, state, labels and time',
      pointer: '/definitions/ContainerSummary',
      why: 'Tools show lists without asking for each.',
      async check(d) {
        const { id, name } = await d.sleeper();
        const entry = await summary(d, id);
        entry.at('Names').is([`/${name}`]);
        same(familiar(entry.at('Image').value), d.image(), 'Image');
        entry.at('ImageID').string();
        entry.at('Command').is('sleep 86400');
        entry.at('State').is('running');
        entry.at('Status').matches(/^Up /);
        entry.at('Labels', runLabel).is(d.run);
        const created = entry.at('Created').number();
        demand(created > 1e9 && created < 1e11, 'Created', 'seconds since 1970', created);
      },
    },
    {
      id: 'status-exited',
      title: 'Status tells the exit code of what ended',
      pointer: '/definitions/ContainerSummary',
      observed: true,
      why: 'People see at once what failed.',
      async check(d) {
        const entry = await summary(d, (await d.spoken()).id);
        entry.at('State').is('exited');
        entry.at('Status').matches(/^Exited \(3\) /);
      },
    },
    {
      id: 'mode-and-networks',
      title: 'an entry has the mode and the networks',
      pointer: '/definitions/ContainerSummary',
      why: 'Proxies find their targets by them.',
      async check(d) {
        const entry = await summary(d, (await d.sleeper()).id);
        entry.at('HostConfig', 'NetworkMode').is('none');
        same(Object.keys(entry.at('NetworkSettings', 'Networks').object()), ['none'], 'Networks');
      },
    },
    {
      id: 'size',
      title: 'size adds the sizes of layers, and they grow with what is written',
      pointer: '+/parameters/2',
      why: 'Disks fill up.',
      async check(d) {
        const { id } = await d.ran(['sh', '-c', 'seq 20000 > /big']);
        const entry = await summary(d, id, { size: '1' });
        demand(entry.at('SizeRw').number() >= 100_000, 'SizeRw', 'at least what was written', entry.at('SizeRw').value);
        const [written, whole] = [entry.at('SizeRw').number(), entry.at('SizeRootFs').number()];
        demand(whole > written, 'SizeRootFs', 'more than SizeRw', [whole, written]);
      },
    },
    {
      id: 'size-absent',
      title: 'without size there are no sizes',
      pointer: '+/parameters/2',
      why: 'They take long to find out.',
      async check(d) {
        const entry = await summary(d, (await d.spoken()).id);
        for (const member of ['SizeRw', 'SizeRootFs'])
          demand(!entry.at(member).value, entry.at(member).place, 'none', entry.at(member).value);
      },
    },
  ],
);
