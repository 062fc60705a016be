import { expect } from 'chai';
import { isParroted, lintDescription } from '../../scripts/spec-rules.js';
import type { Description } from '../../src/spec/index.js';

function description(): Description {
  return {
    swagger: '2.0',
    info: { title: 'Test', version: '1.55', description: 'An API that exists for this test.' },
    tags: [{ name: 'Pets', description: 'Animals that live with people.' }],
    definitions: {
      Pet: {
        type: 'object',
        description: 'An animal that lives with people.',
        properties: {
          Age: { type: 'integer', description: 'Years since birth.', example: 3, 'x-since': '1.40' },
          Parent: { $ref: '#/definitions/Pet' },
        },
      },
    },
    paths: {
      '/pets/{id}': {
        get: {
          operationId: 'PetInspect',
          summary: 'Show one animal',
          description: 'Everything that is known of one animal.',
          tags: ['Pets'],
          'x-since': '1.30',
          parameters: [
            { name: 'id', in: 'path', required: true, type: 'string', description: 'Its number in the register.' },
          ],
          responses: { 200: { description: 'The animal.', schema: { $ref: '#/definitions/Pet' } } },
        },
      },
    },
  };
}

type Get = NonNullable<Description['paths'][string]['get']>;
type Change = (api: Description, get: Get) => void;

function findings(change: Change): string[] {
  const api = description();
  change(api, api.paths['/pets/{id}']?.get as Get);
  return lintDescription(api).map(({ rule, pointer }) => `${rule} ${pointer}`);
}

const age = (api: Description): Record<string, unknown> =>
  api.definitions.Pet?.properties?.Age as Record<string, unknown>;
const get = '/paths/~1pets~1{id}/get';

describe('the rules for the description', () => {
  const cases: [string, Change, string[]][] = [
    ['find nothing in a description that keeps them', () => {}, []],
    [
      'want every property described',
      (api) => delete age(api).description,
      ['described /definitions/Pet/properties/Age'],
    ],
    [
      'want every parameter described',
      (_, g) => delete g.parameters?.[0]?.description,
      [`described ${get}/parameters/0`],
    ],
    [
      'want every response described',
      (_, g) => delete g.responses['200']?.description,
      [`described ${get}/responses/200`],
    ],
    ['want a summary', (_, g) => delete g.summary, [`described ${get}`]],
    [
      'want a status to have a response of its own',
      (_, g) => {
        g.responses['500'] = { description: 'The register is broken; an unknown number gives a 404.' };
      },
      [`status ${get}/responses/500`],
    ],
    [
      'want no summary that is a sentence',
      (_, g) => {
        g.summary = 'Shows it.';
      },
      [`text ${get}/summary`],
    ],
    [
      'want every tag described',
      (api) => {
        api.tags = [{ name: 'Pets' }];
      },
      ['described /tags/0'],
    ],
    [
      'refuse a description that repeats the name',
      (api) => {
        age(api).description = 'The age of the pet.';
      },
      ['own-words /definitions/Pet/properties/Age/description'],
    ],
    [
      'refuse a description that breaks off',
      (api) => {
        age(api).description = 'Years since';
      },
      ['text /definitions/Pet/properties/Age/description'],
    ],
    [
      'refuse trailing white space',
      (api) => {
        age(api).description = 'Years \nsince birth.';
      },
      ['text /definitions/Pet/properties/Age/description'],
    ],
    [
      'refuse an example that does not fit',
      (api) => {
        age(api).example = 'three';
      },
      ['example /definitions/Pet/properties/Age/example'],
    ],
    [
      'refuse a response example that does not fit, behind references too',
      (_, g) => {
        (g.responses['200'] as Record<string, unknown>).examples = { 'application/json': { Parent: { Age: 'x' } } };
      },
      [`example ${get}/responses/200/examples/application~1json`],
    ],
    [
      'refuse a since mark that is no version',
      (api) => {
        age(api)['x-since'] = 'soon';
      },
      ['since /definitions/Pet/properties/Age'],
    ],
    [
      'refuse a since mark newer than the description',
      (api) => {
        age(api)['x-since'] = '1.56';
      },
      ['since /definitions/Pet/properties/Age'],
    ],
    [
      'refuse a parameter older than its operation',
      (_, g) => {
        (g.parameters?.[0] as unknown as Record<string, unknown>)['x-since'] = '1.29';
      },
      [`since ${get}/parameters/0`],
    ],
  ];
  for (const [title, change, expected] of cases) {
    it(title, () => expect(findings(change)).to.deep.equal(expected));
  }

  it('tell a parroted description by its words', () => {
    for (const text of ['The image ID.', 'Image IDs', 'ID of the image', 'This is the ImageID.']) {
      expect(isParroted(text, ['ImageID']), text).to.equal(true);
    }
    for (const text of ['Digest of the configuration.', 'ID of the image that it was made from.']) {
      expect(isParroted(text, ['ImageID']), text).to.equal(false);
    }
  });
});
