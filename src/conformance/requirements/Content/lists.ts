import { same } from '../../expect.js';
import { types } from '../../images/recipe.js';
import { type Requirement, requirements } from '../../requirement.js';
import { attestedOf, observed, statementOf } from '../common.js';
import { blob } from './content.js';

/** Lists of the content service. */
export const contentLists: readonly Requirement[] = requirements(
  {
    operationId: 'containerd.services.content.v1.Content/List',
    prefix: 'Content',
    features: ['content', 'images'],
    pointer: null,
    basis: observed('docs/reference/behavior/content-service.md#the-content-service', 'containerd'),
    images: ['basic'],
  },
  [
    {
      id: 'list-filter',
      title: 'List with a digest filter gives that blob alone',
      why: 'Clients look for several blobs at once.',
      async check(t) {
        const { status, blobs } = await (await t.content()).list([`digest==${blob(t).digest}`]);
        same([status, blobs.map(({ digest }) => digest)], ['OK', [blob(t).digest]], 'blobs');
      },
    },
    {
      id: 'list',
      title: 'List has every blob of a loaded image',
      why: 'Mirrors copy what is listed.',
      async check(t) {
        const listed = new Set((await (await t.content()).list()).blobs.map(({ digest }) => digest));
        same(
          [...t.image('basic').blobs.keys()].filter((digest) => !listed.has(digest)),
          [],
          'blobs that are not listed',
        );
      },
    },
    {
      id: 'list-sizes',
      title: 'List gives the size of each blob',
      why: 'Mirrors plan by it.',
      async check(t) {
        const sizes = new Map((await (await t.content()).list()).blobs.map(({ digest, size }) => [digest, size]));
        for (const [digest, bytes] of t.image('basic').blobs)
          same(sizes.get(digest), bytes.length, `size of ${digest}`);
      },
    },
    {
      id: 'list-two-filters',
      title: 'two filters add up',
      why: 'Clients look for several blobs at once.',
      async check(t) {
        const wanted = [blob(t).digest, t.image('basic').root.digest].sort();
        const { blobs } = await (await t.content()).list(wanted.map((digest) => `digest==${digest}`));
        same(blobs.map(({ digest }) => digest).sort(), wanted, 'blobs');
      },
    },
    {
      id: 'read-offsets',
      title: 'each message says where its bytes belong',
      images: ['basic', 'big'],
      why: 'Clients write them to files at that place.',
      async check(t) {
        const [{ digest }] = statementOf(attestedOf(t.image('big')), types.spdx);
        let at = 0;
        for (const part of (await (await t.content()).read(digest)).parts) {
          same(part.offset, at, 'offset of a message');
          at += part.data.length;
        }
      },
    },
    {
      id: 'list-bad-filter',
      title: 'List with a filter that cannot be parsed is INVALID_ARGUMENT',
      level: 'SHOULD',
      why: 'Listing everything instead would mislead.',
      async check(t) {
        same((await (await t.content()).list(['size>10'])).status, 'INVALID_ARGUMENT', 'status');
      },
    },
  ],
);
