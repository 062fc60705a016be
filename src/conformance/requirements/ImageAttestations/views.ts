import { demand, same } from '../../expect.js';
import { types } from '../../images/recipe.js';
import { commaType, verbatimTypes } from '../../images/recipes-forms.js';
import { manyPlatforms } from '../../images/recipes-sound.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import type { LoadedImage } from '../../session.js';
import {
  annotated,
  attestationsOf,
  attestedOf,
  entriesFor,
  holdsVerbatim,
  idOf,
  lists,
  platformText,
  pointers,
  statementOf,
} from '../common.js';

const pointer = '+/parameters/3';

const ask = (t: CheckContext, name: string, query: Record<string, string | readonly string[]> = { statement: '1' }) =>
  t.api.get(attestationsOf(name), { query });

/** Demand that an image's only attested platform comes with each of its statements, byte for byte. */
async function complete(t: CheckContext, image: LoadedImage, name = image.name): Promise<void> {
  const answer = await ask(t, name);
  const attested = attestedOf(image);
  lists(answer, annotated(attested));
  for (const { bytes, predicateType } of attested.attestations)
    if (predicateType) holdsVerbatim(answer, '"Statement":', bytes);
}

/** Statements by other ways to name an image, and together with the other parameters. */
export const views: readonly Requirement[] = requirements(
  { operationId: 'ImageAttestations', features: ['attestations'], pointer: pointers.attestations, images: ['basic'] },
  [
    {
      id: 'statement-platform-each',
      title: 'each platform has its own statements',
      pointer,
      images: ['multi'],
      why: 'The statement of another platform vouches for other content.',
      async check(t) {
        const image = t.image('multi');
        for (const [i, platform] of manyPlatforms(t.host).entries()) {
          const answer = await ask(t, image.name, { statement: '1', platform: platformText(platform) });
          lists(answer, attestedOf(image, i).layers, platformText(platform));
          for (const { bytes } of attestedOf(image, i).attestations) holdsVerbatim(answer, '"Statement":', bytes);
        }
      },
    },
    {
      id: 'statement-by-id',
      title: 'statements come by id as by name',
      pointer,
      why: 'Clients keep ids.',
      check: (t) => complete(t, t.image('basic'), idOf(t, t.image('basic'))),
    },
    {
      id: 'statement-by-digest',
      title: 'statements come by repository and digest as by name',
      pointer,
      why: 'Deployments pin images so.',
      check: (t) => complete(t, t.image('basic'), `${t.image('basic').repository}@${t.image('basic').root.digest}`),
    },
    {
      id: 'statement-second-name',
      title: 'statements come by each name of an image',
      pointer,
      images: ['two-names'],
      why: 'A name is not the image.',
      async check(t) {
        for (const name of t.image('two-names').names) await complete(t, t.image('two-names'), name);
      },
    },
    {
      id: 'statement-artifact',
      title: 'statements of an attestation manifest stored as OCI artifact come too',
      pointer,
      images: ['artifact'],
      why: 'The form of storage does not change what they say.',
      check: (t) => complete(t, t.image('artifact')),
    },
    {
      id: 'statement-none',
      title: 'an image without attestations gives an empty array with statement=1 as well',
      pointer,
      images: ['bare'],
      why: 'Nothing was attested, which is no error.',
      async check(t) {
        (await ask(t, t.image('bare').name)).status(200).json().is([]);
      },
    },
    {
      id: 'statement-type-none',
      title: 'a type that no attestation has gives an empty array with statement=1 as well',
      pointer,
      why: 'Nothing of that type was attested, which is no error.',
      async check(t) {
        const query = { statement: '1', type: 'https://example.test/none' };
        (await ask(t, t.image('basic').name, query)).status(200).json().is([]);
      },
    },
    {
      id: 'statement-content-type',
      title: 'the answer is application/json with statement=1 as well',
      pointer,
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        (await ask(t, t.image('basic').name)).status(200).mediaType('application/json');
      },
    },
    {
      id: 'statement-big-left-out',
      title: 'a type that leaves the big statement out leaves its megabytes out',
      pointer,
      images: ['big'],
      why: 'Clients ask for one type to be spared the others.',
      async check(t) {
        const answer = await ask(t, t.image('big').name, { statement: '1', type: types.provenance });
        same(answer.status(200).json().array().length, 1, 'number of entries');
        demand(answer.body.length < 1 << 20, 'length of the body', 'below 1 MiB', answer.body.length);
      },
    },
    {
      id: 'statement-one-of-many',
      title: 'one of a hundred and fifty comes by its type, with its own statement',
      pointer,
      images: ['many'],
      why: 'Clients that know what they want get that.',
      async check(t) {
        const { attestations, layers } = attestedOf(t.image('many'));
        for (const i of [0, 99, 100, 149]) {
          const answer = await ask(t, t.image('many').name, {
            statement: '1',
            type: attestations[i]?.predicateType ?? '',
          });
          lists(answer, layers.slice(i, i + 1));
          holdsVerbatim(answer, '"Statement":', attestations[i]?.bytes ?? Buffer.alloc(0));
        }
      },
    },
    {
      id: 'statement-comma-type',
      title: 'the statement of a type with a comma comes by that type',
      pointer,
      images: ['comma'],
      why: 'The type is one text.',
      async check(t) {
        const [, bytes] = statementOf(attestedOf(t.image('comma')), commaType);
        const answer = await ask(t, t.image('comma').name, { statement: '1', type: commaType });
        holdsVerbatim(answer, '"Statement":', bytes);
      },
    },
    {
      id: 'statement-platform-type',
      title: 'platform, type and statement together bring that statement alone',
      pointer,
      images: ['multi'],
      why: 'Clients narrow the answer as far as they can.',
      async check(t) {
        const query = { statement: '1', type: types.spdx, platform: platformText(t.host) };
        const [layer, bytes] = statementOf(attestedOf(t.image('multi')), types.spdx);
        const answer = await ask(t, t.image('multi').name, query);
        lists(answer, [layer]);
        holdsVerbatim(answer, '"Statement":', bytes);
      },
    },
    {
      id: 'statement-numbers-with-type',
      title: 'numbers keep their form when a type is named',
      pointer,
      images: ['verbatim'],
      basis: {
        kind: 'observed',
        daemon: 'dockerd',
        version: '29.7.2',
        store: 'containerd',
        section: 'docs/reference/behavior/attestations.md#response-bodies',
      },
      features: ['as-dockerd', 'attestations'],
      why: 'A round trip through floating point changes them.',
      async check(t) {
        const { attestations } = attestedOf(t.image('verbatim'));
        const types = [verbatimTypes.numbers, verbatimTypes.keys];
        const answer = await ask(t, t.image('verbatim').name, { statement: '1', type: types });
        for (const type of types)
          holdsVerbatim(
            answer,
            '"Statement":',
            attestations.find((one) => one.predicateType === type)?.bytes ?? Buffer.alloc(0),
          );
      },
    },
    {
      id: 'platform-by-id',
      title: 'a platform is selected by id as by name',
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'Clients keep ids.',
      async check(t) {
        const image = t.image('multi');
        const query = { platform: platformText(manyPlatforms(t.host)[1] ?? t.host) };
        lists(await ask(t, idOf(t, image), query), attestedOf(image, 1).layers);
      },
    },
    {
      id: 'platform-by-digest',
      title: 'a platform is selected by repository and digest as by name',
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'Deployments pin images so.',
      async check(t) {
        const image = t.image('multi');
        const query = { platform: platformText(manyPlatforms(t.host)[2] ?? t.host) };
        lists(await ask(t, `${image.repository}@${image.root.digest}`, query), attestedOf(image, 2).layers);
      },
    },
    {
      id: 'platform-host-named',
      title: "the daemon's own platform by name gives what no platform gives",
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'The default is that platform.',
      async check(t) {
        const image = t.image('multi');
        const answer = (await ask(t, image.name, { platform: platformText(t.host) })).status(200).json();
        answer.is((await ask(t, image.name, {})).status(200).json().value);
      },
    },
    {
      id: 'platform-annotations',
      title: 'annotations of the layers are in the descriptors of each platform',
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'Policies read them.',
      async check(t) {
        const image = t.image('multi');
        for (const [i, platform] of manyPlatforms(t.host).entries()) {
          const answer = await ask(t, image.name, { platform: platformText(platform) });
          answer
            .status(200)
            .json()
            .has(entriesFor(attestedOf(image, i).layers));
        }
      },
    },
    {
      id: 'platform-all-fields',
      title: 'every optional field of a descriptor is there when platform and statement are given',
      pointer: '+/parameters/1',
      images: ['rich'],
      why: 'Clients fetch by urls and select by artifactType.',
      async check(t) {
        const query = { platform: platformText(t.host), statement: '1' };
        (await ask(t, t.image('rich').name, query))
          .status(200)
          .json()
          .has(entriesFor(attestedOf(t.image('rich')).layers));
      },
    },
    {
      id: 'platform-type-each',
      title: 'a type selects within the platform',
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'The type of another platform is not of this one.',
      async check(t) {
        const image = t.image('multi');
        for (const [i, platform] of manyPlatforms(t.host).entries()) {
          const query = { platform: platformText(platform), type: types.legacy };
          const { layers, attestations } = attestedOf(image, i);
          const wanted = layers.filter((_, n) => attestations[n]?.predicateType === types.legacy);
          lists(await ask(t, image.name, query), wanted, platformText(platform));
        }
      },
    },
    {
      id: 'platform-none-attested',
      title: 'an image without attestations gives an empty array for its own platform by name',
      pointer: '+/parameters/1',
      images: ['bare'],
      why: 'Nothing was attested, which is no error.',
      async check(t) {
        (await ask(t, t.image('bare').name, { platform: platformText(t.host) })).status(200).json().is([]);
      },
    },
  ],
);

/** Daemons whose store keeps no attestations. */
export const withoutStore: readonly Requirement[] = requirements(
  {
    operationId: 'ImageAttestations',
    features: ['graph-store'],
    pointer: pointers.attestations,
    images: ['basic'],
    since: '1.55',
  },
  [
    {
      id: 'graph-store-501',
      title: 'a store that keeps no attestations is answered 501',
      pointer: '+/responses/501',
      why: 'An empty array would say that nothing was attested.',
      async check(t) {
        (await t.api.get(attestationsOf(t.image('basic').name))).error(501);
      },
    },
  ],
);
