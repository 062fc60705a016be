import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { operations } from '../../src/generated/operations.js';
import { exampleOf } from '../../src/spec/example.js';
import {
  buildDescription,
  findOperation,
  getAt,
  type Json,
  openApiDocument,
  validateResponse,
} from '../../src/spec/index.js';
import { toPointer } from '../../src/spec/pointer.js';
import { matchOperation } from '../../src/spec/recordings.js';

const description = buildDescription();

describe('the examples of the description', function () {
  this.timeout(60_000);

  it('are there for every response with a JSON or text body, and fit it, with no member that the description lacks', () => {
    const odd: string[] = [];
    let count = 0;
    for (const { operationId, method, path, responses } of operations) {
      for (const [status, { types }] of Object.entries(responses)) {
        const type = types.find((t) => t === 'application/json' || t === 'text/plain');
        if (!type) continue;
        const place = toPointer(['paths', path, method.toLowerCase(), 'responses', status, 'content', type, 'example']);
        const example = getAt(openApiDocument(), place);
        if (example === undefined) odd.push(`${place}: no example`);
        else if (type === 'application/json') {
          const { violations, unknown } = validateResponse(operationId, Number(status), JSON.stringify(example));
          for (const { pointer, message } of violations) odd.push(`${operationId} ${status} ${pointer}: ${message}`);
          for (const pointer of unknown) odd.push(`${operationId} ${status} ${pointer}: unknown`);
        }
        count++;
      }
    }
    expect(odd).to.deep.equal([]);
    expect(count).to.be.greaterThan(300);
  });
});

describe('the examples of image operations', () => {
  const root = new URL('../golden/recordings/', import.meta.url);
  const recorded = new Map<string, unknown[]>();
  before(() => {
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
    for (const file of files) {
      const list = JSON.parse(readFileSync(new URL(file, root), 'utf8')) as {
        request?: { method?: string; path?: string };
        response?: { status?: number; body?: string };
      }[];
      for (const { request, response } of list) {
        const path = request?.path?.split('?')[0] ?? '';
        const operation = matchOperation(request?.method ?? '', path);
        if (!operation || (!response?.body?.startsWith('{') && !response?.body?.startsWith('['))) continue;
        const key = `${operation.operationId} ${response.status}`;
        recorded.set(key, [...(recorded.get(key) ?? []), response.body]);
      }
    }
  });

  const shown: [string, number][] = [
    ['ImageList', 200],
    ['ImageInspect', 200],
    ['ImageInspect', 404],
    ['ImageHistory', 200],
    ['ImageDelete', 200],
    ['ImageDelete', 404],
    ['ImageDelete', 409],
    ['ImageTag', 404],
    ['ImageAttestations', 200],
    ['ImageAttestations', 400],
    ['ImageAttestations', 404],
    ['ImageAttestations', 500],
    ['SystemVersion', 200],
  ];
  for (const [operationId, status] of shown) {
    it(`are what dockerd answered for a fixture: ${operationId} ${status}`, () => {
      const example = findOperation(description, operationId)?.operation.responses[status]?.examples?.[
        'application/json'
      ];
      const bodies = (recorded.get(`${operationId} ${status}`) ?? []) as string[];
      const parsed = bodies.flatMap((body): unknown[] => {
        try {
          return [JSON.parse(body)];
        } catch {
          return [];
        }
      });
      expect(example).not.to.equal(undefined);
      expect(parsed.some((body) => isDeepStrictEqual(body, example))).to.equal(true);
    });
  }
});

describe('making an example', () => {
  const definitions = {
    Kind: { type: 'string', enum: ['a', 'b'] },
    Base: {
      type: 'object',
      properties: { Kind: { $ref: '#/definitions/Kind' }, Count: { type: 'integer', minimum: 3 } },
    },
  };
  const cases: [string, Parameters<typeof exampleOf>[0], Json][] = [
    ['takes the schema’s own example first', { type: 'string', enum: ['x'], example: 'y' }, 'y'],
    ['follows references', { $ref: '#/definitions/Kind' }, 'a'],
    ['takes the default before a value of the type', { type: 'boolean', default: true }, true],
    [
      'joins the branches of allOf with its own properties',
      {
        allOf: [{ $ref: '#/definitions/Base' }],
        properties: { At: { type: 'string', format: 'date-time' } },
      },
      { Kind: 'a', Count: 3, At: '2024-01-02T03:04:05Z' },
    ],
    ['lets allOf be an alias', { allOf: [{ $ref: '#/definitions/Kind' }] }, 'a'],
    ['gives an array one element, unless anything may be in it', { type: 'array', items: { type: 'number' } }, [0]],
    ['leaves an array of anything empty', { type: 'array', items: {} }, []],
    ['leaves a map empty', { type: 'object', additionalProperties: { type: 'string' } }, {}],
  ];
  for (const [title, schema, expected] of cases) {
    it(title, () => expect(exampleOf(schema, definitions)).to.deep.equal(expected));
  }
});
