import { expect } from 'chai';
import { renderHtml } from '../../../src/conformance/report/html.js';
import { makeReport } from '../../../src/conformance/report/model.js';
import { exchange, sample, sampleRun } from '../sample.js';

const context = {
  address: 'unix:///run/docker.sock',
  suiteVersion: '0.1.0',
  description: { apiVersion: '1.55', sha256: 'ab'.repeat(32) },
};

describe('the HTML report', () => {
  const html = renderHtml(makeReport(sampleRun(), context));

  it('loads nothing from elsewhere', () => {
    expect(html).not.to.match(/\b(src|href)=|@import|url\(|fetch\(/);
  });

  it('has every requirement with its outcome', () => {
    for (const { requirement, outcome } of sampleRun().results) {
      expect(html).to.contain(`<code>${requirement.id}</code>`);
      expect(html).to.contain(`data-outcome="${outcome}"`);
    }
  });

  it('escapes what a daemon sent', () => {
    const body = '<script>alert(1)</script>\u0007';
    const results = [
      { requirement: sample(), outcome: 'failed' as const, reason: '', exchanges: [exchange(body)], durationMs: 1 },
    ];
    const page = renderHtml(makeReport(sampleRun({ results }), context));
    expect(page).not.to.contain('<script>alert');
    expect(page).to.contain('&lt;script&gt;alert(1)&lt;/script&gt;\\u{7}');
  });

  it('shows failures first, and how to ask again', () => {
    const order = [...html.matchAll(/data-outcome="(\w+)"/g)].map(([, outcome]) => outcome);
    expect(order[0]).to.equal('failed');
    expect(order.at(-1)).to.equal('passed');
    expect(html).to.contain('<pre class="curl">curl -s -i --unix-socket /run/docker.sock');
  });

  it('stays below 1 MB when a thousand requirements fail with long answers', () => {
    const long = 'x'.repeat(12_000);
    const results = Array.from({ length: 1000 }, (_, i) => ({
      requirement: sample({ id: `Errors.sample-${i}` }),
      outcome: 'failed' as const,
      reason: '',
      failure: { message: 'm', expected: 'e', actual: 'a' },
      exchanges: [exchange(long)],
      durationMs: 1,
    }));
    const page = renderHtml(makeReport(sampleRun({ results }), context));
    expect(Buffer.byteLength(page)).to.be.below(1_000_000);
    expect(page).to.contain('Errors.sample-999');
  });
});
