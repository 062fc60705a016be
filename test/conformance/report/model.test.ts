import { expect } from 'chai';
import { everything } from '../../../src/conformance/plan.js';
import type { ProfileName } from '../../../src/conformance/profiles.js';
import { exitCode, makeReport } from '../../../src/conformance/report/model.js';
import { sample, sampleContext, sampleRun } from '../sample.js';

const passed = { requirement: sample(), outcome: 'passed' as const, reason: '', exchanges: [], durationMs: 1 };
const failure = { message: 'm', expected: 'e', actual: 'a' };
const deviation = {
  requirement: 'ImageAttestations.sample',
  description: 'd',
  behaviour: 'b',
  actual: 'a',
  evidence: 'e',
};
const of = (...results: ReturnType<typeof sampleRun>['results']) => makeReport(sampleRun({ results }), sampleContext);

describe('a report', () => {
  it('counts each outcome once', () => {
    const report = makeReport(sampleRun(), sampleContext);
    expect(report.totals).to.deep.equal({ passed: 1, failed: 3, blocked: 1, skipped: 1, unsupported: 1, error: 1 });
    expect(report.knownDeviations).to.equal(1);
  });

  it('gives exit code 0 when every MUST passed', () => {
    expect(exitCode(of(passed), false)).to.equal(0);
    expect(
      exitCode(of(passed, { ...passed, requirement: sample({ level: 'SHOULD' }), outcome: 'failed', failure }), true),
    ).to.equal(0);
  });

  it('gives exit code 1 when a MUST failed', () => {
    expect(exitCode(of(passed, { ...passed, outcome: 'failed', failure }), false)).to.equal(1);
  });

  it('gives exit code 1 for a known deviation only when strict', () => {
    const report = of({ ...passed, outcome: 'failed', failure, deviation });
    expect(exitCode(report, false)).to.equal(0);
    expect(exitCode(report, true)).to.equal(1);
  });

  it('gives exit code 1 for a MUST that a failed MUST blocks, and 0 for one that a failed SHOULD blocks', () => {
    const blocked = { ...passed, outcome: 'blocked' as const, failure, blockedBy: 'ImageLoad.image' };
    const load = sample({ id: 'ImageLoad.image' });
    const should = sample({ id: 'ImageLoad.image', level: 'SHOULD' });
    expect(exitCode(of(blocked), false)).to.equal(1);
    expect(exitCode(of(blocked, { ...passed, requirement: load, outcome: 'failed', failure }), false)).to.equal(1);
    expect(exitCode(of(blocked, { ...passed, requirement: should, outcome: 'failed', failure }), false)).to.equal(0);
    expect(exitCode(of({ ...blocked, deviation }), false)).to.equal(0);
  });

  it('gives exit code 1 when a profile that was asked for is not supported, or only in part', () => {
    const asked = (...profiles: ProfileName[]) => {
      const selection = { ...everything, profiles };
      return exitCode(makeReport(sampleRun({ results: [passed], selection }), sampleContext), false);
    };
    expect(asked()).to.equal(0);
    expect(asked('attestd-experimental')).to.equal(1);
    expect(asked('engine-1.55')).to.equal(1);
  });

  it('gives exit code 3 when the suite broke or was interrupted', () => {
    expect(exitCode(of({ ...passed, outcome: 'error', failure }), false)).to.equal(3);
    expect(exitCode(makeReport(sampleRun({ results: [passed], interrupted: true }), sampleContext), false)).to.equal(3);
  });

  it('calls a profile not conformant for a failed MUST, but not for a failed SHOULD or a known deviation', () => {
    const findings = new Map(
      (
        [
          'engine',
          'images',
          'containerd-store',
          'events',
          'list-manifests',
          'inspect-manifests',
          'platforms',
          'inspect-platform',
          'delete-platforms',
          'event-formats',
          'attestations',
        ] as const
      ).map((name) => [name, { supported: true, evidence: '' }] as const),
    );
    const verdict = (...results: ReturnType<typeof sampleRun>['results']) =>
      makeReport(sampleRun({ results, findings }), sampleContext).profiles.find(({ name }) => name === 'engine-1.55')
        ?.verdict;
    expect(verdict(passed)).to.equal('conformant');
    expect(verdict(passed, { ...passed, outcome: 'failed', failure })).to.equal('not conformant');
    expect(
      verdict(passed, { ...passed, requirement: sample({ level: 'SHOULD' }), outcome: 'failed', failure }),
    ).to.equal('conformant');
    expect(verdict(passed, { ...passed, outcome: 'failed', failure, deviation })).to.equal(
      'conformant but for known deviations',
    );
    expect(verdict(passed, { ...passed, outcome: 'skipped', reason: 'left out' })).to.equal('partial');
    expect(verdict(passed, { ...passed, outcome: 'error', failure })).to.equal('error');
  });

  it('calls a profile unsupported when the daemon lacks a core feature or the API version', () => {
    const profileOf = (more: object, wanted: string) =>
      makeReport(sampleRun({ results: [passed], ...more }), sampleContext).profiles.find(({ name }) => name === wanted)
        ?.verdict;
    expect(profileOf({}, 'attestd-experimental')).to.equal('unsupported');
    expect(profileOf({ apiVersion: '1.51' }, 'engine-1.55')).to.equal('unsupported');
  });

  it('calls a profile partial when its core was not looked at', () => {
    const report = makeReport(sampleRun({ results: [], findings: new Map() }), sampleContext);
    expect(new Set(report.profiles.map(({ verdict }) => verdict))).to.deep.equal(new Set(['partial']));
  });

  it('keeps text bodies as text and others as base64', () => {
    const [text, binary] = makeReport(sampleRun(), sampleContext).results[1]?.exchanges ?? [];
    expect(text).to.include({ bodyEncoding: 'utf8', body: '{"message":"</script><b>"}' });
    expect(binary).to.include({ bodyEncoding: 'base64', body: '//4AAQ==', bodyBytes: 4 });
  });
});
