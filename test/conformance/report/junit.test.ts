import { expect } from 'chai';
import { renderJunit } from '../../../src/conformance/report/junit.js';
import { makeReport } from '../../../src/conformance/report/model.js';
import { xml } from '../../../src/support/foundation/markup.js';
import { sampleContext, sampleRun } from '../sample.js';

describe('a JUnit report', () => {
  const text = renderJunit(makeReport(sampleRun(), sampleContext));

  it('has one failure, one error, and everything else that did not pass as skipped', () => {
    expect(text.match(/<failure /g)).to.have.length(1);
    expect(text.match(/<error /g)).to.have.length(1);
    expect(text.match(/<skipped /g)).to.have.length(5);
    expect(text.match(/<testcase /g)).to.have.length(8);
  });

  it('counts them in the suite', () => {
    expect(text).to.include('<testsuite name="ImageAttestations" tests="8" failures="1" errors="1" skipped="5"');
  });

  it('escapes what XML does not allow', () => {
    expect(text).to.not.include('\u0007');
    expect(text).to.include('500 &lt;b&gt;&amp;&quot;quoted&quot;&lt;/b&gt;\\u{7}');
    expect(xml.escape('a\ud800b')).to.equal('a\\u{d800}b');
  });
});
