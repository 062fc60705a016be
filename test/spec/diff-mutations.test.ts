import { expect } from 'chai';
import { compareDescriptions } from '../../src/spec/diff.js';
import { readModel } from '../../src/spec/diff-model.js';
import type { ChangeClass, RuleId } from '../../src/spec/diff-rules.js';
import type { Json, JsonObject } from '../../src/spec/document.js';
import { buildDescription } from '../../src/spec/index.js';

/** Operations of the description under test. The rest is left out to keep a comparison short. */
const kept = [
  '/images/json',
  '/images/{name}/json',
  '/containers/json',
  '/containers/create',
  '/networks/{id}',
  '/volumes',
];

type Direction = 'request' | 'response';
type Random = (below: number) => number;
/** The expected rule, and the class for clients by direction: forwards and backwards. */
interface Expected {
  readonly there: readonly [RuleId, request: ChangeClass, response: ChangeClass];
  readonly back: readonly [RuleId, request: ChangeClass, response: ChangeClass];
  readonly directions: ReadonlySet<Direction>;
  /** The end of the changed location. */
  readonly at: string;
}

const B = 'breaking';
const A = 'additive';
const R = 'risky';
const D = 'documentation';
const object = (value: Json | undefined): JsonObject => value as JsonObject;

function* refs(value: Json): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* refs(item);
  else if (typeof value === 'object' && value !== null) {
    if (typeof value.$ref === 'string') yield value.$ref.replace('#/definitions/', '');
    for (const member of Object.values(value)) yield* refs(member);
  }
}

/** Finds the directions of each named schema by following references. */
function directionsOf(root: JsonObject): Map<string, Set<Direction>> {
  const found = new Map<string, Set<Direction>>();
  const visit = (name: string, direction: Direction): void => {
    const known = found.get(name) ?? new Set<Direction>();
    if (known.has(direction)) return;
    found.set(name, known.add(direction));
    for (const next of refs(object(root.definitions)[name] ?? {})) visit(next, direction);
  };
  for (const item of Object.values(object(root.paths))) {
    for (const operation of Object.values(object(item))) {
      for (const name of refs(object(operation).parameters ?? [])) visit(name, 'request');
      for (const name of refs(object(operation).responses ?? {})) visit(name, 'response');
    }
  }
  return found;
}

function base(): JsonObject {
  const root = structuredClone(buildDescription()) as unknown as JsonObject;
  const paths = object(root.paths);
  for (const path of Object.keys(paths)) if (!kept.includes(path)) delete paths[path];
  const used = directionsOf(root);
  const definitions = object(root.definitions);
  for (const name of Object.keys(definitions)) if (!used.has(name)) delete definitions[name];
  return root;
}

const original = base();
const used = directionsOf(original);
const request: ReadonlySet<Direction> = new Set(['request']);
const response: ReadonlySet<Direction> = new Set(['response']);
const bothWays: ReadonlySet<Direction> = new Set(['request', 'response']);

function pick<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)] as T;
}

/** Picks an operation, with its title. */
function operation(
  root: JsonObject,
  random: Random,
): { title: string; holder: JsonObject; method: string; path: string } {
  const all = Object.entries(object(root.paths)).flatMap(([path, item]) =>
    Object.keys(object(item)).map((method) => ({ path, method, holder: object(item) })),
  );
  const chosen = pick(all, random);
  return { ...chosen, title: `${chosen.method.toUpperCase()} ${chosen.path}` };
}

/** Picks a property of a named schema that satisfies a test. */
function property(root: JsonObject, random: Random, test: (schema: JsonObject) => boolean) {
  const all = Object.entries(object(root.definitions)).flatMap(([name, schema]) =>
    Object.keys(object(object(schema).properties ?? {}))
      .filter((key) => test(object(object(object(schema).properties)[key])))
      .map((key) => ({ name, key, schema: object(schema), properties: object(object(schema).properties) })),
  );
  const chosen = pick(all, random);
  return { ...chosen, directions: used.get(chosen.name) as ReadonlySet<Direction> };
}

function parameter(root: JsonObject, random: Random, test: (each: JsonObject) => boolean): JsonObject {
  const all = Object.values(object(root.paths)).flatMap((item) =>
    Object.values(object(item)).flatMap((each) => ((object(each).parameters ?? []) as JsonObject[]).filter(test)),
  );
  return pick(all, random);
}

const isPlain = (schema: JsonObject): boolean => typeof schema.type === 'string' && schema.enum === undefined;
const inQuery = (each: JsonObject): boolean => each.in === 'query';
const fresh = (random: Random): string => `Zz${random(1e6)}`;

type Mutation = (root: JsonObject, random: Random) => Expected;

/** A mutation of one member of a property, with its rules and classes. */
function member(
  key: string,
  value: Json,
  there: Expected['there'],
  back: Expected['back'],
  test: (schema: JsonObject) => boolean = isPlain,
): Mutation {
  return (root, random) => {
    const found = property(root, random, (schema) => test(schema) && schema[key] === undefined);
    object(found.properties[found.key])[key] = value;
    return { there, back, directions: found.directions, at: found.key };
  };
}

const mutations: Readonly<Record<string, Mutation>> = {
  'an operation is removed': (root, random) => {
    const { holder, method } = operation(root, random);
    delete holder[method];
    return { there: ['operation-removed', B, B], back: ['operation-added', A, A], directions: bothWays, at: '' };
  },
  'a query parameter is added': (root, random) => {
    const { holder, method } = operation(root, random);
    const name = fresh(random);
    const target = object(holder[method]);
    target.parameters = [...((target.parameters ?? []) as Json[]), { name, in: 'query', type: 'string' }];
    return { there: ['parameter-added', A, A], back: ['parameter-removed', R, R], directions: request, at: name };
  },
  'a query parameter becomes required': (root, random) => {
    const found = parameter(root, random, (each) => inQuery(each) && each.required !== true);
    found.required = true;
    return {
      there: ['parameter-made-required', B, B],
      back: ['parameter-made-optional', A, A],
      directions: request,
      at: String(found.name),
    };
  },
  'a query parameter gets another type': (root, random) => {
    const found = parameter(root, random, (each) => inQuery(each) && each.type === 'boolean');
    found.type = 'object';
    delete found.default;
    return { there: ['type-changed', B, B], back: ['type-changed', B, B], directions: request, at: String(found.name) };
  },
  'a path parameter is renamed without its template': (root, random) => {
    const found = parameter(root, random, (each) => each.in === 'path');
    found.name = fresh(random);
    return {
      there: ['path-mismatch', B, B],
      back: ['name-changed', D, D],
      directions: bothWays,
      at: String(found.name),
    };
  },
  'an error status is added': (root, random) => {
    const { holder, method } = operation(root, random);
    object(object(holder[method]).responses)['418'] = { description: 'Refused.' };
    return {
      there: ['response-added-error', A, A],
      back: ['response-removed-error', A, A],
      directions: response,
      at: '418',
    };
  },
  'a success status is added': (root, random) => {
    const { holder, method } = operation(root, random);
    object(object(holder[method]).responses)['206'] = { description: 'Partial.' };
    return {
      there: ['response-added-success', R, R],
      back: ['response-removed-success', B, B],
      directions: response,
      at: '206',
    };
  },
  'a response header is added': (root, random) => {
    const { holder, method } = operation(root, random);
    const responses = object(object(holder[method]).responses);
    const status = Object.keys(responses)[0] as string;
    const target = object(responses[status]);
    target.headers = { ...object(target.headers ?? {}), 'X-Zz': { type: 'string' } };
    return { there: ['header-added', A, A], back: ['header-removed', B, B], directions: response, at: 'x-zz' };
  },
  'a property is added': (root, random) => {
    const found = property(root, random, () => true);
    const name = fresh(random);
    found.properties[name] = { type: 'string' };
    return {
      there: ['property-added', A, A],
      back: ['property-removed', R, B],
      directions: found.directions,
      at: name,
    };
  },
  'a property becomes required or optional': (root, random) => {
    const found = property(root, random, () => true);
    const required = (found.schema.required ?? []) as Json[];
    found.schema.required = required.includes(found.key)
      ? required.filter((each) => each !== found.key)
      : [...required, found.key];
    if (required.includes(found.key)) {
      return {
        there: ['property-made-optional', A, B],
        back: ['property-made-required', B, A],
        directions: found.directions,
        at: found.key,
      };
    }
    return {
      there: ['property-made-required', B, A],
      back: ['property-made-optional', A, B],
      directions: found.directions,
      at: found.key,
    };
  },
  'a property becomes deprecated': member(
    'deprecated',
    true,
    ['deprecated', D, D],
    ['undeprecated', D, D],
    (schema) =>
      isPlain(schema) && !/deprecated/i.test(String(schema.description)) && schema['x-deprecated'] === undefined,
  ),
  'x-omitempty is set': member('x-omitempty', true, ['omit-empty', D, R], ['keep-empty', D, A]),
  'readOnly is set': member('readOnly', true, ['read-only-added', R, D], ['read-only-removed', A, D]),
  'x-go-name is set': member('x-go-name', 'Zz', ['go-name', D, D], ['go-name', D, D]),
  'x-go-type is set': member('x-go-type', { type: 'Zz' }, ['go-type', D, D], ['go-type', D, D]),
  'x-nullable is set': member('x-nullable', true, ['null-hint', D, D], ['null-hint', D, D]),
  'a mark is set': member('x-zz', 1, ['mark-changed', D, D], ['mark-changed', D, D]),
  'an enum is set': member(
    'enum',
    ['zz'],
    ['enum-narrowed', B, A],
    ['enum-widened', A, R],
    (schema) => schema.type === 'string',
  ),
  'a format is set': member('format', 'zz', ['format-added', R, A], ['format-dropped', A, R]),
  'a limit is set': member(
    'maximum',
    9,
    ['limit-tightened', B, A],
    ['limit-relaxed', A, B],
    (schema) => schema.type === 'integer',
  ),
  'a pattern is set': member(
    'pattern',
    '^z',
    ['limit-tightened', B, A],
    ['limit-relaxed', A, B],
    (schema) => schema.type === 'string',
  ),
  'a description changes': (root, random) => {
    const found = property(
      root,
      random,
      (schema) => typeof schema.description === 'string' && schema.$ref === undefined,
    );
    object(found.properties[found.key]).description += ' And more.';
    return {
      there: ['words-changed', D, D],
      back: ['words-changed', D, D],
      directions: found.directions,
      at: found.key,
    };
  },
  'a property gets another type': (root, random) => {
    const found = property(root, random, (schema) => schema.type === 'string' && schema.enum === undefined);
    const { description, type: _, ...rest } = object(found.properties[found.key]);
    found.properties[found.key] = { ...(description !== undefined && { description }), ...rest, type: 'boolean' };
    return { there: ['type-changed', B, B], back: ['type-changed', B, B], directions: found.directions, at: found.key };
  },
};

const order: readonly ChangeClass[] = [D, A, R, B];
const worst = (directions: ReadonlySet<Direction>, [, inRequest, inResponse]: Expected['there']): ChangeClass => {
  const classes = [
    ...(directions.has('request') ? [inRequest] : []),
    ...(directions.has('response') ? [inResponse] : []),
  ];
  return classes.reduce((a, b) => (order.indexOf(a) >= order.indexOf(b) ? a : b));
};

/** A linear congruential generator, so that each run makes the same mutations. */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

describe('spec diff on mutations of the description', function () {
  this.timeout(120_000);
  const random = generator(31);
  const names = Object.keys(mutations);
  let weighed = 0;

  for (let number = 0; number < 100; number += 1) {
    const name = names[number % names.length] as string;
    it(`classifies mutation ${number + 1}: ${name}`, () => {
      const mutant = structuredClone(original);
      const expected = (mutations[name] as Mutation)(mutant, random);
      const [from, to] = [readModel(structuredClone(original) as Json, 'old'), readModel(mutant as Json, 'new')];
      for (const [comparison, outcome] of [
        [compareDescriptions(from, to), expected.there],
        [compareDescriptions(to, from), expected.back],
      ] as const) {
        const [rule] = outcome;
        const changes = comparison.changes.filter(
          (each) => each.rule === rule && (rule === 'name-changed' || each.at.endsWith(expected.at)),
        );
        expect(changes, JSON.stringify(comparison.changes)).to.have.length.at.least(1);
        for (const change of changes) {
          if (change.evidence && change.evidence.effect !== 'confirms') {
            weighed += 1;
            expect(change.clients).to.not.equal(B);
          } else expect(change.clients, `${rule} ${change.at}`).to.equal(worst(expected.directions, outcome));
        }
        const rest = comparison.changes.filter((each) => each.rule !== rule && each.clients === B);
        expect(
          rest.map((each) => `${each.rule} ${each.at}`),
          'other breaking changes',
        ).to.deep.equal([]);
      }
    });
  }

  it('meets evidence against some mutations only', () => expect(weighed).to.be.below(40));
});
