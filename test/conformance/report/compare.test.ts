import { expect } from 'chai';
import { compareReports, renderComparison } from '../../../src/conformance/report/compare.js';
import { makeReport, type Report } from '../../../src/conformance/report/model.js';
import { sampleRun } from '../sample.js';

const context = { address: 'unix:///a.sock', suiteVersion: '0.1.0', description: { apiVersion: '1.55', sha256: 'ab' } };

describe('reports side by side', () => {
  const a: Report = makeReport(sampleRun(), context);

  it('are the same when nothing differs', () => {
    const comparison = compareReports([a, a]);
    expect(comparison.differences).to.deep.equal([]);
    expect(comparison.changedFailures).to.deep.equal([]);
    expect(comparison.same).to.equal(a.results.length);
  });

  it('show each requirement that ended differently, or that one of them lacks', () => {
    const [first, second, ...others] = a.results;
    if (!first || !second) throw new Error('the sample has too few results');
    const changed = { ...first, outcome: first.outcome === 'passed' ? ('failed' as const) : ('passed' as const) };
    const comparison = compareReports([a, { ...a, results: [changed, ...others] }, a]);
    expect(comparison.differences.map(({ id, outcomes }) => [id, outcomes])).to.have.deep.members([
      [first.id, [first.outcome, changed.outcome, first.outcome]],
      [second.id, [second.outcome, undefined, second.outcome]],
    ]);
    expect(comparison.runs).to.have.length(3);
    expect(renderComparison(comparison)).to.contain('2 requirements ended differently, 0 failed otherwise');
  });

  it('show failures that changed, and none that differ by names, ids and times alone', () => {
    const failing = (actual: string, name: string): Report => ({
      ...a,
      run: { ...a.run, name },
      results: a.results.map((result) =>
        result.outcome === 'failed' ? { ...result, failure: { message: 'm', expected: 'e', actual } } : result,
      ),
    });
    const failed = a.results.filter(({ outcome }) => outcome === 'failed').length;
    const one = failing(
      `404 127.0.0.1:4711 attestd-11111111-c4 at 2026-01-02T03:04:05Z ${'a'.repeat(64)}`,
      'attestd-11111111',
    );
    const two = failing(
      `404 127.0.0.1:4712 attestd-22222222-c9 at 2026-01-02T03:04:06.5Z ${'b'.repeat(64)}`,
      'attestd-22222222',
    );
    expect(compareReports([one, two]).changedFailures).to.deep.equal([]);
    const other = compareReports([one, failing('500 broken', 'attestd-22222222')]);
    expect(other.changedFailures).to.have.length(failed);
    expect(other.same).to.equal(a.results.length - failed);
    expect(renderComparison(other)).to.contain('500 broken');
  });
});
