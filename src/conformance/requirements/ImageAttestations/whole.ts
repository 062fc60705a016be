import { same } from '../../expect.js';
import { absentPlatform, types } from '../../images/recipe.js';
import { commaType } from '../../images/recipes-forms.js';
import { manyPlatforms } from '../../images/recipes-sound.js';
import { type Requirement, requirements } from '../../requirement.js';
import { attestationsOf, attestedOf, entriesFor, holdsVerbatim, lists, platformText, pointers } from '../common.js';

const statement = '+/parameters/3';

/** Statements and entries as a whole: big ones, many ones, and what must not be remembered. */
export const whole: readonly Requirement[] = requirements(
  { operationId: 'ImageAttestations', features: ['attestations'], pointer: pointers.attestations, images: ['basic'] },
  [
    {
      id: 'verbatim-big',
      title: 'a statement of three mebibytes comes byte for byte',
      pointer: statement,
      images: ['big'],
      why: 'A buffer that is too small changes bytes in the middle.',
      async check(t) {
        const image = t.image('big');
        const answer = await t.api.get(attestationsOf(image.name), { query: { statement: '1', type: types.spdx } });
        const stored = attestedOf(image).attestations.find(({ predicateType }) => predicateType === types.spdx);
        holdsVerbatim(answer, '"Statement":', stored?.bytes ?? Buffer.alloc(0));
      },
    },
    {
      id: 'statement-big-entry',
      title: 'the entry of a big statement has the size and the type of its layer',
      pointer: statement,
      images: ['big'],
      why: 'Clients size their buffers by it.',
      async check(t) {
        const image = t.image('big');
        const answer = (await t.api.get(attestationsOf(image.name), { query: { statement: '1' } })).status(200);
        answer.json().has(entriesFor(attestedOf(image).layers));
      },
    },
    {
      id: 'statement-many',
      title: 'a hundred and fifty statements come complete, each under its own entry',
      pointer: statement,
      images: ['many'],
      why: 'There is no paging, so nothing may be cut off.',
      async check(t) {
        const image = t.image('many');
        const { attestations, layers } = attestedOf(image);
        const list = lists(await t.api.get(attestationsOf(image.name), { query: { statement: '1' } }), layers);
        list.forEach((entry, i) => {
          entry.at('Statement').is(JSON.parse(attestations[i]?.bytes.toString('utf8') ?? ''));
        });
      },
    },
    {
      id: 'statement-duplicates',
      title: 'attestations of one predicate type have their own statements',
      pointer: statement,
      images: ['duplicates'],
      why: 'Two SBOMs of one image list different packages.',
      async check(t) {
        const image = t.image('duplicates');
        const { attestations, layers } = attestedOf(image);
        const query = { statement: '1', type: types.spdx };
        const wanted = layers.flatMap((layer, i) =>
          attestations[i]?.predicateType === types.spdx ? [{ layer, i }] : [],
        );
        const list = lists(
          await t.api.get(attestationsOf(image.name), { query }),
          wanted.map(({ layer }) => layer),
        );
        list.forEach((entry, k) => {
          entry.at('Statement').is(JSON.parse(attestations[wanted[k]?.i ?? 0]?.bytes.toString('utf8') ?? ''));
        });
      },
    },
    {
      id: 'type-three',
      title: 'three types select the attestations of each',
      pointer: '+/parameters/2',
      images: ['comma'],
      why: 'The parameter may be repeated as often as a client likes.',
      async check(t) {
        const image = t.image('comma');
        const type = [types.spdx, 'b', commaType];
        const answer = await t.api.get(attestationsOf(image.name), { query: { type } });
        const types3 = answer
          .status(200)
          .json()
          .array()
          .map((entry) => entry.at('PredicateType').value);
        same(
          type.filter((wanted) => !types3.includes(wanted)),
          [],
          'types that were asked for and are not there',
        );
      },
    },
    {
      id: 'descriptor-with-platform',
      title: 'descriptors are as complete when a platform is named',
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'Policy may rest on any field of the descriptor.',
      async check(t) {
        const image = t.image('multi');
        for (const [i, platform] of manyPlatforms(t.host).entries()) {
          const query = { platform: platformText(platform) };
          const answer = (await t.api.get(attestationsOf(image.name), { query })).status(200);
          answer.json().has(entriesFor(attestedOf(image, i).layers));
        }
      },
    },
    {
      id: 'platform-three',
      title: 'three platforms are refused',
      pointer: '+/parameters/1',
      images: ['multi'],
      why: 'An answer for one of them would attest the wrong image.',
      async check(t) {
        const platform = [manyPlatforms(t.host)[0], manyPlatforms(t.host)[1], absentPlatform(t.host)].map((one) =>
          platformText(one ?? {}),
        );
        (await t.api.get(attestationsOf(t.image('multi').name), { query: { platform } })).error(400);
      },
    },
    {
      id: 'after-delete-read',
      title: 'attestations that were read before are gone with their image',
      why: 'What was removed must not be reported as present, least of all from a cache.',
      async check(t) {
        const image = await t.fresh('basic');
        const query = { statement: '1' };
        lists(await t.api.get(attestationsOf(image.name), { query }), attestedOf(image).layers);
        (await t.api.delete(`/images/${image.name}`)).status(200);
        for (const name of [image.name, image.root.digest])
          (await t.api.get(attestationsOf(name), { query })).error(404);
      },
    },
    {
      id: 'head',
      title: 'HEAD has no body',
      why: 'HTTP says so, and connections break otherwise.',
      async check(t) {
        const answer = await t.api.send('HEAD', attestationsOf(t.image('basic').name));
        same(answer.body.length, 0, 'length of the body');
        (await t.api.get('/_ping')).status(200);
      },
    },
  ],
);
