import { expect } from 'chai';
import { compareVersions } from '../../src/spec/index.js';
import { schemaAtVersion } from '../../src/spec/versions.js';

describe('API versions', () => {
  it('are compared by number, not as text', () => {
    const sorted = ['1.100', '1.9', '2.0', '1.55', '1.55.1'].sort(compareVersions);
    expect(sorted).to.deep.equal(['1.9', '1.55', '1.55.1', '1.100', '2.0']);
    expect(compareVersions('1.55', '1.55.0')).to.equal(0);
  });
});

describe('a schema at an earlier version', () => {
  const schema = {
    required: ['a', 'b'],
    properties: {
      a: { type: 'string' },
      b: { type: 'string', 'x-since': '1.48' },
      c: { items: { properties: { d: { 'x-since': '1.50' }, e: {} } } },
    },
    example: { properties: { b: { 'x-since': '1.99' } } },
  };

  it('lacks the properties that came later, and does not require them', () => {
    expect(schemaAtVersion(schema, '1.47')).to.deep.equal({
      required: ['a'],
      properties: { a: { type: 'string' }, c: { items: { properties: { e: {} } } } },
      example: schema.example,
    });
  });

  it('has them from their version on', () => {
    expect(schemaAtVersion(schema, '1.50')).to.deep.equal(schema);
  });
});
