import { demand, type Shape, same } from '../../expect.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { entryWhere, familiar, idOf, pointers } from '../common.js';

const usage = async (t: CheckContext, query: Readonly<Record<string, string | readonly string[]>>): Promise<Shape> =>
  (await t.api.get('/system/df', { query })).status(200).json();

const of = '/definitions/ImagesDiskUsage/properties';

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
        (await t.api.get('/system/df', { query: { type: 'image' } })).status(200).mediaType('application/json');
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
        const images = (await usage(t, { type: 'image' })).at('Images').array();
        const tags = entryWhere(images, 'Id', idOf(t, t.image('two-names')))
          .at('RepoTags')
          .array();
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
        const images = (await usage(t, { type: 'image' })).at('Images').array();
        const size = entryWhere(images, 'Id', idOf(t, t.image('basic')))
          .at('Size')
          .number();
        demand(size > 0, 'Size', 'above 0', size);
      },
    },
    {
      id: 'shared-within',
      title: 'SharedSize is not above Size',
      pointer: '+/parameters/0',
      why: 'What is shared is a part.',
      async check(t) {
        const images = (await usage(t, { type: 'image' })).at('Images').array();
        const image = entryWhere(images, 'Id', idOf(t, t.image('basic')));
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
        const images = (await usage(t, { type: 'image' })).at('Images').array();
        entryWhere(images, 'Id', idOf(t, t.image('bare')))
          .at('Containers')
          .is(0);
      },
    },
    {
      id: 'each-once',
      title: 'an image is listed once',
      pointer: '+/parameters/0',
      images: ['two-names'],
      why: 'Sizes would be counted twice.',
      async check(t) {
        const ids = (await usage(t, { type: 'image' }))
          .at('Images')
          .array()
          .map((image) => image.at('Id').value);
        same(ids.filter((id) => id === idOf(t, t.image('two-names'))).length, 1, 'entries of the image');
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
      title: 'TotalSize is positive, and counts shared content once',
      since: '1.52',
      pointer: `${of}/TotalSize`,
      why: 'It is the total that people look at.',
      async check(t) {
        const found = await newer(t);
        const sum = found
          .at('Items')
          .array()
          .reduce((all, item) => all + item.at('Size').number(), 0);
        const total = found.at('TotalSize').number();
        demand(total > 0 && total <= sum, 'TotalSize', `above 0, at most ${sum}`, total);
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
