import { demand, same } from '../../expect.js';
import { sizeType, statementSizes } from '../../images/recipes-forms.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { attestationsOf, attestedOf, entriesFor, holdsVerbatim, pointers } from '../common.js';

const sizeNames = Object.keys(statementSizes) as (keyof typeof statementSizes)[];

/** The stored bytes of a statement. */
function stored(t: CheckContext, recipe: 'sizes' | 'odd-sizes', type: string): Buffer {
  const found = attestedOf(t.image(recipe)).attestations.find(({ predicateType }) => predicateType === type);
  return found?.bytes ?? Buffer.alloc(0);
}

/** Demands a statement byte for byte, in a JSON answer. */
async function comes(t: CheckContext, recipe: 'sizes' | 'odd-sizes', type: string): Promise<void> {
  const query = { statement: '1', type };
  const answer = await t.api.get(attestationsOf(t.image(recipe).name), { query });
  holdsVerbatim(answer.status(200).mediaType('application/json'), '"Statement":', stored(t, recipe, type));
}

/** Statements of every size, byte for byte. */
export const sizes: readonly Requirement[] = requirements(
  {
    operationId: 'ImageAttestations',
    features: ['attestations'],
    pointer: pointers.attestations,
    images: ['sizes'],
  },
  [
    ...sizeNames.map((size) => ({
      id: `verbatim-size-${size}`,
      title: `a statement of ${size}b full of tokens that a JSON round trip changes comes byte for byte`,
      pointer: pointers.statement,
      why: 'A daemon that takes another path for large statements breaks their signatures.',
      check: (t: CheckContext) => comes(t, 'sizes', sizeType(size)),
    })),
    {
      id: 'verbatim-sizes-together',
      title: 'statements of all sizes come byte for byte in one answer, in layer order, with their entries',
      pointer: pointers.statement,
      why: 'Clients verify all statements of one answer.',
      async check(t) {
        const image = t.image('sizes');
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1' } });
        answer
          .status(200)
          .mediaType('application/json')
          .json()
          .has(entriesFor(attestedOf(image).layers));
        for (const size of sizeNames) holdsVerbatim(answer, '"Statement":', stored(t, 'sizes', sizeType(size)));
        const { length } = answer.header('Content-Length') ?? '';
        if (length > 0) same(Number(answer.header('Content-Length')), answer.body.length, 'Content-Length');
      },
    },
    {
      id: 'verbatim-sizes-twice',
      title: 'a second answer with large statements has the same bytes as the first',
      why: 'A cache may answer the second time.',
      async check(t) {
        const ask = () => t.api.get(attestationsOf(t.image('sizes').name), { query: { statement: '1' } });
        const [first, second] = [(await ask()).status(200), (await ask()).status(200)];
        demand(first.body.equals(second.body), 'bodies', 'equal bytes', `${first.body.length}, ${second.body.length}`);
      },
    },
    {
      id: 'verbatim-separators-sizes',
      level: 'SHOULD',
      title: 'U+2028 and U+2029 come as they are in statements of every size',
      images: ['odd-sizes'],
      why: 'Escaping them changes the signed bytes.',
      async check(t) {
        for (const { predicateType = '' } of attestedOf(t.image('odd-sizes')).attestations)
          if (predicateType.includes('separators')) await comes(t, 'odd-sizes', predicateType);
      },
    },
    {
      id: 'verbatim-invalid-utf8',
      title: 'bytes that are not UTF-8 come as they are in statements of every size',
      images: ['odd-sizes'],
      why: 'A replacement character changes the signed bytes.',
      async check(t) {
        for (const { predicateType = '' } of attestedOf(t.image('odd-sizes')).attestations)
          if (predicateType.includes('bytes')) await comes(t, 'odd-sizes', predicateType);
      },
    },
  ],
);
