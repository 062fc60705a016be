import { expect } from 'chai';
import { factAt } from '../../src/spec/facts.js';
import { buildDescription, listOperations, type Schema } from '../../src/spec/index.js';

const description = buildDescription();
const resolve = (schema: Schema): Schema =>
  schema.$ref === undefined ? schema : (description.definitions[schema.$ref.replace('#/definitions/', '')] ?? {});

/** Each member of an answer by the place under which facts are kept, with its schema and whether it is required. */
function* members(schema: Schema, place: string): Generator<{ place: string; schema: Schema; required: boolean }> {
  for (const branch of schema.allOf ?? []) if (branch.$ref === undefined) yield* members(branch, place);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    yield { place: `${place}.${name}`, schema: property, required: schema.required?.includes(name) ?? false };
    let inner: Schema = property;
    while (inner.items ?? (typeof inner.additionalProperties === 'object' && inner.additionalProperties)) {
      inner = (inner.items ?? inner.additionalProperties) as Schema;
    }
    if (inner.$ref === undefined) yield* members(inner, `${place}.${name}`);
  }
}

const all = [
  ...Object.entries(description.definitions).flatMap(([name, schema]) => [...members(schema, name)]),
  ...listOperations(description).flatMap(({ method, path, operation }) =>
    Object.entries(operation.responses).flatMap(([status, { schema }]) =>
      schema && schema.$ref === undefined ? [...members(schema, `${method.toUpperCase()} ${path} ${status}`)] : [],
    ),
  ),
].flatMap((member) => {
  const fact = factAt(member.place);
  return fact && fact !== 'absent' ? [{ ...member, fact }] : [];
});

/** Permitted differences, with their reasons. */
const requiredAlthoughLeftOut = [
  // Requests need it; the struct leaves out an empty one, which no driver has.
  'Driver.Name',
];
const nullAlthoughLeftOut = [
  // The list has one name everywhere, and `/info` sends it as null.
  'ResourceObject.GenericResources',
  // Upstream's hint; the struct omits an empty map.
  'ContainerSummary.HostConfig.Annotations',
  // Verbatim JSON, which may be the word null.
  'AttestationStatement.Statement',
];

describe('the description and the structs of dockerd', () => {
  it('are compared in most of the members', () => {
    expect(all.length).to.be.greaterThan(900);
  });

  it('agree on what is always sent: what is required is never left out', () => {
    const wrong = all.filter(({ required, fact, schema }) => required && !fact.always && !schema['x-deprecated']);
    expect(wrong.map(({ place }) => place)).to.deep.equal(requiredAlthoughLeftOut);
  });

  it('agree on null: what may be null is written as null by a struct', () => {
    const wrong = all.filter(({ schema, fact }) => {
      const { 'x-nullable': nullable = resolve(schema)['x-nullable'] } = schema;
      return nullable === true && !fact.null;
    });
    expect(wrong.map(({ place }) => place)).to.deep.equal(nullAlthoughLeftOut);
  });

  it('agree on members of answers that the recordings show in each object', () => {
    const required = new Set(all.filter((member) => member.required).map(({ place }) => place));
    for (const place of ['ImageInspect.Id', 'ImageInspect.Os', 'ImageInspect.Size', 'ContainerSummary.Id']) {
      expect(required.has(place), place).to.equal(true);
    }
  });
});
