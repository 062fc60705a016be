import { expect } from 'chai';
import { toOpenApi } from '../../src/spec/convert.js';
import { type Change, type Comparison, compareDescriptions } from '../../src/spec/diff.js';
import { readModel } from '../../src/spec/diff-model.js';
import { type ChangeClass, type RuleId, rules } from '../../src/spec/diff-rules.js';
import type { Description, Json, JsonObject } from '../../src/spec/document.js';
import { getAt } from '../../src/spec/pointer.js';

/** A description with one operation, whose request body and 200 answer are the named schema `S`. */
const base = (): JsonObject => ({
  swagger: '2.0',
  basePath: '/v1.54',
  info: { title: 'T', version: '1.54' },
  produces: ['application/json'],
  consumes: ['application/json'],
  paths: {
    '/things/{id}': {
      post: {
        operationId: 'Thing',
        produces: ['application/json'],
        consumes: ['application/json'],
        parameters: [
          { name: 'id', in: 'path', required: true, type: 'string' },
          { name: 'q', in: 'query', type: 'string', enum: ['a', 'b'], description: 'One of:\n- `a`\n' },
          { name: 'many', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'multi' },
        ],
        responses: {
          200: {
            description: 'Done.',
            schema: { $ref: '#/definitions/S' },
            headers: { 'X-Count': { type: 'integer' } },
          },
          404: { description: 'None.', schema: { type: 'object' } },
        },
      },
    },
  },
  definitions: {
    S: {
      type: 'object',
      required: ['Name'],
      properties: {
        Name: { type: 'string' },
        Count: { type: 'integer', minimum: 1, format: 'int64' },
        Kind: { type: 'string', enum: ['x', 'y'], default: 'x' },
        Value: { type: 'number', 'x-nullable': true },
        Text: { type: 'string', pattern: '^a' },
        Closed: { type: 'object', additionalProperties: false },
      },
    },
    Unused: { type: 'object' },
  },
});

/** The same with `S` as the body of the request, or of the answer. */
function at(place: 'request' | 'response'): JsonObject {
  const root = base();
  const operation = getAt(root, '/paths/~1things~1{id}/post') as JsonObject;
  if (place === 'response') return root;
  (operation.parameters as Json[]).push({ name: 'body', in: 'body', schema: { $ref: '#/definitions/S' } });
  operation.responses = { 200: { description: 'Done.' } };
  return root;
}

type Edit = (root: JsonObject) => void;
const set =
  (pointer: string, value: Json | undefined): Edit =>
  (root) => {
    const cut = pointer.lastIndexOf('/');
    const holder = getAt(root, pointer.slice(0, cut)) as JsonObject;
    const key = pointer.slice(cut + 1).replaceAll('~1', '/');
    if (value === undefined) delete holder[key];
    else holder[key] = value;
  };

const operation = '/paths/~1things~1{id}/post';
const S = '/definitions/S';

function compare(from: JsonObject, to: JsonObject): Comparison {
  return compareDescriptions(readModel(from, 'old'), readModel(to, 'new'));
}

function diff(edit: Edit, place: 'request' | 'response', back = false): readonly Change[] {
  const [a, b] = [at(place), at(place)];
  edit(b);
  return (back ? compare(b, a) : compare(a, b)).changes;
}

const B = 'breaking';
const A = 'additive';
const D = 'documentation';
const R = 'risky';
type Pair = readonly [clients: ChangeClass, servers: ChangeClass];

/** The classes of each rule in responses, and in requests where they differ. */
const operationRules: [RuleId, Edit, Pair, 'back'?][] = [
  ['base-path-changed', set('/basePath', '/other'), [B, B]],
  ['operation-added', set('/paths/~1new', { get: { responses: { 200: { description: 'Done.' } } } }), [A, A]],
  ['operation-removed', set('/paths/~1new', { get: { responses: { 200: { description: 'Done.' } } } }), [B, A], 'back'],
  ['parameter-added', set(`${operation}/parameters/3`, { name: 'n', in: 'query', type: 'string' }), [A, A]],
  [
    'parameter-added-required',
    set(`${operation}/parameters/3`, { name: 'n', in: 'query', type: 'string', required: true }),
    [B, A],
  ],
  ['parameter-removed', set(`${operation}/parameters/3`, { name: 'n', in: 'query', type: 'string' }), [R, A], 'back'],
  ['parameter-renamed', set(`${operation}/parameters/2/name`, 'manys'), [R, A]],
  ['parameter-made-required', set(`${operation}/parameters/1/required`, true), [B, A]],
  ['parameter-made-optional', set(`${operation}/parameters/1/required`, true), [A, B], 'back'],
  [
    'parameter-takes-several',
    set(`${operation}/parameters/1`, {
      name: 'q',
      in: 'query',
      description: 'One of:\n- `a`\n',
      type: 'array',
      items: { type: 'string', enum: ['a', 'b'] },
    }),
    [A, B],
  ],
  [
    'parameter-takes-one',
    set(`${operation}/parameters/1`, {
      name: 'q',
      in: 'query',
      description: 'One of:\n- `a`\n',
      type: 'array',
      items: { type: 'string', enum: ['a', 'b'] },
    }),
    [B, A],
    'back',
  ],
  ['parameter-form-changed', set(`${operation}/parameters/2/collectionFormat`, 'csv'), [B, B]],
  ['request-type-added', set(`${operation}/consumes`, ['application/json', 'text/plain']), [A, A]],
  ['request-type-removed', set(`${operation}/consumes`, ['application/json', 'text/plain']), [B, A], 'back'],
  ['response-added-success', set(`${operation}/responses/204`, { description: 'Done.' }), [R, A]],
  ['response-added-error', set(`${operation}/responses/500`, { description: 'Broken.' }), [A, A]],
  ['response-removed-success', set(`${operation}/responses/204`, { description: 'Done.' }), [B, B], 'back'],
  ['response-removed-error', set(`${operation}/responses/500`, { description: 'Broken.' }), [A, B], 'back'],
  ['response-type-added', set(`${operation}/produces`, ['application/json', 'text/plain']), [A, A]],
  ['response-type-removed', set(`${operation}/produces`, ['application/json', 'text/plain']), [B, B], 'back'],
  ['media-restated', restateMedia, [D, D]],
  ['header-added', set(`${operation}/responses/200/headers/X-New`, { type: 'string' }), [A, A]],
  ['header-removed', set(`${operation}/responses/200/headers/X-New`, { type: 'string' }), [B, A], 'back'],
  ['definition-added', set(`${S}/properties/New`, { $ref: '#/definitions/New' }), [D, D]],
  ['definition-removed', set(`${S}/properties/New`, { $ref: '#/definitions/New' }), [D, D], 'back'],
  ['definition-renamed', renameDefinition, [D, D]],
  [
    'operation-moved',
    (root) => {
      const paths = root.paths as JsonObject;
      paths['/items/{id}'] = paths['/things/{id}'] as Json;
      delete paths['/things/{id}'];
    },
    [B, A],
  ],
  ['deprecated', set(`${S}/deprecated`, true), [D, D]],
  ['undeprecated', set(`${S}/deprecated`, true), [D, D], 'back'],
  ['go-name', set(`${S}/x-go-name`, 'Other'), [D, D]],
  ['go-type', set(`${S}/x-go-type`, { type: 'Port', import: { package: 'network' } }), [D, D]],
  ['path-mismatch', set(`${operation}/parameters/0/name`, 'name'), [B, B]],
  ['values-told', set(`${operation}/parameters/1/description`, 'One of:\n- `a`\n- `b`\n'), [D, D]],
  ['version-changed', set('/info/version', '1.55'), [D, D]],
  ['name-changed', set(`${operation}/operationId`, 'Other'), [D, D]],
  ['mark-changed', set(`${S}/x-since`, '1.55'), [D, D]],
  ['words-changed', set(`${operation}/responses/200/description`, 'Other words.'), [D, D]],
];

const schemaRules: [RuleId, Edit, request: Pair, response: Pair, 'back'?][] = [
  ['property-added', set(`${S}/properties/New`, { type: 'string' }), [A, A], [A, A]],
  [
    'property-added-required',
    (root) => {
      set(`${S}/properties/New`, { type: 'string' })(root);
      set(`${S}/required`, ['Name', 'New'])(root);
    },
    [B, A],
    [A, B],
  ],
  ['property-removed', set(`${S}/properties/Text`, undefined), [R, A], [B, A]],
  [
    'property-renamed',
    (root) => {
      const properties = getAt(root, `${S}/properties`) as JsonObject;
      properties.Texts = properties.Text as Json;
      delete properties.Text;
    },
    [R, A],
    [B, A],
  ],
  ['property-made-required', set(`${S}/required`, ['Name', 'Count']), [B, A], [A, B]],
  ['property-made-optional', set(`${S}/required`, ['Name', 'Count']), [A, B], [B, A], 'back'],
  ['type-widened', set(`${S}/properties/Count/type`, 'number'), [A, B], [B, A]],
  ['type-narrowed', set(`${S}/properties/Count/type`, 'number'), [B, A], [A, B], 'back'],
  ['type-changed', set(`${S}/properties/Count/type`, 'string'), [B, B], [B, B]],
  ['nullable-added', set(`${S}/properties/Name/type`, ['string', 'null']), [A, B], [B, A]],
  ['nullable-removed', set(`${S}/properties/Name/type`, ['string', 'null']), [B, A], [A, B], 'back'],
  ['null-hint', set(`${S}/properties/Name/x-nullable`, true), [D, D], [D, D]],
  ['omit-empty', set(`${S}/properties/Name/x-omitempty`, true), [D, D], [R, A]],
  ['keep-empty', set(`${S}/properties/Name/x-omitempty`, true), [D, D], [A, R], 'back'],
  ['read-only-added', set(`${S}/properties/Name/readOnly`, true), [R, A], [D, D]],
  ['read-only-removed', set(`${S}/properties/Name/readOnly`, true), [A, A], [D, D], 'back'],
  ['enum-widened', set(`${S}/properties/Kind/enum`, ['x', 'y', 'z']), [A, B], [R, A]],
  ['enum-narrowed', set(`${S}/properties/Kind/enum`, ['x']), [B, A], [A, B]],
  ['format-changed', set(`${S}/properties/Count/format`, 'int32'), [R, R], [R, R]],
  ['format-dropped', set(`${S}/properties/Count/format`, undefined), [A, R], [R, A]],
  ['format-added', set(`${S}/properties/Count/format`, undefined), [R, A], [A, R], 'back'],
  ['limit-relaxed', set(`${S}/properties/Count/minimum`, 0), [A, B], [B, A]],
  ['limit-tightened', set(`${S}/properties/Count/minimum`, 0), [B, A], [A, B], 'back'],
  ['limit-changed', set(`${S}/properties/Text/pattern`, '^b'), [B, B], [B, B]],
  ['unknown-allowed', set(`${S}/properties/Closed/additionalProperties`, undefined), [A, B], [B, A]],
  ['unknown-refused', set(`${S}/properties/Closed/additionalProperties`, undefined), [B, A], [A, B], 'back'],
  ['combination-changed', set(`${S}/properties/Closed/not`, { type: 'object' }), [B, B], [B, B]],
  ['default-told', set(`${S}/properties/Kind/default`, undefined), [D, D], [D, D]],
  ['default-changed', set(`${S}/properties/Kind/default`, 'y'), [B, B], [D, D]],
];

/** Converts the description to OpenAPI 3.0, with a media type by status where Swagger has it by operation. */
function restateMedia(root: JsonObject): void {
  const converted = toOpenApi(structuredClone(root) as unknown as Description, '3.0');
  const content = getAt(converted, `${operation}/responses/404/content`) as JsonObject;
  content['text/plain'] = content['application/json'] as Json;
  for (const key of Object.keys(root)) delete root[key];
  Object.assign(root, converted);
}

/** Gives the schema of request and answer another name. */
function renameDefinition(root: JsonObject): void {
  const definitions = root.definitions as JsonObject;
  definitions.T = definitions.S as Json;
  delete definitions.S;
  set(`${operation}/responses/200/schema`, { $ref: '#/definitions/T' })(root);
}

function ensureNew(edit: Edit, rule: RuleId): Edit {
  if (rule !== 'definition-added' && rule !== 'definition-removed') return edit;
  return (root) => {
    set('/definitions/New', { type: 'object' })(root);
    edit(root);
  };
}

describe('the rules of spec diff', () => {
  for (const [rule, edit, [clients, servers], back] of operationRules) {
    it(`class ${rule}: ${clients} for clients, ${servers} for servers`, () => {
      const place = rule.startsWith('request-') ? 'request' : 'response';
      const changes = diff(ensureNew(edit, rule), place, back === 'back');
      const found = changes.filter((change) => change.rule === rule);
      expect(found, JSON.stringify(changes)).to.have.length(rule === 'path-mismatch' ? 2 : 1);
      expect(found[0]).to.include({ clients, servers });
      const rest = changes.filter((change) => change.rule !== rule).map((change) => change.rule);
      // A definition comes and goes with the property that uses it.
      const expected =
        rule === 'definition-added' ? ['property-added'] : rule === 'definition-removed' ? ['property-removed'] : [];
      // Two names are involved in a mismatch: the one of the template and the one of the parameter.
      if (rule === 'path-mismatch') expected.push('name-changed');
      expect(rest).to.deep.equal(expected);
    });
  }

  for (const [rule, edit, request, response, back] of schemaRules) {
    for (const [place, [clients, servers]] of [
      ['request', request],
      ['response', response],
    ] as const) {
      it(`class ${rule} in a ${place}: ${clients} for clients, ${servers} for servers`, () => {
        const changes = diff(edit, place, back === 'back');
        expect(changes.map(({ rule: id }) => id)).to.deep.equal([rule]);
        expect(changes[0]).to.include({ clients, servers, definition: 'S' });
        expect(changes[0]?.operations).to.deep.equal(['POST /things/{id}']);
      });
    }
  }

  it('are each tested here', () => {
    const tested = [...operationRules, ...schemaRules].map(([rule]) => rule);
    expect(tested.sort()).to.deep.equal(Object.keys(rules).sort());
  });
});

describe('comparing descriptions', () => {
  it('finds nothing in the same description', () => {
    const { verdict, changes } = compare(at('response'), at('response'));
    expect(changes).to.deep.equal([]);
    expect(verdict).to.equal(undefined);
  });

  it('takes the graver class of a schema that travels both ways', () => {
    const [a, b] = [base(), base()];
    for (const root of [a, b]) {
      const body = { name: 'body', in: 'body', schema: { $ref: '#/definitions/S' } };
      (getAt(root, `${operation}/parameters`) as Json[]).push(body);
    }
    set(`${S}/required`, ['Name', 'Count'])(b);
    expect(compare(a, b).changes[0]).to.include({ rule: 'property-made-required', clients: B, servers: B });
  });

  it('takes changes of schemas that nothing uses for documentation', () => {
    const changes = diff(set('/definitions/Unused/type', 'string'), 'response');
    expect(changes[0]).to.include({ rule: 'type-changed', clients: D, servers: D });
    expect(changes[0]?.operations).to.deep.equal([]);
  });

  it('compares a schema of one place with a named one by their content', () => {
    const schema = getAt(base(), S) as Json;
    expect(diff(set(`${operation}/responses/200/schema`, schema), 'response')).to.deep.equal([]);
    const changed = { ...(schema as JsonObject), required: [] };
    const changes = diff(set(`${operation}/responses/200/schema`, changed), 'response');
    expect(changes[0]).to.include({ rule: 'property-made-optional', operation: 'POST /things/{id}', at: '200 Name' });
  });

  it('reads schemas through items, maps, allOf and themselves', () => {
    const make = (type: string): JsonObject => {
      const root = base();
      set(`${S}/properties/Deep`, {
        type: 'object',
        additionalProperties: {
          type: 'array',
          items: { allOf: [{ $ref: '#/definitions/Unused' }, { properties: { V: { type } } }] },
        },
      })(root);
      set(`${S}/properties/Self`, { $ref: S.replace('/', '#/') })(root);
      return root;
    };
    const { changes } = compare(make('string'), make('integer'));
    expect(changes.map(({ rule, at: place }) => `${rule} ${place}`)).to.deep.equal(['type-changed Deep.*[].V']);
  });

  it('takes paths whose parameters have other names for the same path', () => {
    const renamed = base();
    const { paths } = renamed as { paths: JsonObject };
    paths['/things/{name}'] = paths['/things/{id}'] as Json;
    delete paths['/things/{id}'];
    set('/paths/~1things~1{name}/post/parameters/0/name', 'name')(renamed);
    const { changes } = compare(base(), renamed);
    expect(changes.map(({ rule, clients }) => [rule, clients])).to.deep.equal([['name-changed', D]]);
  });

  it('resolves allOf on both sides, so that what moves into another part is not gone', () => {
    const [a, b] = [base(), base()];
    set(`${S}/properties/Moved`, { type: 'string' })(a);
    const definitions = b.definitions as JsonObject;
    definitions.Inspect = {
      allOf: [{ $ref: '#/definitions/S' }, { type: 'object', properties: { Moved: { type: 'string' } } }],
    };
    set(`${operation}/responses/200/schema`, { $ref: '#/definitions/Inspect' })(b);
    set('/paths/~1list', {
      get: { responses: { 200: { description: 'Done.', schema: { $ref: '#/definitions/S' } } } },
    })(a);
    set('/paths/~1list', {
      get: { responses: { 200: { description: 'Done.', schema: { $ref: '#/definitions/S' } } } },
    })(b);
    const gone = compare(a, b).changes.filter(({ rule }) => rule === 'property-removed');
    expect(gone.map((change) => [change.definition, change.at, change.operations])).to.deep.equal([
      ['S', 'Moved', ['GET /list']],
    ]);
  });

  it('tells a change of a part of several schemas once, with all operations that it reaches', () => {
    const make = (more: JsonObject): JsonObject => {
      const root = base();
      const definitions = root.definitions as JsonObject;
      definitions.Part = { type: 'object', properties: { Size: { type: 'integer' }, ...more } };
      definitions.Whole = { allOf: [{ $ref: '#/definitions/Part' }, { properties: { Own: { type: 'string' } } }] };
      const answer = (name: string): JsonObject => ({
        get: { responses: { 200: { description: 'Done.', schema: { $ref: `#/definitions/${name}` } } } },
      });
      set('/paths/~1whole', answer('Whole'))(root);
      set('/paths/~1part', answer('Part'))(root);
      return root;
    };
    const { changes } = compare(make({ Old: { type: 'string' } }), make({}));
    expect(changes.map(({ definition, at, operations }) => [definition, at, operations])).to.deep.equal([
      ['Part', 'Old', ['GET /part', 'GET /whole']],
    ]);
  });

  it('shows that x-nullable became false, as it shows other marks', () => {
    const changes = diff(set(`${S}/x-nullable`, false), 'response');
    expect(changes.map(({ rule, message }) => [rule, message])).to.deep.equal([
      ['mark-changed', 'x-nullable was none, is false'],
    ]);
  });

  it('takes null at its word where the schema claims it, and x-nullable for a hint, with what is known of daemons', () => {
    const make = (member: JsonObject): JsonObject => {
      const root = base();
      (root.definitions as JsonObject).ImageInspect = { type: 'object', properties: { Author: member } };
      set(`${operation}/responses/200/schema`, { $ref: '#/definitions/ImageInspect' })(root);
      return root;
    };
    const plain = make({ type: 'string' });
    const [hint] = compare(plain, make({ type: 'string', 'x-nullable': true })).changes;
    expect(hint).to.include({ rule: 'null-hint', clients: D });
    expect(hint?.message).to.match(/daemons never send null$/);
    const [claim] = compare(plain, make({ type: ['string', 'null'] })).changes;
    expect(claim).to.include({ rule: 'nullable-added', clients: B });
  });

  it('reports a change that agrees with what daemons send as a documentation correction', () => {
    const make = (properties: JsonObject): JsonObject => {
      const root = base();
      (root.definitions as JsonObject).ServiceCreateResponse = { type: 'object', properties };
      set(`${operation}/responses/200/schema`, { $ref: '#/definitions/ServiceCreateResponse' })(root);
      return root;
    };
    const [renamed, ...others] = compare(
      make({ Warning: { type: 'string' } }),
      make({ Warnings: { type: 'array', items: { type: 'string' } } }),
    ).changes;
    expect(others).to.deep.equal([]);
    expect(renamed).to.include({ rule: 'property-renamed', clients: D, at: 'Warning' });
    expect(renamed?.evidence).to.include({ effect: 'refutes' });
    const [back] = compare(make({ Warnings: { type: 'string' } }), make({ Warning: { type: 'string' } })).changes;
    expect(back).to.include({ rule: 'property-renamed', clients: B });
  });

  it('takes another type for a correction when the old example had it', () => {
    const shown = set(`${S}/properties/Text`, { type: 'object', example: 'docker.volumedriver/1.0' });
    const [a, b] = [base(), base()];
    shown(a);
    set(`${S}/properties/Text`, { type: 'string', example: 'docker.volumedriver/1.0' })(b);
    expect(compare(a, b).changes).to.have.length(1);
    expect(compare(a, b).changes[0]).to.include({ rule: 'type-changed', clients: R });
  });

  it('takes another version in the base path for documentation', () => {
    const newer = base();
    newer.basePath = '/v1.55';
    newer.info = { title: 'T', version: '1.55' };
    expect(compare(base(), newer).changes.map(({ rule }) => rule)).to.deep.equal(['version-changed']);
  });

  it('reads parameters of paths, and references to parameters and responses', () => {
    const shared = base();
    const item = getAt(shared, '/paths/~1things~1{id}') as JsonObject;
    const own = getAt(shared, operation) as JsonObject;
    item.parameters = [{ $ref: '#/parameters/Id' }];
    shared.parameters = { Id: (own.parameters as Json[]).shift() as Json };
    shared.responses = { None: getAt(shared, `${operation}/responses/404`) as Json };
    set(`${operation}/responses/404`, { $ref: '#/responses/None' })(shared);
    expect(compare(base(), shared).changes).to.deep.equal([]);
  });

  it('refuses what is no description', () => {
    for (const value of [[], {}, { openapi: '2.0.0', info: {}, paths: {} }, { swagger: '2.0', info: {} }] as Json[]) {
      expect(() => readModel(value, 'x'))
        .to.throw()
        .with.property('code', 'INVALID_ARGUMENT');
    }
  });
});

describe('comparing OpenAPI 3 with Swagger 2.0', () => {
  const openApi: JsonObject = {
    openapi: '3.0.3',
    info: { title: 'T', version: '1.54' },
    servers: [{ url: 'http://localhost/v1.54' }],
    paths: {
      '/things/{id}': {
        parameters: [{ $ref: '#/components/parameters/Id' }],
        post: {
          operationId: 'Thing',
          parameters: [
            { name: 'q', in: 'query', schema: { type: 'string', enum: ['a', 'b'] }, description: 'One of:\n- `a`\n' },
            { name: 'many', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
          ],
          responses: {
            200: {
              description: 'Done.',
              headers: { 'x-count': { schema: { type: 'integer' } } },
              content: { 'application/json': { schema: { $ref: '#/components/schemas/S' } } },
            },
            404: { $ref: '#/components/responses/None' },
          },
        },
      },
    },
    components: {
      parameters: { Id: { name: 'id', in: 'path', required: true, schema: { type: 'string' } } },
      responses: { None: { description: 'None.', content: { 'application/json': { schema: { type: 'object' } } } } },
      schemas: { ...(base().definitions as JsonObject) },
    },
  };
  const withNull = (value: Json): JsonObject => {
    const copy = structuredClone(openApi);
    set('/components/schemas/S/properties/Value', value)(copy);
    return copy;
  };

  it('finds nothing in two forms of the same', () => {
    expect(compare(base(), withNull({ type: 'number', nullable: true })).changes).to.deep.equal([]);
  });

  it('reads every way to allow null', () => {
    const nulls: Json[] = [
      { anyOf: [{ type: 'number' }, { type: 'null' }] },
      { oneOf: [{ type: 'number' }, { type: 'object', nullable: true, enum: [null] }] },
    ];
    for (const value of nulls)
      expect(compare(base(), withNull(value)).changes, JSON.stringify(value)).to.deep.equal([]);
    const newer = { ...withNull({ type: ['number', 'null'] }), openapi: '3.1.0' };
    expect(compare(base(), newer).changes).to.deep.equal([]);
  });
});
