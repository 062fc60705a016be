import { type RecipeName, recipes } from '../../images/recipes.js';
import { type Requirement, requirements } from '../../requirement.js';
import { observed, pointers } from '../common.js';

/** Images that lack content: only stores that keep indexes can keep them. */
const incomplete: readonly RecipeName[] = [
  'inline',
  'missing-statement',
  'missing-attestation-manifest',
  'missing-image-manifest',
  'mixed',
];

/** Images whose form no published text demands to be taken; daemons that take them are judged on what they make of them. */
const odd: readonly RecipeName[] = ['size-mismatch', 'not-json', 'docker-list', 'nested', ...incomplete];

/** Whether each image of the suite can be loaded; what needs an image that cannot be is blocked by this. */
export const images: readonly Requirement[] = requirements(
  { operationId: 'ImageLoad', features: ['images'], pointer: pointers.load },
  (Object.keys(recipes) as RecipeName[]).map((name) => ({
    id: `image-${name}`,
    title: `an archive of the image '${name}' is loaded: ${recipes[name].summary}`,
    why: 'Requirements on this image need it in the store.',
    ...(incomplete.includes(name) && { features: ['incomplete-images', 'images'] }),
    ...(odd.includes(name) && {
      level: 'SHOULD',
      basis: observed('docs/reference/behavior/images.md#loading-images', 'containerd'),
    }),
    images: [name],
    async check(t) {
      t.image(name);
    },
  })),
);
