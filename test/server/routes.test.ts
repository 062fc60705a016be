import { expect } from 'chai';
import { operationFinder } from '../../src/server/routes.js';
import type { OperationEntry } from '../../src/spec/table.js';

const of = (method: string, path: string): OperationEntry =>
  ({ operationId: path, method, path, parameters: [] }) as unknown as OperationEntry;

describe('routes', () => {
  const found = operationFinder([
    of('GET', '/{kind}/states'),
    of('GET', '/networks/{id}'),
    of('GET', '/networks/prune'),
    of('GET', '/x-{kind}'),
    of('GET', '/'),
  ]);
  it('take a literal path before one with parameters', () => {
    expect(found('GET', '/networks/prune')).to.equal('/networks/prune');
    expect(found('GET', '/networks/of/mine')).to.equal('/networks/{id}');
    expect(found('GET', '/')).to.equal('/');
  });

  it('find a path whose first part has a parameter, whatever else begins so', () => {
    expect(found('GET', '/engines/states')).to.equal('/{kind}/states');
    expect(found('GET', '/x-ray')).to.equal('/x-{kind}');
  });

  it('know no other method and no other path', () => {
    expect(found('HEAD', '/networks/one')).to.equal(undefined);
    expect(found('GET', '/elsewhere')).to.equal(undefined);
  });
});
