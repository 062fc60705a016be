import { expect } from 'chai';
import { changelogEntry } from '../../src/spec/changelog.js';
import { compareDescriptions } from '../../src/spec/diff.js';
import { readModel } from '../../src/spec/diff-model.js';
import { readOperand } from '../../src/spec/diff-operand.js';
import type { Json, JsonObject } from '../../src/spec/document.js';
import { parseYaml } from '../../src/spec/yaml.js';

const yaml = `
swagger: '2.0'
info: {version: '1.1'}
produces: [application/json]
paths:
  /list:
    get:
      parameters:
        - {name: old, in: query, type: string}
      responses:
        200: {description: All of them., schema: {type: array, items: {$ref: '#/definitions/Box'}}}
  /one:
    get:
      responses:
        200: {description: One of them., schema: {$ref: '#/definitions/Box'}}
  /other:
    get:
      responses:
        200: {description: One of them., schema: {$ref: '#/definitions/Box'}}
    put:
      parameters:
        - {name: body, in: body, schema: {$ref: '#/definitions/Box'}}
      responses:
        204: {description: Done.}
definitions:
  Box: {type: object, properties: {Inner: {type: array, items: {$ref: '#/definitions/Thing'}}}}
  Thing: {type: object, properties: {Name: {type: string, description: What it is called.}}}
`;

function entry(edit: (text: string) => string): string[] {
  const read = (text: string) => readModel(parseYaml(text, 'test') as Json, 'test');
  const [from, to] = [read(yaml), read(edit(yaml))];
  return changelogEntry(compareDescriptions(from, to), from, to).split('\n');
}

const replace =
  (what: string, by: string) =>
  (text: string): string => {
    expect(text).to.include(what);
    return text.replace(what, by);
  };

describe('the changelog entry', () => {
  it('tells of the operation, the statements and the type rule of this project’s patch', () => {
    const [from, to] = [readOperand('1.54'), readOperand('1.55+experimental')];
    const lines = changelogEntry(compareDescriptions(from, to), from, to).split('\n');
    expect(lines[0]).to.equal('## v1.55 API changes');
    const heads = lines.slice(2, -1).map((line) => /^ *\* .*?(?=:|$)/.exec(line)?.[0]);
    expect(heads).to.deep.equal([
      '* `GET /images/{name}/attestations` is new',
      '  * `platform` (query, may be repeated)',
      '  * `type` (query, may be repeated)',
      '  * `statement` (query)',
      '* `GET /images/json` now returns `[].Manifests[].AttestationData.Statements` (experimental)',
      '* `GET /images/{name}/json` now returns `Manifests[].AttestationData.Statements` (experimental)',
    ]);
    expect(lines.find((line) => line.includes('`type`'))).to.match(/comma/);
    for (const line of lines.slice(2, -1)) expect(line).to.match(/: \S.*\.$/);
  });

  it('names the place of a property in each body, operations with one place together', () => {
    const lines = entry(replace('{Name:', '{Size: {type: integer, description: How big it is. In bytes.}, Name:'));
    expect(lines).to.deep.equal([
      '## Changes of API v1.1',
      '',
      '* `GET /list` now returns `[].Inner[].Size`: how big it is.',
      '* `GET /one` and `GET /other` now return `Inner[].Size`: how big it is.',
      '* `PUT /other` now accepts `Inner[].Size`: how big it is.',
      '',
    ]);
  });

  it('tells what comes and goes', () => {
    const lines = entry((text) =>
      [
        replace("version: '1.1'", "version: '1.2'"),
        replace('{name: old, in: query, type: string}', '{name: new, in: query, type: string, description: A filter.}'),
        replace('{Name: {type: string, description: What it is called.}}', '{}'),
        replace('204: {description: Done.}', '204: {description: Done.}\n        409: {description: It is in use.}'),
        replace('/one:', '/two:'),
      ].reduce((done, step) => step(done), text),
    );
    expect(lines).to.deep.equal([
      '## v1.2 API changes',
      '',
      '* `GET /list` no longer accepts the query parameter `old`.',
      '* `GET /list` now accepts the query parameter `new`: a filter.',
      '* `GET /one` is gone.',
      '* `PUT /other` can now answer 409: it is in use.',
      '* `GET /two` is new.',
      '* `GET /list` no longer returns `[].Inner[].Name`.',
      '* `GET /other` no longer returns `Inner[].Name`.',
      '* `PUT /other` no longer accepts `Inner[].Name`.',
      '',
    ]);
  });

  it('tells the sentences that a description gained, deprecations, and other changes by their message', () => {
    expect(entry(replace('What it is called.', 'What it is called. Never empty.'))[2]).to.equal(
      '* The description of `Thing.Name` says now: Never empty.',
    );
    expect(entry(replace('{type: string, desc', '{type: string, x-deprecated: true, desc'))[2]).to.equal(
      '* `Thing.Name` is deprecated.',
    );
    expect(entry(replace('{type: string, desc', '{type: integer, desc'))[2]).to.equal(
      '* `Thing.Name`: type was string, is integer.',
    );
  });

  it('says so when nothing changed', () => {
    expect(entry((text) => text)).to.deep.equal(['## Changes of API v1.1', '', 'No changes.', '']);
  });

  it('only counts descriptions when many changed', () => {
    const many = (words: string): JsonObject => {
      const names = Array.from({ length: 20 }, (_, index) => `P${index}`);
      const properties = Object.fromEntries(names.map((name) => [name, { type: 'string', description: words }]));
      return { swagger: '2.0', info: { version: '1' }, paths: {}, definitions: { T: { type: 'object', properties } } };
    };
    const [from, to] = [readModel(many('Old.'), 'old'), readModel(many('New.'), 'new')];
    expect(changelogEntry(compareDescriptions(from, to), from, to)).to.include(
      '* Descriptions changed in 20 places.\n',
    );
  });
});
