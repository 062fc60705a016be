import { expect } from 'chai';
import { compareReports, renderComparison } from '../../../src/conformance/report/compare.js';
import { makeReport, type Report } from '../../../src/conformance/report/model.js';
import { sampleRun } from '../sample.js';

const context = { address: 'unix:///a.sock', suiteVersion: '0.1.0', description: { apiVersion: '1.55', sha256: 'ab' } };

describe('two reports side by side', () => {
  const a: Report = makeReport(sampleRun(), context);

  it('are the same when nothing differs', () => {
    const comparison = compareReports(a, a);
    expect(comparison.differences).to.deep.equal([]);
    expect(comparison.same).to.equal(a.results.length);
  });

  it('show each requirement that ended differently, or that one of them lacks', () => {
    const [first, second, ...others] = a.results;
    if (!first || !second) throw new Error('the sample has too few results');
    const changed = { ...first, outcome: first.outcome === 'passed' ? ('failed' as const) : ('passed' as const) };
    const comparison = compareReports(a, { ...a, results: [changed, ...others] });
    expect(comparison.differences.map(({ id, a: left, b: right }) => [id, left, right])).to.have.deep.members([
      [first.id, first.outcome, changed.outcome],
      [second.id, second.outcome, undefined],
    ]);
    expect(renderComparison(comparison)).to.contain('2 requirements ended differently');
  });
});
