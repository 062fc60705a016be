import { predicateKey } from '../../images/kit.js';
import { types } from '../../images/recipe.js';
import type { RecipeName } from '../../images/recipes.js';
import { commaType } from '../../images/recipes-forms.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { annotated, attestationsOf, attestedOf, lists, pointers } from '../common.js';

/** Ask for types and demand the layers of those types, in layer order. */
async function selects(
  t: CheckContext,
  image: RecipeName,
  asked: readonly string[],
  wanted: readonly string[],
  more: Record<string, string> = {},
): Promise<void> {
  const { name } = t.image(image);
  const layers = annotated(attestedOf(t.image(image))).filter((layer) =>
    wanted.includes(layer.annotations?.[predicateKey] ?? ''),
  );
  lists(
    await t.api.get(attestationsOf(name), { query: { type: asked, ...more } }),
    layers,
    `type=${asked.join(' & ')}`,
  );
}

/** The `type` parameter. */
export const type: readonly Requirement[] = requirements(
  {
    operationId: 'ImageAttestations',
    features: ['attestations'],
    pointer: `${pointers.attestations}/parameters/2`,
    images: ['basic'],
  },
  [
    {
      id: 'type-single',
      title: 'a type selects the attestations of that predicate type',
      why: 'Clients that want provenance must not be sent an SBOM.',
      check: (t) => selects(t, 'basic', [types.spdx], [types.spdx]),
    },
    {
      id: 'type-first',
      title: 'a type selects the first attestation as well as the last',
      why: 'A filter that always keeps one place would pass by chance.',
      check: (t) => selects(t, 'basic', [types.provenance], [types.provenance]),
    },
    {
      id: 'type-repeated',
      title: 'repeated types select the attestations of each',
      images: ['comma'],
      why: 'One request for two kinds saves a round trip, and is how the parameter is declared.',
      check: (t) => selects(t, 'comma', [types.spdx, 'b'], [types.spdx, 'b']),
    },
    {
      id: 'type-order',
      title: 'entries keep layer order whatever the order of the types',
      why: 'The order of entries is that of the manifest, so that answers can be compared.',
      check: (t) => selects(t, 'basic', [types.spdx, types.provenance], [types.provenance, types.spdx]),
    },
    {
      id: 'type-all-of-a-kind',
      title: 'a type selects every attestation of that predicate type',
      images: ['duplicates'],
      why: 'An image may have several SBOMs.',
      check: (t) => selects(t, 'duplicates', [types.spdx], [types.spdx]),
    },
    {
      id: 'type-unknown',
      title: 'a type that no attestation has gives an empty array',
      why: 'Nothing found is an answer, not an error.',
      check: (t) => selects(t, 'basic', ['https://example.test/none'], []),
    },
    {
      id: 'type-no-prefix',
      title: 'a type does not select longer ones that begin with it',
      why: 'provenance/v0.2 and provenance/v1 are different formats.',
      check: (t) => selects(t, 'basic', ['https://slsa.dev/provenance'], []),
    },
    {
      id: 'type-no-wildcard',
      title: 'an asterisk is a plain character',
      why: 'Predicate types are URIs, not patterns.',
      check: (t) => selects(t, 'basic', ['https://slsa.dev/*'], []),
    },
    {
      id: 'type-case',
      title: 'types are compared with regard to case',
      why: 'Predicate types are URIs.',
      check: (t) => selects(t, 'basic', [types.spdx.toUpperCase()], []),
    },
    {
      id: 'type-trimmed',
      title: 'spaces around a type are ignored',
      level: 'SHOULD',
      why: 'Types come from configuration files and shells.',
      check: (t) => selects(t, 'basic', [` ${types.spdx}\t`], [types.spdx]),
    },
    {
      id: 'type-empty',
      title: 'an empty type filters nothing',
      why: 'Clients send the parameter with an empty default.',
      check: (t) => selects(t, 'basic', [''], [types.provenance, types.spdx]),
    },
    {
      id: 'type-empty-among-others',
      title: 'an empty type beside another one adds nothing',
      why: 'An unset variable in a list must not widen the selection.',
      check: (t) => selects(t, 'basic', ['', types.spdx], [types.spdx]),
    },
    {
      id: 'type-twice',
      title: 'a type given twice selects each attestation once',
      why: 'Duplicate entries would be counted twice.',
      check: (t) => selects(t, 'basic', [types.spdx, types.spdx], [types.spdx]),
    },
    {
      id: 'type-with-comma',
      title: 'a predicate type that holds a comma is selected by its whole text',
      images: ['comma'],
      why: 'A comma is a legal character of a URI.',
      async check(t) {
        const path = attestationsOf(t.image('comma').name);
        const answer = (await t.api.get(path, { query: { type: commaType } })).status(200);
        answer.json().at(0, 'PredicateType').is(commaType);
      },
    },
    {
      id: 'type-with-statement',
      title: 'type and statement together bring the selected statements',
      why: 'It is the request that policy engines make.',
      async check(t) {
        const image = t.image('basic');
        const query = { type: types.spdx, statement: '1' };
        const [entry] = lists(
          await t.api.get(attestationsOf(image.name), { query }),
          attestedOf(image).layers.slice(1),
        );
        entry?.at('Statement').is(JSON.parse(attestedOf(image).attestations[1]?.bytes.toString('utf8') ?? ''));
      },
    },
    {
      id: 'type-raw-uri',
      title: 'a type whose slashes and colons are not escaped is understood',
      why: 'People type it into curl that way.',
      async check(t) {
        const image = t.image('basic');
        const path = `${attestationsOf(image.name)}?type=${types.spdx}`;
        lists(await t.api.get(path), attestedOf(image).layers.slice(1));
      },
    },
    {
      id: 'type-json-is-text',
      title: 'a JSON array is not a list of types',
      level: 'SHOULD',
      why: 'Filters elsewhere in the API are JSON; here the declared form is repetition.',
      check: (t) => selects(t, 'basic', [JSON.stringify([types.spdx])], []),
    },
    {
      id: 'unknown-parameter',
      title: 'parameters that the operation does not know are ignored',
      pointer: pointers.attestations,
      why: 'Newer clients send more parameters.',
      check: (t) => selects(t, 'basic', [types.spdx], [types.spdx], { unheard: 'of' }),
    },
    {
      id: 'parameter-case',
      title: 'names of parameters are compared with regard to case',
      level: 'SHOULD',
      pointer: pointers.attestations,
      why: 'Two spellings of one parameter could contradict each other.',
      async check(t) {
        const image = t.image('basic');
        const answer = await t.api.get(attestationsOf(image.name), { query: { Type: types.spdx } });
        lists(answer, attestedOf(image).layers);
      },
    },
    {
      id: 'bad-escape',
      title: 'a query that is not a valid escape is answered 400',
      pointer: pointers.attestations,
      why: 'A filter that silently vanishes widens the selection.',
      async check(t) {
        (await t.api.get(`${attestationsOf(t.image('basic').name)}?type=%zz`)).error(400);
      },
    },
  ],
);
