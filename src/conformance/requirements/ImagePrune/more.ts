import { filters } from '../../api.js';
import { containers, operationPointer } from '../../containers/family.js';
import { type Shape, same } from '../../expect.js';
import { recipeLabel, runLabel } from '../../images/kit.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, idOf, pointers, tagged } from '../common.js';
import { own, pruned } from './prune.js';

const prune = async (t: CheckContext, text: string): Promise<Shape> =>
  (await pruned(t, { query: { filters: text } })).status(200).json();

/** Whether an image is still there. */
const there = async (t: CheckContext, name: string): Promise<boolean> =>
  (await t.api.get(`/images/${name}/json`)).exchange.status === 200;

/** More of what a prune takes and spares. */
export const morePrunes: readonly Requirement[] = requirements(
  { operationId: 'ImagePrune', features: ['prune', 'images'], pointer: pointers.prune, destructive: true },
  [
    {
      id: 'content-type',
      title: 'the answer is application/json',
      pointer: '+/produces',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        const query = { filters: filters({ label: [`${runLabel}=nothing-has-this`] }) };
        (await pruned(t, { query })).status(200).mediaType('application/json');
      },
    },
    {
      id: 'again',
      title: 'a second prune finds nothing any more',
      pointer: '+/responses/200',
      why: 'Scripts stop when there is nothing left.',
      async check(t) {
        await t.fresh('older');
        const text = own(t, 'older', { dangling: ['false'] });
        await prune(t, text);
        const body = await prune(t, text);
        same(body.at('SpaceReclaimed').value, 0, 'SpaceReclaimed');
        same(body.at('ImagesDeleted').value ?? [], [], 'ImagesDeleted');
      },
    },
    {
      id: 'two-names',
      title: 'an image with two names goes with both',
      pointer: '+/parameters/0',
      why: 'A name that leads nowhere is worse than none.',
      async check(t) {
        const image = await t.fresh('older');
        const second = await tagged(t, image.name, 'second');
        await prune(t, own(t, 'older', { dangling: ['false'] }));
        for (const name of [image.name, second]) same(await there(t, name), false, `${name} is there`);
      },
    },
    {
      id: 'deleted-items',
      title: 'each item of ImagesDeleted says what was untagged, or what was deleted',
      pointer: '+/responses/200/schema',
      why: 'Clients show the two apart.',
      async check(t) {
        await t.fresh('older');
        const items = (await prune(t, own(t, 'older', { dangling: ['false'] }))).at('ImagesDeleted').array();
        for (const item of items) {
          const said = ['Untagged', 'Deleted'].filter((member) => item.at(member).present);
          same(said.length, 1, `members of ${item.place}`);
          item.at(said[0] ?? '').string();
        }
      },
    },
    {
      id: 'dangling-true',
      title: 'dangling=true is the same as none: names are spared',
      pointer: '+/parameters/0',
      why: 'Clients send the default.',
      async check(t) {
        const image = await t.fresh('older');
        await prune(t, own(t, 'older', { dangling: ['true'] }));
        same(await there(t, image.name), true, 'the image is there');
      },
    },
    {
      id: 'label-not',
      title: 'label! spares images that have the label',
      pointer: '+/parameters/0',
      why: 'People mark what they want to keep.',
      async check(t) {
        const image = await t.fresh('unnamed');
        await prune(t, filters({ label: [`${runLabel}=${t.mark()}`], 'label!': [`${recipeLabel}=unnamed`] }));
        same(await there(t, idOf(t, image)), true, 'the image is there');
      },
    },
    {
      id: 'label-key',
      title: 'a label without a value takes images that have the key',
      pointer: '+/parameters/0',
      why: 'Tools mark with keys alone.',
      async check(t) {
        const image = await t.fresh('unnamed');
        await prune(t, filters({ label: [`${runLabel}=${t.mark()}`, recipeLabel] }));
        same(await there(t, idOf(t, image)), false, 'the image is there');
      },
    },
    {
      id: 'until-takes-older',
      title: 'until takes what was put into the store before',
      pointer: '+/parameters/0',
      why: 'Clean-up tools remove what is old.',
      async check(t) {
        const image = await t.fresh('unnamed');
        // Tomorrow, by any clock and in any zone.
        const until = String(Math.floor(Date.now() / 1000) + 2 * 86_400);
        await prune(t, own(t, 'unnamed', { until: [until] }));
        same(await there(t, idOf(t, image)), false, 'the image is there');
      },
    },
    {
      id: 'until-age',
      title: 'until as an age spares what is younger',
      // A graph driver goes by the date of the configuration.
      features: ['prune', 'images', 'containerd-store'],
      pointer: '+/parameters/0',
      why: 'Scripts say 24h.',
      async check(t) {
        const image = await t.fresh('unnamed');
        await prune(t, own(t, 'unnamed', { until: ['24h'] }));
        same(await there(t, idOf(t, image)), true, 'the image is there');
      },
    },
    {
      id: 'map-form',
      title: 'the older form of filters, a map of maps, is understood',
      pointer: '+/parameters/0',
      why: 'A filter that is ignored makes a prune remove too much.',
      async check(t) {
        const [image, kept] = [await t.fresh('older'), await t.fresh('bare')];
        const label = { [`${runLabel}=${t.mark()}`]: true, [`${recipeLabel}=older`]: true };
        await prune(t, JSON.stringify({ dangling: { false: true }, label }));
        same([await there(t, image.name), await there(t, kept.name)], [false, true], 'older and bare are there');
      },
    },
    {
      id: 'bad-until',
      title: 'until that is no time is refused',
      ...asDockerd(['prune', 'images'], 'docs/reference/behavior/images.md#pruning-images'),
      pointer: '+/responses/400',
      why: 'A filter that is ignored makes a prune remove too much.',
      async check(t) {
        const text = filters({ until: ['bogus'], label: [`${runLabel}=none`] });
        (await pruned(t, { query: { filters: text } })).error(400, 500);
      },
    },
  ],
);

/** Images that a container uses. */
export const prunesInUse: readonly Requirement[] = containers(
  {
    operationId: 'ImagePrune',
    pointer: operationPointer('POST', '/images/prune'),
    features: ['containers', 'prune'],
    destructive: true,
  },
  [
    {
      id: 'in-use-kept',
      title: 'an image that a container uses stays, with dangling=false too',
      why: 'The container could not be made again.',
      async check(d) {
        const [used, free] = [await d.t.fresh('spare'), await d.t.fresh('spare')];
        await d.create({ Image: used.name });
        await prune(d.t, own(d.t, 'spare', { dangling: ['false'] }));
        same(
          [await there(d.t, used.name), await there(d.t, free.name)],
          [true, false],
          'used and free image are there',
        );
      },
    },
  ],
);
