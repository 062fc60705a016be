import { filters } from '../../api.js';
import { demand, same } from '../../expect.js';
import { runLabel } from '../../images/kit.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import type { LoadedImage } from '../../session.js';
import { familiar, idOf, pointers, tagged } from '../common.js';
import { caused, clock, isAbout, loaded, moment, selected, since } from './stream.js';

const action = (
  id: string,
  title: string,
  name: string,
  act: (t: CheckContext, image: LoadedImage) => Promise<void>,
) => ({
  id,
  title,
  why: 'Caches, dashboards and policy agents follow events instead of polling.',
  async check(t: CheckContext): Promise<void> {
    const from = await clock(t);
    const image = await t.fresh('bare');
    await act(t, image);
    const [event] = await caused(t, image, from, name);
    event?.at('Type').is('image');
    isAbout(t, event, image);
  },
});

const refused = (id: string, title: string, query: Record<string, string>) => ({
  id,
  title,
  why: 'A stream that silently differs from what was asked for loses events.',
  async check(t: CheckContext): Promise<void> {
    (await t.api.get('/events', { query })).error(400);
  },
});

/** The stream of events. */
export const events: readonly Requirement[] = requirements(
  { operationId: 'SystemEvents', features: ['events', 'images'], pointer: pointers.events },
  [
    action('load', 'a load is an event', 'load', async () => undefined),
    action('tag', 'a tag is an event', 'tag', async (t, image) => {
      (await t.api.post(`/images/${image.name}/tag`, { query: { repo: t.scratch('event') } })).status(201);
    }),
    action('untag', 'an untag is an event', 'untag', async (t, image) => {
      (await t.api.delete(`/images/${image.name}`)).status(200);
    }),
    action('delete', 'a delete is an event', 'delete', async (t, image) => {
      (await t.api.delete(`/images/${image.name}`)).status(200);
    }),
    action('save', 'a save is an event', 'save', async (t, image) => {
      (await t.api.get(`/images/${image.name}/get`)).status(200);
    }),
    {
      id: 'id',
      title: 'Actor.ID is the Id of the image',
      why: 'Listeners join events and images by it.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        const [event] = await loaded(t, image, from);
        event?.at('Actor', 'ID').is(idOf(t, image));
      },
    },
    {
      id: 'attributes',
      title: 'Actor.Attributes has the labels of the image and its name',
      why: 'Listeners select by labels.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        const [event] = await loaded(t, image, from);
        event?.at('Actor', 'Attributes', runLabel).is(t.mark());
        event?.at('Actor', 'Attributes', 'name').string();
      },
    },
    {
      id: 'tag-name',
      title: 'the event of a tag carries the new name',
      why: 'Listeners learn the name from it.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        const name = await tagged(t, image.name, 'event');
        const names = (await caused(t, image, from, 'tag')).map((event) =>
          familiar(event.at('Actor', 'Attributes', 'name').value),
        );
        demand(names.includes(name), 'names in events', name, names);
      },
    },
    {
      id: 'times',
      title: 'time and timeNano are the same moment',
      why: 'Listeners resume from it.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        const [event] = await loaded(t, image, from);
        const [time, nano] = [event?.at('time').number() ?? 0, event?.at('timeNano').number() ?? 0];
        same(Math.floor(nano / 1e9), time, 'seconds of timeNano');
        demand(time >= Math.floor(from / 1000), 'time', `at least ${Math.floor(from / 1000)}`, time);
      },
    },
    {
      id: 'scope',
      title: 'scope is local',
      level: 'SHOULD',
      why: 'It tells events of the daemon from those of a cluster.',
      async check(t) {
        const from = await clock(t);
        const [event] = await loaded(t, await t.fresh('bare'), from);
        event?.at('scope').is('local');
      },
    },
    {
      id: 'filter-type',
      title: 'a filter by another type leaves image events out',
      pointer: '+/parameters/2',
      why: 'Listeners ask for what they need.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        await loaded(t, image, from);
        for (const event of (await since(t, from, { type: ['network'] })).lines())
          demand(event.at('Type').value !== 'image', 'Type', 'network', event.at('Type').value);
      },
    },
    {
      id: 'filter-event',
      title: 'a filter by action leaves others out',
      pointer: '+/parameters/2',
      why: 'Listeners ask for what they need.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${image.name}`)).status(200);
        await t.given('SystemEvents.delete', () => caused(t, image, from, 'delete'));
        const found = await selected(t, from, { event: ['delete'] });
        same([...new Set(found.map((event) => event.at('Action').value))], ['delete'], 'actions');
      },
    },
    {
      id: 'filter-label',
      title: 'a filter by label selects events of images that have it',
      pointer: '+/parameters/2',
      why: 'Listeners ask for what they need.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        await loaded(t, image, from);
        const found = await selected(t, from, { label: [`${runLabel}=${t.mark()}`] });
        demand(found.length > 0, 'events', 'at least one', found.length);
        for (const event of found) event.at('Actor', 'Attributes', runLabel).is(t.mark());
      },
    },
    {
      id: 'until-past',
      title: 'a stream with until in the past ends by itself',
      pointer: '+/parameters/1',
      why: 'It is how history is read.',
      async check(t) {
        const now = await clock(t);
        (await t.api.get('/events', { query: { since: moment(now - 10_000), until: moment(now - 5000) } })).status(200);
      },
    },
    {
      id: 'since-excludes-earlier',
      title: 'events before since are left out',
      pointer: '+/parameters/0',
      why: 'Listeners resume where they stopped.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        const [event] = await loaded(t, image, from);
        const after = moment((event?.at('timeNano').number() ?? 0) / 1e6 + 2);
        const query = { since: after, until: after, filters: filters({ type: ['image'] }) };
        const found = (await t.api.get('/events', { query })).status(200).lines();
        same(
          found
            .filter((other) => String(other.at('Actor', 'ID').value).endsWith(idOf(t, image).slice(7)))
            .map(({ value }) => value),
          [],
          'events',
        );
      },
    },
    {
      id: 'reads-are-no-events',
      title: 'reading attestations and inspecting are not events',
      level: 'SHOULD',
      features: ['events', 'images', 'attestations'],
      why: 'Listeners would drown in reads.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('basic');
        await loaded(t, image, from);
        (await t.api.get(`/images/${image.name}/attestations`)).status(200);
        (await t.api.get(`/images/${image.name}/json`)).status(200);
        // An earlier event would have arrived by now.
        await tagged(t, image.name, 'event');
        await t.given('SystemEvents.tag', () => caused(t, image, from, 'tag'));
        const own = (await since(t, from)).lines().filter((event) => event.at('Actor', 'ID').value === idOf(t, image));
        same([...new Set(own.map((event) => event.at('Action').value))], ['load', 'tag'], 'actions');
      },
    },
    refused('bad-since', 'since that is not a time is refused', { since: 'bogus', until: '1' }),
    refused('bad-filters', 'filters that are not JSON are refused', { since: '1', until: '2', filters: 'bad' }),
    refused('since-after-until', 'since after until is refused', { since: '1000', until: '900' }),
  ],
);
