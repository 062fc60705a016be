import { expect } from 'chai';
import { parseFilters } from '../../src/engine/filters.js';
import { patternFilter, textMatcher } from '../../src/engine/pattern.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

const named = (...values: string[]) => parseFilters(JSON.stringify({ name: values }));

describe('a filter of expressions', () => {
  it('takes 4096 characters of them, and any length of plain text', async () => {
    const matches = await patternFilter(named('a+'.repeat(2000), 'x'.repeat(10_000)), 'name');
    expect(matches('x'.repeat(10_000))).to.equal(true);
    expect(matches('b')).to.equal(false);
  });

  it('refuses more', async () => {
    const error = await patternFilter(named('a+'.repeat(1500), 'b+'.repeat(1500)), 'name').catch((reason) => reason);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INVALID_ARGUMENT');
    expect((await textMatcher('a*'.repeat(5000)))('a')).to.equal(false);
  });
});
