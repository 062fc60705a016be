import { expect } from 'chai';
import { parseFilters } from '../../src/engine/filters.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

describe('the filters of a request', () => {
  it('have a bound of values and of characters', () => {
    const within = { label: Array.from({ length: 499 }, (_, at) => `l${at}`) };
    expect(parseFilters(JSON.stringify(within)).get('label')?.size).to.equal(499);
    for (const beyond of [{ label: [...within.label, 'one', 'two'] }, { reference: ['x'.repeat(70_000)] }])
      expect(() => parseFilters(JSON.stringify(beyond)))
        .to.throw(AttestdError, 'more than')
        .with.property('code', 'INVALID_ARGUMENT');
  });
});
