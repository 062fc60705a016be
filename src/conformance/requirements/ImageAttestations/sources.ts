import { demand } from '../../expect.js';
import { foreignPlatform, types } from '../../images/recipe.js';
import type { RecipeName } from '../../images/recipes.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { attestationsOf, attestedOf, holdsVerbatim, lists, platformText, pointers } from '../common.js';

const nothing = (id: string, title: string, image: RecipeName, level: 'MUST' | 'SHOULD', why: string) => ({
  id,
  title,
  level,
  images: [image],
  why,
  async check(t: CheckContext): Promise<void> {
    (await t.api.get(attestationsOf(t.image(image).name))).status(200).json().is([]);
  },
});

/** Which manifests attest an image, and what happens when content is absent or broken. */
export const sources: readonly Requirement[] = requirements(
  { operationId: 'ImageAttestations', features: ['attestations'], pointer: pointers.attestations },
  [
    nothing(
      'orphan',
      'attestations of a digest outside the index are not listed',
      'orphan',
      'MUST',
      'They vouch for something else.',
    ),
    nothing(
      'no-reference',
      'a manifest that does not say what it attests is not listed',
      'no-reference',
      'MUST',
      'It could belong to any platform.',
    ),
    nothing(
      'other-reference-type',
      'manifests with another reference type are not listed',
      'other-type',
      'MUST',
      'Other tools attach other things to images.',
    ),
    nothing(
      'docker-list',
      'a Docker manifest list has no attestations',
      'docker-list',
      'SHOULD',
      'Only OCI indexes carry attestation manifests.',
    ),
    {
      id: 'first-manifest',
      title: 'of two attestation manifests for one image the first counts',
      level: 'SHOULD',
      images: ['two-manifests'],
      why: 'Clients of different daemons must see the same attestations.',
      async check(t) {
        const image = t.image('two-manifests');
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
    {
      id: 'first-image',
      title: 'of two images for one platform the first in the index counts',
      images: ['two-images'],
      why: 'It is the image that runs; attestations of the other vouch for other content.',
      async check(t) {
        const image = t.image('two-images');
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
    {
      id: 'missing-statement-listed',
      title: 'an attestation whose blob is absent is still listed',
      features: ['attestations', 'incomplete-images'],
      images: ['missing-statement'],
      why: 'The manifest says that it exists; a client can fetch it elsewhere.',
      async check(t) {
        const image = t.image('missing-statement');
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
    {
      id: 'missing-statement-asked',
      title: 'asking for the statement of an absent blob is answered 404',
      features: ['attestations', 'incomplete-images'],
      images: ['missing-statement'],
      pointer: '+/responses/404',
      why: 'Leaving it out silently would look like an attestation without content.',
      async check(t) {
        const query = { statement: '1' };
        (await t.api.get(attestationsOf(t.image('missing-statement').name), { query })).error(404);
      },
    },
    {
      id: 'missing-statement-named',
      title: 'that answer names the digest',
      level: 'SHOULD',
      features: ['attestations', 'incomplete-images'],
      images: ['missing-statement'],
      why: 'A client can then look for the blob.',
      async check(t) {
        const image = t.image('missing-statement');
        const digest = attestedOf(image).layers[1]?.digest ?? '';
        const message = (await t.api.get(attestationsOf(image.name), { query: { statement: '1' } })).error(404);
        demand(message.includes(digest), 'message', digest, message);
      },
    },
    {
      id: 'missing-statement-avoided',
      title: 'a type that avoids the absent blob brings the statements that are there',
      features: ['attestations', 'incomplete-images'],
      images: ['missing-statement'],
      why: 'One absent SBOM must not hide the provenance.',
      async check(t) {
        const image = t.image('missing-statement');
        const query = { statement: '1', type: [types.provenance, types.custom] };
        const { layers, attestations } = attestedOf(image);
        const answer = await t.api.get(attestationsOf(image.name), { query });
        lists(
          answer,
          layers.filter((_, i) => i !== 1),
        );
        holdsVerbatim(answer, '"Statement":', attestations[2]?.bytes ?? Buffer.alloc(0));
      },
    },
    {
      id: 'missing-manifest',
      title: 'an absent attestation manifest is answered 404',
      features: ['attestations', 'incomplete-images'],
      images: ['missing-attestation-manifest'],
      pointer: '+/responses/404',
      why: 'An empty list would read as an image without attestations.',
      async check(t) {
        (await t.api.get(attestationsOf(t.image('missing-attestation-manifest').name))).error(404);
      },
    },
    {
      id: 'missing-image',
      title: 'attestations of an image whose own manifest is absent are listed',
      level: 'SHOULD',
      features: ['attestations', 'incomplete-images'],
      images: ['missing-image-manifest'],
      why: 'Policy can be checked before the platform is pulled.',
      async check(t) {
        const image = t.image('missing-image-manifest');
        const query = { platform: platformText(foreignPlatform(t.host)) };
        lists(await t.api.get(attestationsOf(image.name), { query }), attestedOf(image, 1).layers);
      },
    },
    {
      id: 'not-json-listed',
      title: 'an attestation that is not JSON is listed',
      images: ['not-json'],
      why: 'A listing reads manifests, not statements.',
      async check(t) {
        const image = t.image('not-json');
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
    {
      id: 'not-json-asked',
      title: 'a statement that is not JSON is answered with an error status, or with an array',
      images: ['not-json'],
      pointer: '+/responses/200/schema',
      why: 'An answer 200 that is not an array breaks every typed client.',
      async check(t) {
        const answer = await t.api.get(attestationsOf(t.image('not-json').name), { query: { statement: '1' } });
        if (answer.exchange.status === 200) answer.json().array();
        else answer.error(404, 422, 500);
      },
    },
    {
      id: 'not-json-avoided',
      title: 'a type that avoids the broken statement brings the good ones',
      images: ['not-json'],
      why: 'One broken attestation must not hide the others.',
      async check(t) {
        const image = t.image('not-json');
        const { layers, attestations } = attestedOf(image);
        const query = { statement: '1', type: types.custom };
        const answer = await t.api.get(attestationsOf(image.name), { query });
        lists(answer, layers.slice(2));
        holdsVerbatim(answer, '"Statement":', attestations[2]?.bytes ?? Buffer.alloc(0));
      },
    },
  ],
);
