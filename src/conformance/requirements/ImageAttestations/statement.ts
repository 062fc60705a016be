import { Shape, same } from '../../expect.js';
import { types } from '../../images/recipe.js';
import { plainValues, verbatimTypes } from '../../images/recipes-forms.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { attestationsOf, attestedOf, entriesFor, holdsVerbatim, lists, pointers } from '../common.js';

const pointer = '+/parameters/3';

/** One statement of the `verbatim` image, selected by its type, has to come out as it went in. */
async function verbatim(t: CheckContext, type: string): Promise<void> {
  const image = t.image('verbatim');
  const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1', type } });
  const stored = attestedOf(image).attestations.find(({ predicateType }) => predicateType === type);
  holdsVerbatim(answer, '"Statement":', stored?.bytes ?? Buffer.alloc(0));
}

const boolean = (id: string, title: string, value: string, wanted: boolean, level: 'MUST' | 'SHOULD') => ({
  id: `statement-${id}`,
  title,
  level,
  pointer,
  why: 'Clients write booleans in several ways; reading one the wrong way hides or leaks megabytes.',
  async check(t: CheckContext): Promise<void> {
    const image = t.image('basic');
    const answer = await t.api.get(attestationsOf(image.name), { query: { statement: value } });
    for (const entry of lists(answer, attestedOf(image).layers))
      same(entry.at('Statement').present, wanted, `${entry.place}: has a Statement`);
  },
});

/** The `statement` parameter and the bytes it brings. */
export const statement: readonly Requirement[] = requirements(
  { operationId: 'ImageAttestations', features: ['attestations'], pointer: pointers.attestations, images: ['basic'] },
  [
    {
      id: 'statement-absent-by-default',
      title: 'without the statement parameter no entry has a Statement',
      pointer,
      why: 'SBOMs are large; a listing must stay small.',
      async check(t) {
        const image = t.image('basic');
        for (const entry of lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers))
          entry.at('Statement').absent();
      },
    },
    boolean('1', 'statement=1 adds the statements', '1', true, 'MUST'),
    boolean('true', 'statement=true adds the statements', 'true', true, 'MUST'),
    boolean('uppercase', 'statement=TRUE adds the statements', 'TRUE', true, 'SHOULD'),
    boolean('0', 'statement=0 leaves the statements out', '0', false, 'MUST'),
    boolean('false', 'statement=false leaves the statements out', 'false', false, 'MUST'),
    boolean('empty', 'an empty statement leaves the statements out', '', false, 'MUST'),
    boolean('no', 'statement=no leaves the statements out', 'no', false, 'SHOULD'),
    {
      id: 'statement-document',
      title: 'each Statement is the document stored in its layer',
      pointer,
      why: 'A statement under another entry would attest the wrong thing.',
      async check(t) {
        const image = t.image('basic');
        const attested = attestedOf(image);
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1' } });
        lists(answer, attested.layers).forEach((entry, i) => {
          entry.at('Statement').is(JSON.parse(attested.attestations[i]?.bytes.toString('utf8') ?? ''));
        });
      },
    },
    {
      id: 'statement-keeps-entries',
      title: 'statement=1 changes nothing else in the entries',
      pointer,
      why: 'Clients ask with and without statements and compare.',
      async check(t) {
        const image = t.image('basic');
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1' } });
        const plain = answer
          .status(200)
          .json()
          .array()
          .map((entry) => ({
            Descriptor: entry.at('Descriptor').value,
            PredicateType: entry.at('PredicateType').value,
          }));
        new Shape(plain, 'entries without their statements').has(entriesFor(attestedOf(image).layers));
      },
    },
    ...(
      [
        [
          'numbers',
          'numbers keep their text',
          verbatimTypes.numbers,
          'Rewriting 1.0 or a long integer changes a digest.',
        ],
        [
          'keys',
          'keys keep their order and their repetitions',
          verbatimTypes.keys,
          'Signatures cover the order of keys.',
        ],
        ['escapes', 'escapes stay as they were written', verbatimTypes.escapes, 'Unescaping changes signed bytes.'],
        [
          'html',
          'angle brackets and ampersands stay as they are',
          verbatimTypes.html,
          'Escaping for HTML changes signed bytes.',
        ],
        ['separators', 'line separators stay raw', verbatimTypes.separators, 'Escaping U+2028 changes signed bytes.'],
        [
          'whitespace',
          'whitespace between tokens goes, inside strings it stays',
          verbatimTypes.whitespace,
          'Compaction is the one change that answers make; it must not touch text.',
        ],
      ] as const
    ).map(([id, title, type, why]) => ({
      id: `verbatim-${id}`,
      title,
      // Whether U+2028 is escaped depends on the release of Go that a daemon is built with.
      ...(id === 'separators' && { level: 'SHOULD' as const }),
      pointer: pointers.statement,
      images: ['verbatim'] as const,
      why,
      check: (t: CheckContext) => verbatim(t, type),
    })),
    {
      id: 'statement-other-values',
      title: 'statements that are JSON but no objects come as they are',
      pointer: pointers.statement,
      images: ['values'],
      why: 'The daemon is not a judge of what a statement says.',
      async check(t) {
        const image = t.image('values');
        for (const [i, value] of plainValues.entries()) {
          const query = { statement: '1', type: `${types.custom}/${i}` };
          holdsVerbatim(await t.api.get(attestationsOf(image.name), { query }), '"Statement":', Buffer.from(value));
        }
      },
    },
    {
      id: 'statement-big',
      title: 'a statement of three mebibytes comes complete',
      pointer,
      images: ['big'],
      why: 'SBOMs of real images are that large.',
      async check(t) {
        const image = t.image('big');
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1', type: types.spdx } });
        const stored = attestedOf(image).attestations[1]?.bytes.toString('utf8') ?? '';
        const [entry] = answer.status(200).json().array();
        same(entry?.at('Statement').value, JSON.parse(stored), 'the big statement');
      },
    },
    {
      id: 'statement-after-big',
      title: 'entries after a big statement are complete',
      pointer,
      images: ['big'],
      why: 'A stream that ends early looks like an image with fewer attestations.',
      async check(t) {
        const image = t.image('big');
        const attested = attestedOf(image);
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1' } });
        const list = lists(answer, attested.layers);
        list[2]?.at('Statement').is(JSON.parse(attested.attestations[2]?.bytes.toString('utf8') ?? ''));
      },
    },
    {
      id: 'statement-inline-data',
      title: "a statement that only the descriptor's data holds is served from it",
      level: 'SHOULD',
      features: ['attestations', 'incomplete-images'],
      pointer,
      images: ['inline'],
      why: 'OCI allows small blobs inside descriptors.',
      async check(t) {
        const image = t.image('inline');
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1' } });
        holdsVerbatim(answer, '"Statement":', attestedOf(image).attestations[0]?.bytes ?? Buffer.alloc(0));
      },
    },
    {
      id: 'statement-size-mismatch',
      title: 'a wrong size in the descriptor does not cut the statement',
      level: 'SHOULD',
      pointer,
      images: ['size-mismatch'],
      why: 'Half a statement is worse than none.',
      async check(t) {
        const image = t.image('size-mismatch');
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1' } });
        holdsVerbatim(answer, '"Statement":', attestedOf(image).attestations[0]?.bytes ?? Buffer.alloc(0));
      },
    },
    {
      id: 'statement-first-value',
      title: 'of several statement values the first one counts',
      level: 'SHOULD',
      pointer,
      why: 'Proxies append parameters; the meaning must not change with them.',
      async check(t) {
        const image = t.image('basic');
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: ['0', '1'] } });
        for (const entry of lists(answer, attestedOf(image).layers)) entry.at('Statement').absent();
      },
    },
  ],
);
