import { expect } from 'chai';
import { lazyImport } from '../../../src/support/foundation/lazy-import.js';

describe('code that is read when it is needed', () => {
  it('is read once, and used on the spot from then on', async () => {
    let loads = 0;
    const later = lazyImport(async () => {
      loads++;
      return 'read';
    });
    expect(loads).to.equal(0);
    const two = [later((text) => text), later((text) => text.length)];
    expect(two.every((one) => one instanceof Promise)).to.equal(true);
    expect(await Promise.all(two)).to.deep.equal(['read', 4]);
    expect(later((text) => text)).to.equal('read');
    expect(loads).to.equal(1);
  });
});
