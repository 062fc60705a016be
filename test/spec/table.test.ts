import { expect } from 'chai';
import { apiVersion, operations } from '../../src/generated/operations.js';
import { buildDescription } from '../../src/spec/index.js';
import { operationTable } from '../../src/spec/table.js';

describe('the operation table', () => {
  it('is what the description says', () => {
    expect(operations).to.deep.equal(operationTable(buildDescription()));
    expect(apiVersion).to.equal('1.55');
  });

  it('tells method, path, version, parameters and answers of an operation', () => {
    const found = operations.find(({ operationId }) => operationId === 'ImageAttestations');
    expect(found).to.include({ method: 'GET', path: '/images/{name}/attestations', tag: 'Image', since: '1.55' });
    expect(found?.parameters.find(({ name }) => name === 'type')).to.deep.equal({
      name: 'type',
      in: 'query',
      type: 'array',
      since: '1.55',
      multi: true,
    });
    expect(found?.responses['404']).to.deep.equal({ types: ['application/json'], schema: 'ErrorResponse' });
  });

  it('names every operation once', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).to.equal(operations.length);
  });
});
