import { filters } from '../../api.js';
import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, Shape, same, Unmet } from '../../expect.js';
import { runLabel } from '../../images/kit.js';
import type { Requirement } from '../../requirement.js';
import { familiar } from '../common.js';
import { clock, selected } from '../SystemEvents/stream.js';

type Filter = Readonly<Record<string, string[]>>;

const actionsOf = (found: readonly Shape[]): readonly string[] => found.map((event) => event.at('Action').string());

/** Events since a moment, up to the daemon's present, once they hold what was waited for. */
async function events(
  d: Dock,
  since: number,
  of: Filter,
  until: (actions: readonly string[]) => boolean,
): Promise<Shape[]> {
  const enough = (found: readonly Shape[]): boolean => until(actionsOf(found));
  const found = await selected(d.t, since, of, enough);
  if (!enough(found)) throw new Unmet('events', 'those that were caused', JSON.stringify(actionsOf(found)));
  return found;
}

const has =
  (...wanted: readonly string[]) =>
  (actions: readonly string[]): boolean =>
    wanted.every((action) => actions.includes(action));

/** Actions on a container since a moment. */
async function actions(d: Dock, since: number, id: string, last: string): Promise<readonly string[]> {
  return actionsOf(await events(d, since, { container: [id] }, has(last)));
}

function inOrder(found: readonly string[], wanted: readonly string[]): void {
  same(
    found.filter((action) => wanted.includes(action)),
    wanted,
    'actions in order',
  );
}

/** Events of containers, networks and volumes. */
export const containerEvents: readonly Requirement[] = containers(
  { operationId: 'SystemEvents', pointer: operationPointer('GET', '/events'), features: ['containers', 'events'] },
  [
    {
      id: 'container-life',
      title: 'a container that runs to its end is told by create, start, die and destroy',
      pointer: '/definitions/EventMessage',
      why: 'Dashboards follow it.',
      async check(d) {
        const since = await clock(d.t);
        const { id } = await d.ran(['true']);
        (await d.api.delete(at(id))).status(204);
        inOrder(await actions(d, since, id, 'destroy'), ['create', 'start', 'die', 'destroy']);
      },
    },
    {
      id: 'container-attributes',
      title: 'an event names container, image and labels',
      pointer: '/definitions/EventMessage',
      why: 'Listeners need not ask.',
      async check(d) {
        const since = await clock(d.t);
        const { id, name } = await d.create({ Labels: { mine: 'x' } });
        const [event] = await events(d, since, { container: [id] }, has('create'));
        if (!event) throw new Unmet('events', 'one', 'none');
        event.at('Type').is('container');
        event.at('scope').is('local');
        event.at('Actor', 'ID').is(id);
        event.at('Actor', 'Attributes', 'name').is(name);
        same(familiar(event.at('Actor', 'Attributes', 'image').value), d.image(), 'image');
        event.at('Actor', 'Attributes', 'mine').is('x');
        const [seconds, nano] = [event.at('time').number(), event.at('timeNano').number()];
        same(Math.floor(nano / 1e9), seconds, 'seconds of timeNano');
      },
    },
    {
      id: 'container-exit-code',
      title: 'die has the exit code, and the image of the container selects it',
      why: 'Alarms go by it, for the images that they are about.',
      observed: true,
      async check(d) {
        const since = await clock(d.t);
        const { id } = await d.ran(['sh', '-c', 'exit 12']);
        // The moment is not exact: other containers of the image may have ended after it, too.
        const own = (list: readonly Shape[]): Shape[] => list.filter((event) => event.at('Actor', 'ID').value === id);
        const found = own(
          await selected(d.t, since, { event: ['die'], image: [d.image()] }, (list) => own(list).length > 0),
        );
        same(found[0]?.at('Action').value, 'die', 'Action');
        found[0]?.at('Actor', 'Attributes', 'exitCode').is('12');
      },
    },
    {
      id: 'container-stop',
      title: 'each stop is told by die and stop',
      pointer: '/definitions/EventMessage',
      why: 'Dashboards follow it.',
      async check(d) {
        // Podman sends some of these events.
        for (let times = 0; times < 3; times += 1) {
          const since = await clock(d.t);
          const { id } = await d.running();
          (await d.api.post(at(id, '/stop'), { query: { t: '0' } })).status(204);
          const found = await actions(d, since, id, 'stop');
          for (const action of ['die', 'stop']) demand(found.includes(action), 'actions', action, found);
        }
      },
    },
    {
      id: 'container-kill',
      title: 'kill has the signal',
      observed: true,
      why: 'Listeners tell a stop from a hang-up.',
      async check(d) {
        const since = await clock(d.t);
        const { id } = await d.running();
        (await d.api.post(at(id, '/kill'), { query: { signal: 'HUP' } })).status(204);
        const found = await events(d, since, { container: [id], event: ['kill'] }, has('kill'));
        found[0]?.at('Actor', 'Attributes', 'signal').is('1');
      },
    },
    {
      id: 'container-pause',
      title: 'pause and unpause are told',
      features: ['containers', 'events', 'pausing'],
      pointer: '/definitions/EventMessage',
      why: 'Dashboards follow it.',
      async check(d) {
        const since = await clock(d.t);
        const { id } = await d.running();
        (await d.api.post(at(id, '/pause'))).status(204);
        (await d.api.post(at(id, '/unpause'))).status(204);
        // dockerd may send this event twice: for the request, and for containerd's notification.
        inOrder([...new Set(await actions(d, since, id, 'unpause'))], ['pause', 'unpause']);
      },
    },
    {
      id: 'container-rename',
      title: 'rename has the old name',
      observed: true,
      why: 'Listeners go on with the same container.',
      async check(d) {
        const since = await clock(d.t);
        const { id, name } = await d.create();
        (await d.api.post(at(id, '/rename'), { query: { name: d.unique() } })).status(204);
        const found = await events(d, since, { container: [id], event: ['rename'] }, has('rename'));
        found[0]?.at('Actor', 'Attributes', 'oldName').is(`/${name}`);
      },
    },
    {
      id: 'container-exec',
      title: 'an exec is told by exec_create, exec_start and exec_die',
      features: ['containers', 'events', 'exec'],
      observed: true,
      why: 'Auditors see who went in.',
      async check(d) {
        const since = await clock(d.t);
        const { id } = await d.running();
        const exec = await d.exec(id, ['true']);
        await (await d.startExec(exec)).ended();
        const found = await actions(d, since, id, 'exec_die');
        const kinds = found.map((action) => action.split(':')[0] ?? '').filter((action) => action.startsWith('exec'));
        same(kinds, ['exec_create', 'exec_start', 'exec_die'], 'actions of the exec');
      },
    },
    {
      id: 'container-filters',
      title: 'filters by type, event and label select',
      pointer: '+/parameters/2',
      why: 'Listeners ask for what they need.',
      async check(d) {
        const since = await clock(d.t);
        const mine = d.unique('l');
        const { id } = await d.create({ Labels: { mine } });
        const other = await d.create();
        const label = [`mine=${mine}`];
        const further: readonly Filter[] = [{}, { type: ['container'] }, { event: ['create'] }];
        for (const more of further) {
          const of = { ...more, label };
          const found = await events(d, since, of, has('create'));
          same(
            [...new Set(found.map((event) => event.at('Actor', 'ID').value))],
            [id],
            `containers of ${JSON.stringify(of)}`,
          );
        }
        // The filter excludes the create event. It precedes the others, so it would have arrived.
        (await d.api.post(at(other.id, '/rename'), { query: { name: d.unique() } })).status(204);
        const renamed = await events(d, since, { container: [other.id], event: ['rename'] }, has('rename'));
        same([...new Set(actionsOf(renamed))], ['rename'], 'actions');
      },
    },
    {
      id: 'live',
      title: 'a stream without an end tells what happens from then on',
      why: 'It is what most listeners do.',
      async check(d) {
        const mine = d.unique('l');
        const stream = (await d.follow('GET', '/events', { filters: filters({ label: [`mine=${mine}`] }) })).is(200);
        const { id } = await d.create({ Labels: { mine } });
        await stream.until((bytes) => bytes.includes('"create"'), 'an event create');
        const event = new Shape(JSON.parse(stream.text.split('\n')[0] ?? ''), 'event');
        event.at('Actor', 'ID').is(id);
        event.at('Actor', 'Attributes', runLabel).is(d.run);
      },
    },
    {
      id: 'volume',
      title: 'a volume is told by create and destroy',
      features: ['containers', 'events', 'volumes'],
      pointer: '/definitions/EventMessage',
      why: 'Dashboards follow it.',
      async check(d) {
        const since = await clock(d.t);
        await d.volume();
        const name = await d.volume();
        (await d.api.delete(`/volumes/${name}`)).status(204);
        const found = await events(d, since, { type: ['volume'], volume: [name] }, has('destroy'));
        inOrder(actionsOf(found), ['create', 'destroy']);
        for (const event of found) event.at('Actor', 'ID').is(name);
      },
    },
    {
      id: 'network',
      title: 'a network is told by create and destroy',
      features: ['containers', 'events', 'networks'],
      pointer: '/definitions/EventMessage',
      why: 'Dashboards follow it.',
      async check(d) {
        const since = await clock(d.t);
        await d.network();
        const { id, name } = await d.network();
        (await d.api.delete(`/networks/${id}`)).status(204);
        const found = await events(d, since, { type: ['network'], network: [id] }, has('destroy'));
        inOrder(actionsOf(found), ['create', 'destroy']);
        for (const event of found) event.at('Actor', 'Attributes', 'name').is(name);
      },
    },
    {
      id: 'network-connect',
      title: 'connecting and disconnecting name the container',
      features: ['containers', 'events', 'networks', 'bridge'],
      pointer: '/definitions/EventMessage',
      why: 'Proxies follow it.',
      async check(d) {
        const since = await clock(d.t);
        const network = await d.network();
        const { id } = await d.running({ HostConfig: { NetworkMode: network.name } });
        (await d.post(`/networks/${network.id}/disconnect`, { Container: id })).status(200);
        const found = await events(d, since, { type: ['network'], network: [network.id] }, has('disconnect'));
        for (const action of ['connect', 'disconnect'])
          found
            .find((event) => event.at('Action').value === action)
            ?.at('Actor', 'Attributes', 'container')
            .is(id);
      },
    },
  ],
);
