import { expect } from 'chai';
import { Patience } from '../../src/conformance/patience.js';

describe('patience with a daemon', () => {
  const left = (patience: Patience): number => patience.limit - performance.now();

  it('is full until something was waited for in vain, and less for what is of its kind from then on', () => {
    const run = {};
    const first = new Patience(run, 'end', 0);
    expect(left(new Patience(run, 'end', 10_000))).to.be.within(9000, 10_000);
    expect(first.over).to.equal(true);
    expect(left(new Patience(run, 'end', 10_000))).to.be.within(2000, 2500);
    expect(left(new Patience(run, 'bytes', 10_000))).to.be.within(9000, 10_000);
    expect(left(new Patience({}, 'end', 10_000))).to.be.within(9000, 10_000);
  });

  it('is not over before its time, and then takes nothing from the next', () => {
    const run = {};
    expect(new Patience(run, 'end', 10_000).over).to.equal(false);
    expect(left(new Patience(run, 'end', 10_000))).to.be.within(9000, 10_000);
  });
});
