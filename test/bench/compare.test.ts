import { expect } from 'chai';
import { differences } from '../../bench/compare.js';
import { bars, report } from '../../bench/report.js';
import { median, meets, type Result, type Row, spread } from '../../bench/result.js';

const row = (values: readonly number[], more: Partial<Row> = {}): Row => ({
  group: 'reads',
  what: 'list',
  who: 'attestd',
  unit: 'answers/s',
  better: 'more',
  values,
  ...more,
});

const run = (...rows: readonly Row[]): Result => ({
  date: '2026-01-02T03:04:05.000Z',
  machine: 'a machine',
  commit: 'abc',
  load: [0, 0],
  rows,
});

const verdict = (base: Row, now: Row): readonly string[] =>
  differences(run(base), run(now)).map((difference) => difference.verdict);

describe('The comparison of two runs', () => {
  it('calls slower what got fewer answers, and faster what got more', () => {
    expect(verdict(row([100, 101]), row([70, 71]))).to.deep.equal(['slower']);
    expect(verdict(row([100, 101]), row([140, 141]))).to.deep.equal(['faster']);
  });

  it('calls slower what took longer', () => {
    const less = { better: 'less', unit: 'ms' } as const;
    expect(verdict(row([10], less), row([20], less))).to.deep.equal(['slower']);
    expect(verdict(row([20], less), row([10], less))).to.deep.equal(['faster']);
  });

  it('calls the same what differs by no more than the two runs differ in themselves, or by a tenth', () => {
    expect(verdict(row([100]), row([91]))).to.deep.equal(['same']);
    expect(verdict(row([60, 100, 140]), row([75]))).to.deep.equal(['same']);
  });

  it('leaves out what only one of them has', () => {
    expect(verdict(row([100]), row([1], { who: 'somebody else' }))).to.deep.equal([]);
  });
});

describe('The report of a run', () => {
  it('says middle and spread of the values', () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1])).to.equal(2.5);
    expect(spread([90, 100, 110])).to.be.closeTo(0.1, 1e-9);
  });

  it('tells what missed its mark, and marks it in the table', () => {
    const missed = row([90, 100, 110], { group: 'start', better: 'less', unit: 'ms', target: '50 ms', limit: 50 });
    const met = row([10], { group: 'start', what: 'other', better: 'less', unit: 'ms', target: '50 ms', limit: 50 });
    expect([missed, met, row([1])].map(meets)).to.deep.equal([false, true, undefined]);
    const { page } = report(run(missed, met));
    expect(page).to.include('| list | **100** ± 10 % | 50 ms |');
    expect(page).to.include('| other | 10.0 | 50 ms |');
    expect(page).to.include('- list: 100 ms (attestd), wanted: 50 ms');
  });

  it('draws bars as long as their figures', () => {
    const widths = [...bars('Rows', [row([50]), row([100])]).matchAll(/width="([\d.]+)" height/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths).to.deep.equal([210, 420]);
  });
});
