import { expect } from 'chai';
import fc from 'fast-check';
import type { Json } from '../../src/spec/index.js';
import { compareValues, structureOf } from '../../src/spec/structure.js';

const json = fc.jsonValue() as fc.Arbitrary<Json>;

describe('comparing values', () => {
  it('finds nothing between equal values, whatever the order of members', () => {
    fc.assert(fc.property(json, (value) => compareValues(value, structuredClone(value)).length === 0));
    expect(compareValues({ a: 1, b: 2 }, { b: 2, a: 1 })).to.deep.equal([]);
  });

  it('finds something between unequal values', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const equal = (x: Json, y: Json): boolean => compareValues(x, y).length === 0;
        expect(equal(a, b)).to.equal(equal(b, a));
      }),
    );
  });

  it('reports each difference at its outermost place', () => {
    expect(compareValues({ a: { b: 1, c: 2 }, l: [1, 2] }, { a: { b: 3, d: { e: 1 } }, l: [1] })).to.deep.equal([
      { op: 'replace', pointer: '/a/b', from: 1, to: 3 },
      { op: 'remove', pointer: '/a/c', from: 2 },
      { op: 'add', pointer: '/a/d', to: { e: 1 } },
      { op: 'remove', pointer: '/l/1', from: 2 },
    ]);
  });

  it('tells null from absence, and an array from an object', () => {
    expect(compareValues({ a: null }, {})).to.deep.equal([{ op: 'remove', pointer: '/a', from: null }]);
    expect(compareValues([], {}).map(({ op }) => op)).to.deep.equal(['replace']);
  });
});

describe('the structure of a description', () => {
  it('is without prose and marks', () => {
    const schema = { type: 'string', description: 'x', title: 'x', example: 1, 'x-since': '1.40', 'x-nullable': true };
    expect(structureOf({ definitions: { A: schema } })).to.deep.equal({
      definitions: { A: { type: 'string', 'x-nullable': true } },
    });
  });

  it('keeps members of the API that are named like prose', () => {
    const properties = { description: { type: 'string', description: 'x' }, title: { type: 'string' } };
    expect(structureOf({ definitions: { example: { properties } } })).to.deep.equal({
      definitions: { example: { properties: { description: { type: 'string' }, title: { type: 'string' } } } },
    });
  });
});
