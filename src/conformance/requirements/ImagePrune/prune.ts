import { type Answer, filters } from '../../api.js';
import { demand, same } from '../../expect.js';
import { recipeLabel, runLabel } from '../../images/kit.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, familiar, idOf, isIdOf, pointers, whenFree } from '../common.js';

/** Prune images. */
export const pruned = (t: CheckContext, { query }: { readonly query: Record<string, string> }): Promise<Answer> =>
  whenFree(t.api, '/images/prune', query);

const refused = (id: string, title: string, text: string) => ({
  id,
  title,
  ...asDockerd(['prune', 'images'], 'docs/reference/behavior/images.md#pruning-images'),
  why: 'A filter that is ignored makes a prune remove too much.',
  async check(t: CheckContext): Promise<void> {
    (await pruned(t, { query: { filters: text } })).error(400);
  },
});

/** A filter for the run's own images of one recipe. */
export const own = (t: CheckContext, recipe: string, more: Record<string, string[]> = {}): string =>
  filters({ label: [`${runLabel}=${t.mark()}`, `${recipeLabel}=${recipe}`], ...more });

/** Pruning images; every prune is narrowed to labels of the run, but a faulty daemon may not heed that. */
export const prune: readonly Requirement[] = requirements(
  {
    operationId: 'ImagePrune',
    features: ['prune', 'images'],
    pointer: pointers.prune,
    destructive: true,
  },
  [
    {
      id: 'nothing',
      title: 'a prune that matches nothing reclaims nothing',
      why: 'Scripts run it every night.',
      async check(t) {
        const query = { filters: filters({ label: [`${runLabel}=nothing-has-this`] }) };
        const body = (await pruned(t, { query })).status(200).mediaType('application/json').json();
        body.at('SpaceReclaimed').is(0);
        const deleted = body.at('ImagesDeleted').value;
        demand(deleted === null || (Array.isArray(deleted) && deleted.length === 0), 'ImagesDeleted', 'empty', deleted);
      },
    },
    {
      id: 'unnamed',
      title: 'an image without a name is removed',
      why: 'It is what a prune is for.',
      async check(t) {
        const image = await t.fresh('unnamed');
        const body = (await pruned(t, { query: { filters: own(t, 'unnamed') } })).status(200).json();
        const deleted = body
          .at('ImagesDeleted')
          .array()
          .map((entry) => entry.at('Deleted').value);
        const isNamed = deleted.some((text) => isIdOf(t, image, text));
        demand(isNamed, 'ImagesDeleted', idOf(t, image), deleted);
        (await t.api.get(`/images/${idOf(t, image)}/json`)).error(404);
      },
    },
    {
      id: 'reclaimed',
      title: 'SpaceReclaimed is a positive number when something was removed',
      level: 'SHOULD',
      why: 'People read it.',
      async check(t) {
        await t.fresh('unnamed');
        const body = (await pruned(t, { query: { filters: own(t, 'unnamed') } })).status(200).json();
        demand(
          body.at('SpaceReclaimed').number() > 0,
          'SpaceReclaimed',
          'more than 0',
          body.at('SpaceReclaimed').value,
        );
      },
    },
    {
      id: 'named-kept',
      title: 'an image with a name stays',
      images: ['basic'],
      why: 'Only what nobody can name is garbage.',
      async check(t) {
        (await pruned(t, { query: { filters: own(t, 'basic') } })).status(200);
        (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200);
      },
    },
    {
      id: 'all-unused',
      title: 'with dangling=false unused images with a name are removed too',
      why: 'It is how disks are emptied.',
      async check(t) {
        const image = await t.fresh('older');
        const query = { filters: own(t, 'older', { dangling: ['false'] }) };
        const body = (await pruned(t, { query })).status(200).json();
        demand(body.at('ImagesDeleted').array().length > 0, 'ImagesDeleted', 'at least one entry', 'none');
        (await t.api.get(`/images/${image.name}/json`)).error(404);
      },
    },
    {
      id: 'names',
      title: 'ImagesDeleted has the names that were removed',
      why: 'People read it.',
      async check(t) {
        const image = await t.fresh('older');
        const query = { filters: own(t, 'older', { dangling: ['false'] }) };
        const body = (await pruned(t, { query })).status(200).json();
        const untagged = body
          .at('ImagesDeleted')
          .array()
          .map((entry) => familiar(entry.at('Untagged').value));
        demand(untagged.includes(image.name), 'ImagesDeleted', image.name, untagged);
      },
    },
    {
      id: 'until-spares-newer',
      title: 'until spares images that were created later',
      why: 'Clean-up tools remove what is old.',
      async check(t) {
        const image = await t.fresh('unnamed');
        (await pruned(t, { query: { filters: own(t, 'unnamed', { until: ['2001-01-01T00:00:00Z'] }) } })).status(200);
        same((await t.api.get(`/images/${idOf(t, image)}/json`)).exchange.status, 200, 'status of the newer image');
      },
    },
    {
      id: 'label-spares-others',
      title: 'a label filter spares images without the label',
      images: ['basic'],
      why: 'Tools clean up after themselves only.',
      async check(t) {
        const image = await t.fresh('unnamed');
        const query = { filters: filters({ label: [`${runLabel}=another`] }) };
        (await pruned(t, { query })).status(200);
        same((await t.api.get(`/images/${idOf(t, image)}/json`)).exchange.status, 200, 'status of the spared image');
      },
    },
    refused(
      'unknown-filter',
      'an unknown filter is refused',
      filters({ unheard: ['of'], label: [`${runLabel}=none`] }),
    ),
    refused(
      'bad-dangling',
      'dangling with a value that is not a boolean is refused',
      filters({ dangling: ['maybe'], label: [`${runLabel}=none`] }),
    ),
    refused('bad-filters', 'filters that are not JSON are refused', 'bad'),
  ],
);
