import { filters } from '../../api.js';
import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, Shape, same, Unmet } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { clock, present, selected } from './stream.js';

type Filter = Readonly<Record<string, string[]>>;

/** Waits until the daemon has sent events with these actions, in any order. */
async function events(d: Dock, since: number, of: Filter, ...wanted: readonly string[]): Promise<Shape[]> {
  const actionOf = (event: Shape): string => event.at('Action').string().split(':')[0] ?? '';
  const has = (found: readonly Shape[]): boolean =>
    wanted.every((action) => found.some((event) => actionOf(event) === action));
  const found = await selected(d.t, since, of, has);
  if (!has(found)) throw new Unmet('events', wanted.join(', '), found.map(actionOf).join(', ') || 'none');
  return found;
}

const byAction = (found: readonly Shape[], action: string): Shape => {
  const event = found.find((one) => one.at('Action').value === action);
  if (!event) throw new Unmet('events', action, found.map((one) => String(one.at('Action').value)).join(', '));
  return event;
};

/** Members of events, filters and streams of events. */
export const eventDetails: readonly Requirement[] = containers(
  { operationId: 'SystemEvents', pointer: operationPointer('GET', '/events'), features: ['containers', 'events'] },
  [
    {
      id: 'container-rename-names',
      title: 'rename has the new name and the old one',
      observed: true,
      why: 'Listeners go on with the same container.',
      async check(d) {
        const since = await clock(d.t);
        const [{ id, name }, renamed] = [await d.create(), d.unique()];
        (await d.api.post(at(id, '/rename'), { query: { name: renamed } })).status(204);
        const found = await events(d, since, { container: [id], event: ['rename'] }, 'rename');
        byAction(found, 'rename')
          .at('Actor', 'Attributes')
          .has({ name: renamed, oldName: `/${name}` });
      },
    },
    {
      id: 'network-attributes',
      title: 'an event of a network has its name and its driver',
      features: ['containers', 'events', 'networks'],
      observed: true,
      why: 'Listeners need not ask.',
      async check(d) {
        const since = await clock(d.t);
        const { id, name } = await d.network();
        (await d.api.delete(`/networks/${id}`)).status(204);
        const found = await events(d, since, { network: [id] }, 'create', 'destroy');
        for (const action of ['create', 'destroy'])
          byAction(found, action).has({
            Type: 'network',
            scope: 'local',
            Actor: { ID: id, Attributes: { name, type: 'bridge' } },
          });
      },
    },
    {
      id: 'network-connect-attributes',
      title: 'connect and disconnect have network, driver and container',
      features: ['containers', 'events', 'networks', 'bridge'],
      observed: true,
      why: 'Proxies follow them.',
      async check(d) {
        const since = await clock(d.t);
        const network = await d.network();
        const { id } = await d.running({ HostConfig: { NetworkMode: network.name } });
        (await d.post(`/networks/${network.id}/disconnect`, { Container: id })).status(200);
        const found = await events(d, since, { network: [network.id] }, 'connect', 'disconnect');
        for (const action of ['connect', 'disconnect'])
          byAction(found, action).at('Actor', 'Attributes').has({ name: network.name, type: 'bridge', container: id });
      },
    },
    {
      id: 'volume-attributes',
      title: 'events of a volume have its driver; a mount has container, destination and mode',
      features: ['containers', 'events', 'volumes'],
      observed: true,
      why: 'Backups start and stop by them.',
      async check(d) {
        const since = await clock(d.t);
        const name = await d.volume();
        const { id } = await d.ran(['true'], { HostConfig: { Binds: [`${name}:/v:ro`] } });
        (await d.api.delete(at(id))).status(204);
        (await d.api.delete(`/volumes/${name}`)).status(204);
        const found = await events(d, since, { volume: [name] }, 'create', 'mount', 'unmount', 'destroy');
        for (const action of ['create', 'destroy'])
          byAction(found, action).has({ Type: 'volume', Actor: { ID: name, Attributes: { driver: 'local' } } });
        byAction(found, 'mount')
          .at('Actor', 'Attributes')
          .has({ driver: 'local', container: id, destination: '/v', 'read/write': 'false' });
        byAction(found, 'unmount').at('Actor', 'Attributes').has({ driver: 'local', container: id });
      },
    },
    {
      id: 'container-stop-signal',
      title: 'a stop is told by kill with the signal, die with the exit code, and stop',
      observed: true,
      why: 'Alarms tell a stop from a crash.',
      async check(d) {
        const since = await clock(d.t);
        const { id } = await d.running({
          Cmd: ['sh', '-c', 'trap "echo told; exit 9" TERM; echo ready; sleep 60 & wait'],
        });
        await d.says(id, 'ready');
        (await d.api.post(at(id, '/stop'))).status(204);
        const found = await events(d, since, { container: [id] }, 'kill', 'die', 'stop');
        byAction(found, 'kill').at('Actor', 'Attributes', 'signal').is('15');
        byAction(found, 'die').at('Actor', 'Attributes', 'exitCode').is('9');
        const actions = found.map((event) => event.at('Action').value);
        demand(actions.indexOf('kill') < actions.indexOf('die'), 'actions', 'kill before die', actions);
      },
    },
    {
      id: 'until-future-at-once',
      title: 'a stream with a future until sends events as they happen',
      pointer: '+/parameters/1',
      why: 'Listeners wait for one event, for a bounded time.',
      async check(d) {
        const mine = d.unique('l');
        const query = { until: await present(d.t, 60_000), filters: filters({ label: [`mine=${mine}`] }) };
        const stream = (await d.follow('GET', '/events', query)).is(200);
        await d.create({ Labels: { mine } });
        await stream.until((bytes) => bytes.includes('"create"'), 'an event create before the end of the stream');
        demand(!stream.over, 'stream', 'still open', 'ended');
      },
    },
    {
      id: 'live-without-past',
      title: 'a stream without since does not repeat earlier events',
      pointer: '+/parameters/0',
      why: 'Listeners would act twice.',
      async check(d) {
        const mine = d.unique('l');
        const since = await clock(d.t);
        const earlier = await d.create({ Labels: { mine } });
        await events(d, since, { label: [`mine=${mine}`] }, 'create');
        const stream = (await d.follow('GET', '/events', { filters: filters({ label: [`mine=${mine}`] }) })).is(200);
        const { id } = await d.create({ Labels: { mine } });
        await stream.until((bytes) => bytes.includes(id), `an event of ${id}`);
        demand(!stream.text.includes(earlier.id), 'events', `none of ${earlier.id}`, stream.text);
      },
    },
    {
      id: 'filter-exec-action',
      title: 'event=exec_create, exec_start and exec_die select the actions that begin so, each by itself',
      features: ['containers', 'events', 'exec'],
      observed: true,
      why: 'Auditors see who went in.',
      async check(d) {
        const since = await clock(d.t);
        const { id } = await d.running();
        await (await d.startExec(await d.exec(id, ['true']))).ended();
        await events(d, since, { container: [id] }, 'exec_die');
        for (const action of ['exec_create', 'exec_start', 'exec_die']) {
          const found = await events(d, since, { container: [id], event: [action] }, action);
          const actions = found.map((event) => event.at('Action').string().split(':')[0]);
          same([...new Set(actions)], [action], `actions that event=${action} selects`);
        }
      },
    },
    {
      id: 'filter-container-name',
      title: 'the filter container selects by name or id, and leaves out other containers',
      pointer: '+/parameters/2',
      why: 'Listeners ask for one container.',
      async check(d) {
        const since = await clock(d.t);
        const [one, two, other] = [await d.create(), await d.create(), await d.create()];
        await events(d, since, { container: [other.id] }, 'create');
        for (const [values, wanted] of [
          [[one.name], [one.id]],
          [[one.id], [one.id]],
          [
            [one.name, two.id],
            [one.id, two.id],
          ],
        ] as const) {
          const found = await events(d, since, { container: [...values] }, 'create');
          same(
            [...new Set(found.map((event) => event.at('Actor', 'ID').value))].sort(),
            [...wanted].sort(),
            `containers that container=${values.join()} selects`,
          );
        }
      },
    },
    {
      id: 'filter-type-each',
      title: 'the filter type leaves out other types, and two types are alternatives',
      features: ['containers', 'events', 'volumes', 'networks'],
      pointer: '+/parameters/2',
      why: 'Listeners ask for what they need.',
      async check(d) {
        const since = await clock(d.t);
        const mine = d.unique('t');
        const Labels = { mine };
        const volume = await d.volume({ Labels });
        const network = await d.network({ Labels });
        const container = await d.create({ Labels });
        await events(d, since, { container: [container.id] }, 'create');
        const idsOf: Readonly<Record<string, string>> = { volume, network: network.id, container: container.id };
        for (const types of [['container'], ['network'], ['volume'], ['volume', 'network']]) {
          const found = await events(d, since, { type: types }, 'create');
          const own = found
            .map((event) => event.at('Actor', 'ID').value)
            .filter((id) => Object.values(idsOf).includes(String(id)));
          same(
            [...new Set(own)].sort(),
            types.map((type) => idsOf[type]).sort(),
            `objects that type=${types.join()} selects`,
          );
        }
      },
    },
    {
      id: 'filter-event-each',
      title: 'the filter event leaves out other actions, and two actions are alternatives',
      pointer: '+/parameters/2',
      why: 'Listeners ask for what they need.',
      async check(d) {
        const since = await clock(d.t);
        const { id } = await d.ran(['true']);
        await events(d, since, { container: [id] }, 'create', 'start', 'die');
        for (const actions of [['create'], ['die'], ['create', 'die']]) {
          const found = await events(d, since, { container: [id], event: actions }, ...actions);
          same(
            [...new Set(found.map((event) => event.at('Action').value))].sort(),
            [...actions].sort(),
            `actions that event=${actions.join()} selects`,
          );
        }
      },
    },
    {
      id: 'container-times',
      title: 'time and timeNano of an event are the same moment, within the check',
      pointer: '/definitions/EventMessage',
      why: 'Listeners go on from it after a pause.',
      async check(d) {
        const from = await clock(d.t);
        const { id } = await d.create();
        const [event] = await events(d, from, { container: [id] }, 'create');
        const found = event ?? new Shape(undefined, 'event');
        const [seconds, nano] = [found.at('time').number(), found.at('timeNano').number()];
        same(Math.floor(nano / 1e9), seconds, 'seconds of timeNano');
        const to = await clock(d.t);
        demand(
          nano / 1e6 >= from - 3000 && nano / 1e6 <= to + 3000,
          'timeNano',
          `from ${Math.floor(from)} to ${Math.ceil(to)} ms`,
          nano / 1e6,
        );
      },
    },
  ],
);
