import { same } from '../../expect.js';
import { predicateKey } from '../../images/kit.js';
import type { RecipeName } from '../../images/recipes.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { attestedOf, pointers } from '../common.js';

/** Predicate types of an image's layers, in order. */
function typesOf(t: CheckContext, name: RecipeName): readonly string[] {
  return attestedOf(t.image(name)).layers.map((layer) => layer.annotations?.[predicateKey] ?? '');
}

async function select(
  t: CheckContext,
  name: RecipeName,
  type: string | readonly string[],
  wanted: readonly string[],
): Promise<void> {
  const answer = await t.api.get(`/images/${t.image(name).name}/attestations`, { query: { type } });
  const selected = answer
    .status(200)
    .json()
    .array()
    .map((entry) => entry.at('PredicateType').value);
  same(
    selected,
    typesOf(t, name).filter((candidate) => wanted.includes(candidate)),
    `type=${String(type)}`,
  );
}

const [provenance, spdx] = ['https://slsa.dev/provenance/v1', 'https://spdx.dev/Document'];
const [whole, part] = ['https://example.test/a,b', 'https://example.test/a'];

/** Comma-separated type values. */
export const typeLists: readonly Requirement[] = requirements(
  {
    operationId: 'ImageAttestations',
    prefix: 'TypeLists',
    features: ['type-lists', 'attestations'],
    pointer: `${pointers.attestations}/parameters/2`,
    images: ['basic'],
  },
  [
    {
      id: 'selects-each',
      title: 'a list of two types selects both',
      why: 'It is how command lines and annotations write several types.',
      check: (t) => select(t, 'basic', `${provenance},${spdx}`, [provenance, spdx]),
    },
    {
      id: 'order',
      title: 'entries keep layer order whatever the order in the list',
      why: 'The order of entries is that of the manifest.',
      check: (t) => select(t, 'basic', `${spdx},${provenance}`, [provenance, spdx]),
    },
    {
      id: 'partly-known',
      title: 'a list selects what it names and nothing else',
      why: 'An unknown type in a list must not widen or empty the selection.',
      check: (t) => select(t, 'basic', `https://example.test/none,${spdx}`, [spdx]),
    },
    {
      id: 'none',
      title: 'a list of unknown types selects nothing',
      why: 'Nothing found is an answer.',
      check: (t) => select(t, 'basic', 'https://example.test/none,https://example.test/other', []),
    },
    {
      id: 'repeated',
      title: 'lists and repetitions add up',
      images: ['comma'],
      why: 'Clients combine options.',
      check: (t) => select(t, 'comma', [`${spdx},https://example.test/none`, 'b'], ['b', spdx]),
    },
    {
      id: 'whole-value',
      title: 'a value with a comma matches as a whole too',
      images: ['comma'],
      why: 'A comma is a legal character of a URI, and clients that send one type must find it.',
      check: (t) => select(t, 'comma', whole, [whole, part, 'b']),
    },
    {
      id: 'duplicates',
      title: 'a type named twice in a list selects each attestation once',
      why: 'Duplicate entries would be counted twice.',
      check: (t) => select(t, 'basic', `${spdx},${spdx}`, [spdx]),
    },
    {
      id: 'statement',
      title: 'a list with statement=1 brings the selected statements',
      why: 'It is the request that policy engines make.',
      async check(t) {
        const image = t.image('basic');
        const query = { type: `${provenance},https://example.test/none`, statement: '1' };
        const list = (await t.api.get(`/images/${image.name}/attestations`, { query })).status(200).json().array();
        same(list.length, 1, 'number of entries');
        list[0]?.at('Statement').is(JSON.parse(attestedOf(image).attestations[0]?.bytes.toString('utf8') ?? ''));
      },
    },
  ],
);
