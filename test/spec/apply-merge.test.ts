import { expect } from 'chai';
import { type Conflict, mergeOverlays } from '../../src/spec/apply-merge.js';
import { locateOverlay } from '../../src/spec/apply-overlay.js';
import type { Json } from '../../src/spec/document.js';

const file = (): Record<string, Json> => ({
  swagger: '2.0',
  basePath: '/v1.54',
  info: { version: '1.54', title: 'Its own title' },
  paths: {
    '/a': {
      get: {
        operationId: 'A',
        description: 'Its own words.',
        tags: ['T'],
        parameters: [{ name: 'p', in: 'query', type: 'string', description: 'Its own words.' }],
      },
    },
  },
  definitions: { S: { type: 'object', required: ['X'], properties: { X: { type: 'string', format: 'dateTime' } } } },
});

const lines = ['overlay: 1.0.0', 'info: {title: test, version: "1"}', 'actions:'];

/** Applies an overlay whose actions are given as YAML, starting in line 4. */
function merge(root: Json, ...actions: string[]): Conflict[] {
  return mergeOverlays(root, [locateOverlay([...lines, ...actions].join('\n'), 'test.yaml')]).conflicts as Conflict[];
}

describe('merging overlays into a description that may have some of them', () => {
  it('reports a target that is absent, with overlay, action and line', () => {
    const root = file();
    const conflicts = merge(
      root,
      '  - target: $.info',
      '    update: {title: T}',
      '  - target: $.definitions.Nope',
      '    update:',
      '      type: object',
    );
    expect(conflicts).to.have.length(1);
    expect(conflicts[0]).to.include({
      kind: 'target-absent',
      overlay: 'test.yaml',
      action: 2,
      line: 8,
      at: '$.definitions.Nope',
    });
  });

  it('reports a value that is there and differs, with the line of the overlay’s value', () => {
    const conflicts = merge(
      file(),
      '  - target: $.paths',
      '    update:',
      '      /a:',
      '        get:',
      '          operationId: B',
      '          parameters:',
      '            - name: p',
      '              in: query',
      '              type: integer',
    );
    expect(conflicts.map(({ kind, at, line }) => ({ kind, at, line }))).to.deep.equal([
      { kind: 'different-value', at: '/paths/~1a/get/operationId', line: 8 },
      { kind: 'different-value', at: '/paths/~1a/get/parameters/0/type', line: 12 },
    ]);
  });

  it('reports a value of another type', () => {
    const update = (text: string): Conflict[] => merge(file(), '  - target: $.paths["/a"].get', `    update: ${text}`);
    for (const text of ['{tags: T}', '{tags: {T: 1}}', '{parameters: none}', '{operationId: [A]}']) {
      expect(
        update(text).map(({ kind }) => kind),
        text,
      ).to.deep.equal(['wrong-type']);
    }
    expect(merge(file(), '  - target: $.basePath', '    update: {a: 1}').map(({ kind }) => kind)).to.deep.equal([
      'wrong-type',
    ]);
  });

  it('reports a reference where the overlay has none', () => {
    const root = file();
    (root.definitions as Record<string, Json>).R = { $ref: '#/definitions/S' };
    const conflicts = merge(root, '  - target: $.definitions', '    update: {R: {type: object}}');
    expect(conflicts.map(({ kind, at }) => ({ kind, at }))).to.deep.equal([
      { kind: 'different-value', at: '/definitions/R' },
    ]);
  });

  it('adds to an entry the structure that it lacks, and leaves it its own words', () => {
    const root = file();
    const conflicts = merge(
      root,
      '  - target: $.paths',
      '    update:',
      '      /a:',
      '        get:',
      '          description: Other words.',
      '          summary: Other words.',
      '          x-since: "1.55"',
      '          operationId: A',
      '          tags: [T, U]',
      '          deprecated: true',
      '          parameters:',
      '            - {name: p, in: query, type: string, description: Other words.}',
      '            - {name: p, in: header, type: string, description: New words.}',
    );
    expect(conflicts).to.deep.equal([]);
    expect((root.paths as Record<string, Record<string, Json>>)['/a']?.get).to.deep.equal({
      operationId: 'A',
      description: 'Its own words.',
      tags: ['T', 'U'],
      parameters: [
        { name: 'p', in: 'query', type: 'string', description: 'Its own words.' },
        { name: 'p', in: 'header', type: 'string', description: 'New words.' },
      ],
      deprecated: true,
    });
  });

  it('replaces values where the target is the object that holds them', () => {
    const root = file();
    merge(
      root,
      '  - target: $.paths["/a"].get.parameters[?@.name == "p"]',
      '    update: {type: integer, description: Other words.}',
    );
    expect((root.paths as Record<string, Record<string, Record<string, Json>>>)['/a']?.get?.parameters).to.deep.equal([
      { name: 'p', in: 'query', type: 'integer', description: 'Other words.' },
    ]);
  });

  it('takes properties that are called like keywords for properties', () => {
    const root = file();
    merge(
      root,
      '  - target: $.definitions',
      '    update: {S: {properties: {description: {type: string}, title: {type: string}}}}',
    );
    const { S } = root.definitions as Record<string, { properties: Json }>;
    expect(S?.properties).to.have.keys('X', 'description', 'title');
  });

  it('raises the API version, and never lowers it', () => {
    for (const [have, want] of [
      ['1.54', '1.55'],
      ['1.56', '1.56'],
    ] as const) {
      const root = { ...file(), basePath: `/v${have}`, info: { version: have } };
      const actions = [
        '  - target: $',
        '    update: {basePath: /v1.55}',
        '  - target: $.info',
        '    update: {version: "1.55"}',
      ];
      expect(merge(root as Json, ...actions)).to.deep.equal([]);
      expect(root).to.include({ basePath: `/v${want}` });
      expect(root.info).to.deep.equal({ version: want });
    }
  });

  it('leaves the version of a file to which more is missing than the patch has, and says so', () => {
    const root = { ...file(), basePath: '/v1.48', info: { version: '1.48' } } as Record<string, Json>;
    const actions = [
      '  - target: $',
      '    update: {basePath: /v1.55}',
      '  - target: $.info',
      '    update: {version: "1.55"}',
    ];
    const { conflicts, notes } = mergeOverlays(root, [locateOverlay([...lines, ...actions].join('\n'), 'test.yaml')]);
    expect(conflicts).to.deep.equal([]);
    expect(notes.map(({ kind, at }) => [kind, at])).to.deep.equal([
      ['version-kept', '/basePath'],
      ['version-kept', '/info/version'],
    ]);
    expect(root).to.deep.include({ basePath: '/v1.48', info: { version: '1.48' } });
  });

  it('appends a paragraph to words that are there, once', () => {
    const root = file();
    const actions = ['  - target: $.paths["/a"].get', '    x-append: {description: More words., summary: New.}'];
    expect(merge(root, ...actions)).to.deep.equal([]);
    expect(merge(root, ...actions)).to.deep.equal([]);
    const { get } = (root.paths as Record<string, { get: Json }>)['/a'] as { get: Json };
    expect(get).to.include({ description: 'Its own words.\n\nMore words.', summary: 'New.' });
  });

  it('does a second time nothing, also where a filter asks for what the action changes', () => {
    const actions = [
      '  - target: $..[?@.format == "dateTime"]',
      '    update: {format: date-time}',
      '  - target: $.definitions.S.required[?@ == "X"]',
      '    remove: true',
      '  - target: $.paths["/a"].get.tags',
      '    update: U',
    ];
    const root = file();
    expect(merge(root, ...actions)).to.deep.equal([]);
    const once = structuredClone(root);
    expect(merge(root, ...actions)).to.deep.equal([]);
    expect(root).to.deep.equal(once);
    expect(JSON.stringify(root)).to.include('date-time').and.not.include('dateTime');
  });

  it('reports a filter that matches nothing when it asks for something else', () => {
    const conflicts = merge(
      file(),
      '  - target: $.paths["/a"].get.parameters[?@.name == "q"]',
      '    update: {type: integer}',
    );
    expect(conflicts.map(({ kind }) => kind)).to.deep.equal(['target-absent']);
  });
});
