import { filters } from '../../api.js';
import { same } from '../../expect.js';
import { recipeLabel, runLabel } from '../../images/kit.js';
import type { RecipeName } from '../../images/recipes.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, pointers } from '../common.js';

const looked = ['basic', 'bare', 'older', 'two-names', 'unnamed'] as const satisfies readonly RecipeName[];

/** Demand that of the images looked at, a filter leaves exactly the wanted ones. */
async function leaves(
  t: CheckContext,
  filter: string,
  wanted: readonly RecipeName[],
  more: Record<string, string> = {},
): Promise<void> {
  const answer = await t.api.get('/images/json', { query: { filters: filter, ...more } });
  const own = new Map<unknown, string>();
  for (const name of looked) {
    const { root, images } = t.image(name);
    own.set(root.digest, name);
    own.set(images[0]?.config.digest, name);
  }
  const found = answer
    .status(200)
    .json()
    .array()
    .flatMap((image) => own.get(image.at('Id').value) ?? []);
  same(found.sort(), [...wanted].sort(), `images of the run with filters=${filter}`);
}

const refused = (id: string, title: string, text: string, level: 'MUST' | 'SHOULD' = 'MUST') => ({
  id: `filter-${id}`,
  title,
  level,
  images: [],
  ...asDockerd(['images'], 'docs/reference/behavior/images.md#filters'),
  why: 'A filter that is ignored makes clean-up tools remove too much.',
  async check(t: CheckContext): Promise<void> {
    (await t.api.get('/images/json', { query: { filters: text } })).error(400);
  },
});

/** The `filters` parameter of the image list. */
export const listFilters: readonly Requirement[] = requirements(
  { operationId: 'ImageList', features: ['images'], pointer: `${pointers.list}/parameters/1`, images: looked },
  [
    {
      id: 'filter-reference-tag',
      title: 'reference with a tag selects that image',
      why: 'Clients look names up by it.',
      check: (t) => leaves(t, filters({ reference: [t.image('basic').name] }), ['basic']),
    },
    {
      id: 'filter-reference-repository',
      title: 'reference without a tag selects all tags of a repository',
      why: 'People leave the tag out.',
      check: (t) => leaves(t, filters({ reference: [t.image('two-names').repository] }), ['two-names']),
    },
    {
      id: 'filter-reference-pattern',
      title: 'reference may be a pattern',
      why: 'Clean-up tools select by prefix.',
      check: (t) => leaves(t, filters({ reference: [`${t.mark()}/b*`] }), ['basic', 'bare']),
    },
    {
      id: 'filter-reference-several',
      title: 'several references add up',
      why: 'Values of one filter are alternatives.',
      check: (t) =>
        leaves(t, filters({ reference: [t.image('basic').name, t.image('older').name] }), ['basic', 'older']),
    },
    {
      id: 'filter-reference-unknown',
      title: 'a reference that matches nothing gives an empty array',
      why: 'Nothing found is an answer, never null.',
      async check(t) {
        const query = { filters: filters({ reference: [`${t.mark()}/nothing`] }) };
        (await t.api.get('/images/json', { query })).status(200).json().is([]);
      },
    },
    {
      id: 'filter-map-form',
      title: 'the older form of filters, a map of maps, is understood',
      level: 'SHOULD',
      why: 'Clients of many years send it.',
      check: (t) => leaves(t, JSON.stringify({ reference: { [t.image('basic').name]: true } }), ['basic']),
    },
    {
      id: 'filter-label',
      title: 'label with a value selects images that have it',
      why: 'Tools mark their images with labels.',
      check: (t) => leaves(t, filters({ label: [`${runLabel}=${t.mark()}`, `${recipeLabel}=older`] }), ['older']),
    },
    {
      id: 'filter-label-key',
      title: 'label without a value selects images that have the key',
      why: 'Tools mark their images with labels.',
      check: (t) => leaves(t, filters({ label: [runLabel] }), looked),
    },
    {
      id: 'filter-label-other',
      title: 'label with another value selects nothing of ours',
      why: 'Tools must not touch images of others.',
      check: (t) => leaves(t, filters({ label: [`${runLabel}=other`] }), []),
    },
    {
      id: 'filter-label-not',
      title: 'label! leaves out images that have the label',
      ...asDockerd(['containerd-store', 'images'], 'docs/reference/behavior/images.md#filters'),
      why: 'Clean-up tools spare images by labels.',
      check: (t) =>
        leaves(t, filters({ 'label!': [`${recipeLabel}=older`], reference: [`${t.mark()}/*`] }), [
          'basic',
          'bare',
          'two-names',
        ]),
    },
    {
      id: 'filter-dangling-true',
      title: 'dangling=true selects images without a name',
      why: 'They are what a prune removes.',
      check: (t) => leaves(t, filters({ dangling: ['true'] }), ['unnamed']),
    },
    {
      id: 'filter-dangling-false',
      title: 'dangling=false leaves out images without a name',
      why: 'They are what a prune removes.',
      check: (t) => leaves(t, filters({ dangling: ['false'] }), ['basic', 'bare', 'older', 'two-names']),
    },
    {
      id: 'filter-before',
      title: 'before selects images that were created earlier',
      why: 'Clean-up tools remove what is older than a release.',
      check: (t) => leaves(t, filters({ before: [t.image('basic').name] }), ['older']),
    },
    {
      id: 'filter-since',
      title: 'since selects images that were created later',
      why: 'Tools show what is newer than a release.',
      check: (t) => leaves(t, filters({ since: [t.image('older').name] }), ['basic', 'bare', 'two-names', 'unnamed']),
    },
    {
      id: 'filter-since-unknown',
      title: 'since with an unknown image is answered 404',
      ...asDockerd(['images'], 'docs/reference/behavior/images.md#filters'),
      level: 'SHOULD',
      why: 'There is nothing to compare with.',
      async check(t) {
        const query = { filters: filters({ since: [`${t.mark()}/nothing`] }) };
        (await t.api.get('/images/json', { query })).error(404);
      },
    },
    {
      id: 'filter-until',
      title: 'until with a time to come selects all, with one before all images none',
      why: 'Clean-up tools remove by age.',
      async check(t) {
        await leaves(t, filters({ until: ['2100-01-01T00:00:00Z'] }), looked);
        await leaves(t, filters({ until: ['2001-01-01T00:00:00Z'] }), []);
      },
    },
    {
      id: 'filter-together',
      title: 'different filters narrow each other',
      why: 'Each filter is a condition.',
      check: (t) => leaves(t, filters({ label: [runLabel], reference: [t.image('bare').name] }), ['bare']),
    },
    {
      id: 'filter-empty',
      title: 'an empty object filters nothing',
      why: 'Clients send it by default.',
      check: (t) => leaves(t, '{}', looked),
    },
    refused('unknown', 'an unknown filter is refused', filters({ unheard: ['of'] })),
    refused('not-json', 'filters that are not JSON are refused', 'not json'),
    refused('array', 'filters that are not an object are refused', '[]'),
    refused('dangling-bad', 'dangling with a value that is not a boolean is refused', filters({ dangling: ['maybe'] })),
    refused('until-bad', 'until with a value that is not a time is refused', filters({ until: ['bogus'] })),
  ],
);
