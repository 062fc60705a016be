import { demand, type Shape, same, Unmet } from '../../expect.js';
import type { RecipeName } from '../../images/recipes.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { diskUsage, familiar, isIdOf, pointers } from '../common.js';

const usage = async (t: CheckContext, query: Readonly<Record<string, string | readonly string[]>>): Promise<Shape> =>
  (await diskUsage(t.api, { query })).status(200).json();

const of = '/definitions/ImagesDiskUsage/properties';

/** Entries of disk usage for an image. */
async function entriesOf(t: CheckContext, name: RecipeName): Promise<[Shape, ...Shape[]]> {
  const images = (await usage(t, { type: 'image' })).at('Images').array();
  const [first, ...more] = images.filter((image) => isIdOf(t, t.image(name), image.at('Id').value));
  if (!first) throw new Unmet('Images', `an entry of '${name}'`, `none among ${images.length}`);
  return [first, ...more];
}

const newer = (t: CheckContext): Promise<Shape> =>
  usage(t, { type: 'image', verbose: '1' }).then((body) => body.at('ImageUsage'));

/** More of the disk usage of images. */
export const moreUsage: readonly Requirement[] = requirements(
  { operationId: 'SystemDataUsage', features: ['disk-usage', 'images'], pointer: pointers.usage, images: ['basic'] },
  [
    {
      id: 'content-type',
      title: 'the answer is application/json',
      pointer: '+/responses/200',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        (await diskUsage(t.api, { query: { type: 'image' } })).status(200).mediaType('application/json');
      },
    },
    {
      id: 'names',
      title: 'an image is listed with its names',
      pointer: '+/parameters/0',
      images: ['two-names'],
      why: 'People look for names.',
      level: 'SHOULD',
      async check(t) {
        const tags = (await entriesOf(t, 'two-names'))[0].at('RepoTags').array();
        same(
          tags.map(({ value }) => String(familiar(value))).sort(),
          [...t.image('two-names').names].sort(),
          'RepoTags',
        );
      },
    },
    {
      id: 'size-positive',
      title: 'an image with layers has a size above 0',
      pointer: '+/parameters/0',
      why: 'Clean-up tools begin with the largest.',
      async check(t) {
        const size = (await entriesOf(t, 'basic'))[0].at('Size').number();
        demand(size > 0, 'Size', 'above 0', size);
      },
    },
    {
      id: 'shared-within',
      title: 'SharedSize is not above Size',
      pointer: '+/parameters/0',
      why: 'What is shared is a part.',
      async check(t) {
        const [image] = await entriesOf(t, 'basic');
        const [shared, size] = [image.at('SharedSize').number(), image.at('Size').number()];
        demand(shared <= size, 'SharedSize', `at most ${size}`, shared);
      },
    },
    {
      id: 'containers-none',
      title: 'an image that no container uses has Containers 0',
      pointer: '+/parameters/0',
      images: ['bare'],
      why: 'Clean-up tools remove what nobody uses.',
      async check(t) {
        (await entriesOf(t, 'bare'))[0].at('Containers').is(0);
      },
    },
    {
      id: 'each-once',
      title: 'an image is listed once',
      pointer: '+/parameters/0',
      images: ['two-names'],
      why: 'Sizes would be counted twice.',
      async check(t) {
        same((await entriesOf(t, 'two-names')).length, 1, 'entries of the image');
      },
    },
    {
      id: 'type-alone',
      title: 'types that were not asked for are absent',
      since: '1.52',
      pointer: '+/responses/200',
      why: 'To compute them takes time.',
      async check(t) {
        const body = await usage(t, { type: 'image', verbose: '1' });
        body.at('ImageUsage').object();
        for (const other of ['ContainerUsage', 'VolumeUsage', 'BuildCacheUsage'])
          same(body.at(other).value ?? null, null, other);
      },
    },
    {
      id: 'type-repeated',
      title: 'type may be repeated',
      since: '1.52',
      pointer: '+/parameters/0',
      why: 'Clients show two of four.',
      async check(t) {
        const body = await usage(t, { type: ['image', 'volume'], verbose: '1' });
        for (const asked of ['ImageUsage', 'VolumeUsage']) body.at(asked).object();
        same(body.at('ContainerUsage').value ?? null, null, 'ContainerUsage');
      },
    },
    {
      id: 'type-of-others',
      title: 'images are not listed when another type is asked for',
      since: '1.52',
      pointer: '+/parameters/0',
      images: [],
      why: 'To compute them takes time.',
      async check(t) {
        same((await usage(t, { type: 'volume', verbose: '1' })).at('ImageUsage').value ?? null, null, 'ImageUsage');
      },
    },
    {
      id: 'total-size',
      title: 'TotalSize is positive, and not below the size of an image',
      since: '1.52',
      pointer: `${of}/TotalSize`,
      why: 'It is the total that people look at.',
      async check(t) {
        const found = await newer(t);
        // Content that no image reaches, or that several share, makes it no sum of sizes.
        const items = found.at('Items').array();
        const own = items.filter((item) => isIdOf(t, t.image('basic'), item.at('Id').value));
        const total = found.at('TotalSize').number();
        for (const item of own)
          demand(total >= item.at('Size').number(), 'TotalSize', `at least ${item.at('Size').number()}`, total);
        demand(total > 0, 'TotalSize', 'above 0', total);
      },
    },
    {
      id: 'reclaimable',
      title: 'Reclaimable is within TotalSize, and positive when no container uses an image',
      since: '1.52',
      pointer: `${of}/Reclaimable`,
      why: 'People decide by it whether to clean up.',
      async check(t) {
        const found = await newer(t);
        const [free, total] = [found.at('Reclaimable').number(), found.at('TotalSize').number()];
        demand(free > 0 && free <= total, 'Reclaimable', `above 0, at most ${total}`, free);
      },
    },
    {
      id: 'active-count',
      title: 'ActiveCount is at most TotalCount',
      since: '1.52',
      pointer: `${of}/ActiveCount`,
      why: 'Those in use are some of all.',
      async check(t) {
        const found = await newer(t);
        // A count of none may be left out.
        const active = found.at('ActiveCount').present ? found.at('ActiveCount').number() : 0;
        const total = found.at('TotalCount').number();
        demand(active >= 0 && active <= total, 'ActiveCount', `0 to ${total}`, active);
      },
    },
  ],
);
