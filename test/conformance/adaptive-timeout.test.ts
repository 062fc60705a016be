import { expect } from 'chai';
import { AdaptiveTimeout } from '../../src/conformance/adaptive-timeout.js';

describe('patience with a daemon', () => {
  let time = 0;
  const given = (run: object, kind: string, full = 10_000): AdaptiveTimeout =>
    new AdaptiveTimeout(run, kind, full, () => time);

  /** Simulates a wait and returns its length in milliseconds. */
  function lasts(patience: AdaptiveTimeout): number {
    const from = time;
    while (!patience.over) time += patience.step;
    return time - from;
  }

  it('is full until something was waited for in vain, and less for what is of its kind from then on', () => {
    const run = {};
    expect(lasts(given(run, 'end'))).to.equal(10_000);
    expect(lasts(given(run, 'end'))).to.equal(2500);
    expect(lasts(given(run, 'bytes'))).to.equal(10_000);
    expect(lasts(given({}, 'end'))).to.equal(10_000);
  });

  it('is not over before its time, and then takes nothing from the next', () => {
    const run = {};
    expect(given(run, 'end').over).to.equal(false);
    expect(lasts(given(run, 'end'))).to.equal(10_000);
  });

  it('counts a second at most of what passes between two looks', () => {
    const patience = given({}, 'end');
    time += 9000;
    expect(lasts(patience)).to.equal(9000);
  });

  it('begins anew where this process was stopped, and not for good', () => {
    const patience = given({}, 'end');
    for (let stops = 0; stops < 3; stops += 1) {
      for (let looks = 0; looks < 9; looks += 1) {
        time += 1000;
        expect(patience.over).to.equal(false);
      }
      time += 60_000;
      expect(patience.over).to.equal(false);
    }
    for (let looks = 0; looks < 9; looks += 1) {
      time += 60_000;
      expect(patience.over).to.equal(false);
    }
    time += 60_000;
    expect(patience.over).to.equal(true);
  });
});
