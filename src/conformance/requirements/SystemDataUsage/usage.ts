import { demand } from '../../expect.js';
import { type Requirement, requirements } from '../../requirement.js';
import { asDockerd, diskUsage, entryWhere, idOf, pointers } from '../common.js';

/** Disk usage of images. */
export const usage: readonly Requirement[] = requirements(
  { operationId: 'SystemDataUsage', features: ['disk-usage', 'images'], pointer: pointers.usage, images: ['basic'] },
  [
    {
      id: 'images',
      title: 'type=image lists the images',
      since: '1.48',
      pointer: '+/parameters/0',
      why: 'Clean-up tools start from it.',
      async check(t) {
        const images = (await diskUsage(t.api, { query: { type: 'image' } })).status(200).json().at('Images').array();
        entryWhere(images, 'Id', idOf(t, t.image('basic')))
          .at('RepoTags')
          .array();
      },
    },
    {
      id: 'sizes',
      title: 'each image has a size and a shared size that are not negative',
      pointer: '+/parameters/0',
      why: 'Clean-up tools add them up.',
      async check(t) {
        for (const image of (await diskUsage(t.api, { query: { type: 'image' } }))
          .status(200)
          .json()
          .at('Images')
          .array()) {
          demand(image.at('Size').number() >= 0, `${image.place}.Size`, 'not negative', image.at('Size').value);
          demand(
            image.at('SharedSize').number() >= 0,
            `${image.place}.SharedSize`,
            'not negative',
            image.at('SharedSize').value,
          );
        }
      },
    },
    {
      id: 'layers-size',
      title: 'LayersSize is a number',
      pointer: '+/responses/200/schema',
      why: 'It is the total that people look at.',
      async check(t) {
        (await diskUsage(t.api, { query: { type: 'image' } })).status(200).json().at('LayersSize').number();
      },
    },
    {
      id: 'layers-size-positive',
      title: 'LayersSize is positive when there is an image with layers',
      pointer: '+/responses/200/schema',
      why: 'It is the total that people look at.',
      async check(t) {
        const size = (await diskUsage(t.api, { query: { type: 'image' } }))
          .status(200)
          .json()
          .at('LayersSize')
          .number();
        demand(size > 0, 'LayersSize', 'more than 0', size);
      },
    },
    {
      id: 'total-count',
      title: 'TotalCount is the number of items',
      since: '1.52',
      pointer: '+/parameters/1',
      why: 'Clients show it without asking for the items.',
      async check(t) {
        const query = { type: 'image', verbose: '1' };
        const usage = (await diskUsage(t.api, { query })).status(200).json().at('ImageUsage');
        usage.at('TotalCount').is(usage.at('Items').array().length);
      },
    },
    {
      id: 'unknown-type',
      ...asDockerd(['disk-usage'], 'docs/reference/behavior/daemon.md#daemon-information'),
      title: 'an unknown type is refused',
      pointer: '+/parameters/0',
      images: [],
      why: 'An empty answer would look like an empty disk.',
      async check(t) {
        (await t.api.get('/system/df', { query: { type: 'bogus' } })).error(400);
      },
    },
    {
      id: 'verbose',
      title: 'verbose=1 gives ImageUsage with its items',
      since: '1.52',
      pointer: '+/parameters/1',
      why: 'Newer clients read that form.',
      async check(t) {
        const query = { type: 'image', verbose: '1' };
        const items = (await diskUsage(t.api, { query })).status(200).json().at('ImageUsage', 'Items').array();
        entryWhere(items, 'Id', idOf(t, t.image('basic')));
      },
    },
  ],
);
