import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeReport } from '../../../src/conformance/report/model.js';
import { readReport, reportViolations } from '../../../src/conformance/report/read.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { sampleContext, sampleRun } from '../sample.js';

describe('a JSON report', () => {
  const whole = (): Record<string, unknown> => JSON.parse(JSON.stringify(makeReport(sampleRun(), sampleContext)));

  it('is valid by the packaged schema', () => {
    expect(reportViolations(whole())).to.deep.equal([]);
  });

  it('is not valid with a member that the schema does not know, or without one that it demands', () => {
    expect(reportViolations({ ...whole(), more: 1 })).to.have.length(1);
    const { totals: _, ...without } = whole();
    expect(reportViolations(without)).to.have.length(1);
    expect(reportViolations({ ...whole(), reportVersion: '2.0' })).to.have.length(1);
    expect(reportViolations(null)).to.not.be.empty;
  });

  it('is read from a file, and refused with the place of what is wrong', () => {
    const folder = mkdtempSync(join(tmpdir(), 'attestd-report-'));
    try {
      const file = join(folder, 'a.json');
      writeFileSync(file, JSON.stringify(whole()));
      expect(readReport(file).results).to.have.length(8);
      writeFileSync(file, JSON.stringify({ ...whole(), durationMs: 'long' }));
      expect(() => readReport(file))
        .to.throw(AttestdError, '/durationMs')
        .with.property('code', 'INVALID_JSON');
      writeFileSync(file, '{');
      expect(() => readReport(file))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_JSON');
      expect(() => readReport(join(folder, 'none')))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
