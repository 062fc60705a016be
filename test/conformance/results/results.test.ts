import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeReport, type Report } from '../../../src/conformance/report/model.js';
import { badge } from '../../../src/conformance/results/badge.js';
import { readResults } from '../../../src/conformance/results/read.js';
import { pathOf, refusals, resultOf } from '../../../src/conformance/results/result.js';
import { renderSite } from '../../../src/conformance/results/site.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { sampleContext, sampleRun } from '../sample.js';

const report: Report = makeReport(sampleRun(), sampleContext);
const result = resultOf(report);

describe('results of daemons', () => {
  it('keep the verdict on each requirement, and of what failed how to ask again', () => {
    expect(result.results.map(({ id, outcome }) => [id, outcome])).to.deep.equal(
      report.results.map(({ id, outcome }) => [id, outcome]),
    );
    const failed = result.results.filter(({ outcome }) => outcome === 'failed');
    expect(failed).to.not.be.empty;
    const lines = failed.flatMap(({ curl }) => curl ?? []);
    expect(lines).to.not.be.empty;
    for (const line of lines) expect(line).to.match(/^curl -s -i --unix-socket \/var\/run\/docker\.sock /);
    expect(result.results.find(({ outcome }) => outcome === 'passed')).to.not.have.property('curl');
    expect(JSON.stringify(result)).to.not.contain(sampleContext.address);
  });

  it('keep earlier runs of the same daemon, the newest first', () => {
    const again = resultOf({ ...report, startedAt: '2030-01-01T00:00:00Z' }, resultOf(report, result));
    expect(again.date).to.equal('2030-01-01');
    expect(again.history.map(({ date }) => date)).to.deep.equal([result.date, result.date]);
  });

  it('are ordered by API version, product, version and store', () => {
    const daemon = { ...result.daemon, apiVersion: '1.51', product: 'attestd (standard)', version: '28.5.2+dfsg4' };
    expect(pathOf({ daemon: { ...daemon, store: 'graph driver' } })).to.equal(
      '1.51/attestd-standard/28.5.2-graph-driver.json',
    );
  });

  it('come from whole runs only', () => {
    const run = { ...report.run, profiles: [], features: [], only: [], skip: [], claimed: [] };
    const whole = { ...run, destructive: true, interrupted: false, leftovers: [] };
    const totals = { ...report.totals, error: 0 };
    expect(refusals({ ...report, totals, run: whole })).to.deep.equal([]);
    for (const wrong of [
      { only: ['x'] },
      { claimed: ['x'] },
      { destructive: false },
      { interrupted: true },
      { leftovers: ['x'] },
    ])
      expect(refusals({ ...report, totals, run: { ...whole, ...wrong } }), JSON.stringify(wrong)).to.have.length(1);
    expect(refusals({ ...report, totals: { ...totals, error: 1 }, run: whole })).to.deep.equal(['the suite broke']);
  });

  describe('in a folder', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'attestd-results-'));
    });
    after(() => rmSync(folder, { recursive: true }));

    const write = (path: string, value: unknown): void => {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), JSON.stringify(value));
    };

    it('are read by their paths, and refused when they are none or lie elsewhere', () => {
      write(pathOf(result), result);
      expect([...readResults(folder).keys()]).to.deep.equal([pathOf(result)]);
      for (const [path, value] of [
        ['1.55/other/1-containerd.json', result],
        [pathOf(result), { ...result, more: 1 }],
        [pathOf(result), { ...result, results: [] }],
      ] as const) {
        write(path, value);
        expect(() => readResults(folder))
          .to.throw(AttestdError)
          .with.property('code', 'INVALID_JSON');
        rmSync(join(folder, path));
      }
    });
  });

  it('of the repository are results, each in its place', () => {
    const kept = readResults('results');
    expect(kept.size).to.be.at.least(1);
  });
});

describe('the site of results', () => {
  const worse = {
    ...result,
    daemon: { ...result.daemon, product: 'Other', title: 'Other <1>', version: '1' },
    results: result.results.map((one) => ({ ...one, outcome: 'failed' as const, curl: 'curl -s x' })),
  };
  const files = renderSite([result, worse]);

  it('has an overview, a page for each area and daemon, and badges', () => {
    const names = [...files.keys()];
    expect(names).to.include.members(['index.html', 'area-imageattestations.html']);
    expect(names.filter((name) => name.endsWith('.svg')).length).to.equal(2 * Object.keys(result.profiles).length);
    for (const [name, text] of files) if (name.endsWith('.html')) expect(text, name).to.match(/^<!doctype html>/);
  });

  it('leads from each failure to the line that asks again', () => {
    const [name = '', daemon = ''] = [...files].find(([, text]) => text.includes('<h1>Other &lt;1&gt;</h1>')) ?? [];
    const area = [...files].find(([file]) => file.startsWith('area-'))?.[1] ?? '';
    const id = result.results[0]?.id ?? '';
    expect(area).to.contain(`${name}#${id}`);
    expect(daemon).to.contain(`id="${id}"`);
    expect(daemon).to.contain('curl -s x</pre><button type="button" class="copy">');
  });

  it('loads nothing but its own files', () => {
    for (const [name, text] of files) {
      const targets = [...text.matchAll(/(?:src|href)="([^"#]*)/g)].map(([, target = '']) => target);
      for (const target of targets) if (target !== '') expect(files.has(target), `${name}: ${target}`).to.equal(true);
    }
  });

  it('has badges that say the verdict', () => {
    const text = badge({ ...result, profiles: { containers: 'conformant' } }, 'containers');
    expect(text)
      .to.match(/^<svg /)
      .and.to.contain('>conformant</text>')
      .and.to.contain('#1a6b3c');
    expect(badge(result, 'no-such')).to.contain('not judged');
  });
});
