import { expect } from 'chai';
import { catalogue } from '../../../src/conformance/catalogue.js';
import { listRequirements, renderCatalogue } from '../../../src/conformance/report/list.js';
import { cell, code, renderMarkdown } from '../../../src/conformance/report/markdown.js';
import { makeReport } from '../../../src/conformance/report/model.js';
import { renderTerminal } from '../../../src/conformance/report/terminal.js';
import { sampleContext, sampleRun } from '../sample.js';

const report = makeReport(sampleRun(), sampleContext);

describe('a report as text', () => {
  const text = renderTerminal(report);

  it('shows each failure with request, response and expectation', () => {
    expect(text).to.include('MUST ImageAttestations.b-failed');
    expect(text).to.include('expected  200');
    expect(text).to.include('> GET /v1.55/images/x/attestations');
    expect(text).to.include('api/swagger.yaml#/paths/~1images~1{name}~1attestations/get');
  });

  it('keeps known deviations, failed SHOULD and suite errors apart', () => {
    const sections = text.split('\n').filter((line) => /^[a-z].*:$/.test(line));
    expect(sections).to.deep.equal(['suite errors:', 'failed MUST:', 'failed SHOULD:', 'known deviations:']);
  });

  it('gives the evidence for what is unsupported, a verdict for each profile, and the totals', () => {
    expect(text).to.include('unsupported statements: no Statements');
    for (const { name } of report.profiles) expect(text).to.include(`  ${name}`);
    expect(text).to.include(
      '1 passed, 3 failed, 1 blocked, 1 skipped, 1 unsupported, 1 error (1 known deviation among the failed)',
    );
  });
});

describe('a report as Markdown', () => {
  const lines = renderMarkdown(report).split('\n');

  it('has tables whose rows have the columns of their heads', () => {
    const cells = (line: string): number => line.replace(/\\./g, '').split('|').length;
    lines.forEach((line, i) => {
      if (line.startsWith('|') && lines[i - 1]?.startsWith('|'))
        expect(cells(line), line).to.equal(cells(lines[i - 1] ?? ''));
    });
  });

  it('lets no text of a daemon become markup', () => {
    expect(cell('<b>|x\ny\\')).to.equal('&lt;b>\\|x y\\\\');
    expect(code('a`b``c|')).to.equal('```a`b``c\\|```');
    expect(code('`a')).to.equal('`` `a ``');
  });
});

describe('the list of requirements', () => {
  it('has every requirement as data and as a document', () => {
    expect(listRequirements(catalogue)).to.have.length(catalogue.length);
    expect(listRequirements(catalogue)[0]).to.not.have.property('check');
    const document = renderCatalogue(catalogue);
    for (const { id } of catalogue) expect(document).to.include(`\`${id.slice(id.indexOf('.') + 1)}\``);
  });
});
