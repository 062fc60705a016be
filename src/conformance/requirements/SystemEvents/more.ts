import { filters } from '../../api.js';
import { demand, type Shape, same, Unmet } from '../../expect.js';
import { recipeLabel, runLabel } from '../../images/kit.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import type { LoadedImage } from '../../session.js';
import { familiar, idOf, pause, pointers, tagged } from '../common.js';
import { caused, clock, loaded, moment, present, selected } from './stream.js';

const event = '/definitions/EventMessage';

const actions = (list: readonly Shape[]): readonly unknown[] => list.map((one) => one.at('Action').value);

/** Reports whether each of these actions has an event. */
const have =
  (...wanted: readonly string[]) =>
  (list: readonly Shape[]): boolean =>
    wanted.every((action) => actions(list).includes(action));

/** Returns the events of an image in the order of the stream, after the last one has arrived. */
async function told(t: CheckContext, image: LoadedImage, from: number, last: string): Promise<readonly Shape[]> {
  await t.given(`SystemEvents.${last}`, () => caused(t, image, from, last));
  const bare = idOf(t, image).slice('sha256:'.length);
  const about = (list: readonly Shape[]): Shape[] =>
    list.filter((one) => [bare, image.repository].some((part) => JSON.stringify(one.value).includes(part)));
  return about(await selected(t, from, { type: ['image'] }, (list) => have(last)(about(list))));
}

/** More of the events of images. */
export const moreEvents: readonly Requirement[] = requirements(
  { operationId: 'SystemEvents', features: ['events', 'images'], pointer: pointers.events },
  [
    {
      id: 'members',
      title: 'an event has Type, Action and Actor with its id and attributes',
      pointer: `${event}/required`,
      why: 'Clients with types break on what is missing.',
      async check(t) {
        const from = await clock(t);
        const [one] = await loaded(t, await t.fresh('bare'), from);
        for (const member of ['Type', 'Action']) one?.at(member).string();
        one?.at('Actor', 'ID').string();
        one?.at('Actor', 'Attributes').object();
      },
    },
    {
      id: 'order',
      title: 'events come in the order in which things happened',
      pointer: '+/responses/200',
      why: 'Listeners replay them.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${await tagged(t, image.name, 'event')}`)).status(200);
        // Events of one request, such as untag and delete, have no fixed order.
        const acts = (await told(t, image, from, 'untag')).filter((one) => !have('delete')([one]));
        const times = acts.map((one) => one.at('timeNano').number());
        same(
          times,
          [...times].sort((a, b) => a - b),
          'timeNano of events',
        );
      },
    },
    {
      id: 'delete-after-untag',
      title: 'the last name goes before the image',
      pointer: '+/responses/200',
      why: 'Listeners that join names and images lose neither.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${image.name}`)).status(200);
        const list = actions(await told(t, image, from, 'delete')).filter((one) => one === 'untag' || one === 'delete');
        same(list, ['untag', 'delete'], 'actions');
      },
    },
    {
      id: 'tag-each',
      title: 'each tag is an event',
      pointer: '+/responses/200',
      why: 'Listeners count names.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        const repo = t.scratch('event');
        for (const tag of ['one', 'two']) {
          (await t.api.post(`/images/${image.name}/tag`, { query: { repo, tag } })).status(201);
          t.own(`${repo}:${tag}`);
        }
        const names = (list: readonly Shape[]): readonly unknown[] =>
          list
            .map((one) => familiar(one.at('Actor', 'Attributes', 'name').value))
            .filter((name) => String(name).startsWith(repo));
        await t.given('SystemEvents.tag', () => caused(t, image, from, 'tag'));
        const found = await selected(t, from, { event: ['tag'] }, (list) => names(list).length > 1);
        same(names(found), [`${repo}:one`, `${repo}:two`], 'names in events');
      },
    },
    {
      id: 'failure-is-no-event',
      title: 'what was refused is no event',
      pointer: '+/responses/200',
      why: 'Listeners would believe that it happened.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        await loaded(t, image, from);
        (await t.api.delete(`/images/${image.repository}:none`)).error(404);
        (await t.api.get(`/images/${image.repository}:none/get`)).error(404);
        // An earlier event would have arrived by now.
        await tagged(t, image.name, 'event');
        const list = actions(await told(t, image, from, 'tag'));
        for (const action of ['delete', 'untag', 'save'])
          demand(!list.includes(action), 'actions', `no ${action}`, list);
      },
    },
    {
      id: 'filter-image',
      title: 'a filter by image leaves events of others out',
      pointer: '+/parameters/2',
      why: 'Listeners follow one image.',
      async check(t) {
        const from = await clock(t);
        const [image, other] = [await t.fresh('bare'), await t.fresh('bare')];
        for (const one of [image, other]) {
          (await t.api.get(`/images/${one.name}/get`)).status(200);
          await t.given('SystemEvents.save', () => caused(t, one, from, 'save'));
        }
        const found = await selected(t, from, { image: [idOf(t, image)] });
        demand(found.length > 0, 'events', 'at least one', found.length);
        const text = JSON.stringify(found.map(({ value }) => value));
        demand(!text.includes(idOf(t, other).slice(7)), 'events', `none of ${idOf(t, other)}`, text);
      },
    },
    {
      id: 'filter-several-events',
      title: 'two actions of a filter add up',
      pointer: '+/parameters/2',
      why: 'Values of one filter are alternatives.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        (await t.api.delete(`/images/${image.name}`)).status(200);
        await t.given('SystemEvents.delete', () => caused(t, image, from, 'delete'));
        const found = await selected(t, from, { type: ['image'], event: ['untag', 'delete'] }, have('untag', 'delete'));
        same([...new Set(actions(found))].sort(), ['delete', 'untag'], 'actions');
      },
    },
    {
      id: 'filters-together',
      title: 'different filters narrow each other',
      pointer: '+/parameters/2',
      why: 'All of them must match.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        await loaded(t, image, from);
        await tagged(t, image.name, 'event');
        await t.given('SystemEvents.tag', () => caused(t, image, from, 'tag'));
        const query = { type: ['image'], event: ['load'], label: [`${runLabel}=${t.mark()}`, `${recipeLabel}=bare`] };
        for (const one of await selected(t, from, query)) {
          one.at('Action').is('load');
          one.at('Actor', 'Attributes', runLabel).is(t.mark());
        }
      },
    },
    {
      id: 'filter-label-other',
      title: 'a label that no image has selects nothing',
      pointer: '+/parameters/2',
      why: 'Listeners would act on what is not theirs.',
      async check(t) {
        const from = await clock(t);
        await loaded(t, await t.fresh('bare'), from);
        const query = {
          since: moment(from),
          until: await present(t),
          filters: filters({ label: [`${runLabel}=nothing-has-this`] }),
        };
        same((await t.api.get('/events', { query })).status(200).lines().length, 0, 'number of events');
      },
    },
    {
      id: 'live-image',
      title: 'a stream that is open tells what happens, and ends at until',
      pointer: '+/parameters/1',
      why: 'Listeners wait for what is to come.',
      async check(t) {
        // A slow daemon loads slowly: it is given more time when the stream has ended before the event.
        for (const patience of [300, 3000, 10_000]) {
          const until = await present(t, patience);
          const query = { until, filters: filters({ type: ['image'] }) };
          const [answer, image] = await Promise.all([
            t.api.get('/events', { query }),
            pause(50).then(() => t.fresh('bare')),
          ]);
          const lines = answer.status(200).lines();
          if (lines.some((one) => JSON.stringify(one.value).includes(idOf(t, image).slice(7)))) return;
        }
        throw new Unmet('events that came while the stream was open', 'those of a load', 'none');
      },
    },
  ],
);
