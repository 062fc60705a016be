import { expect } from 'chai';
import { type FeatureName, type Finding, withNeeds } from '../../src/conformance/features.js';
import { decide, everything, matches, type Selection, toProbe } from '../../src/conformance/plan.js';
import { sample } from './sample.js';

const none = new Map<FeatureName, Finding>();
const act = (selection: Partial<Selection>, requirement = sample(), version = '1.55') =>
  decide(requirement, { ...everything, ...selection }, version, none);

describe('the plan', () => {
  it('runs what nothing speaks against', () => {
    expect(act({})).to.deep.equal({ act: 'run' });
  });

  it('skips what --only, --skip, --feature and --profile leave out, and says so', () => {
    for (const selection of [
      { only: ['ImageList'] },
      { skip: ['ImageAttestations.sample'] },
      { features: ['events' as const] },
      { profiles: ['core-1.44' as const] },
    ])
      expect(act(selection))
        .to.include({ act: 'skip' })
        .and.have.property('reason')
        .that.matches(/left out by --/);
  });

  it('runs what --only, --feature and --profile name', () => {
    for (const selection of [
      { only: ['ImageAttestations'] },
      { features: ['attestations' as const] },
      { profiles: ['engine-1.55' as const] },
    ])
      expect(act(selection)).to.deep.equal({ act: 'run' });
  });

  it('skips destructive and hazardous requirements unless they are asked for', () => {
    for (const kind of ['destructive', 'hazardous'] as const) {
      const requirement = sample({ [kind]: true });
      expect(act({}, requirement)).to.include({ act: 'skip' });
      expect(act({ [kind]: true }, requirement)).to.deep.equal({ act: 'run' });
    }
  });

  it('calls unsupported what the API version is too old for, with the version', () => {
    expect(act({}, sample(), '1.51')).to.deep.equal({
      act: 'unsupported',
      reason: 'attestations needs API 1.55, this run has 1.51',
    });
    expect(act({}, sample({ since: '1.56' }))).to.include({ act: 'unsupported' });
  });

  it('compares versions by number', () => {
    expect(act({}, sample({ features: ['engine'], since: '1.9' }), '1.24')).to.deep.equal({ act: 'run' });
  });

  it('calls unsupported what a probe did not find, with its evidence', () => {
    const findings = new Map<FeatureName, Finding>([['attestations', { supported: false, evidence: 'answers 501' }]]);
    expect(decide(sample(), everything, '1.55', findings)).to.deep.equal({
      act: 'unsupported',
      reason: 'attestations: answers 501',
    });
  });

  it('skips what cannot be tried from where the run is made, with the reason', () => {
    const findings = new Map<FeatureName, Finding>([
      ['registry', { supported: false, untried: true, evidence: 'refused' }],
    ]);
    expect(decide(sample({ features: ['distribution'] }), everything, '1.55', findings)).to.deep.equal({
      act: 'skip',
      reason: 'registry: refused',
    });
  });

  it('takes a feature that was asked for as claimed, whatever the probe found', () => {
    const findings = new Map<FeatureName, Finding>([['attestations', { supported: false, evidence: '' }]]);
    expect(decide(sample(), { ...everything, features: ['attestations'] }, '1.55', findings)).to.deep.equal({
      act: 'run',
    });
  });

  it('takes a feature that is claimed as supported, and still runs the others', () => {
    const findings = new Map<FeatureName, Finding>([['attestations', { supported: false, evidence: '' }]]);
    const claiming: Selection = { ...everything, claimed: ['attestations'] };
    expect(decide(sample(), claiming, '1.55', findings)).to.deep.equal({ act: 'run' });
    expect(decide(sample({ features: ['engine'] }), claiming, '1.55', findings)).to.deep.equal({ act: 'run' });
  });

  it('prefers skipped to unsupported: what was left out is not judged', () => {
    expect(act({ skip: ['*'] }, sample(), '1.40')).to.include({ act: 'skip' });
  });

  it('asks for all that a feature needs, and for what that needs', () => {
    expect(withNeeds(['bridge', 'exec'])).to.deep.equal(['images', 'containers', 'networks', 'bridge', 'exec']);
    const findings = new Map<FeatureName, Finding>([['containers', { supported: false, evidence: 'answers 501' }]]);
    expect(decide(sample({ features: ['bridge'] }), everything, '1.55', findings)).to.deep.equal({
      act: 'unsupported',
      reason: 'containers: answers 501',
    });
  });

  it('probes only what a requirement that may run needs', () => {
    const all = [sample(), sample({ id: 'Content.sample', features: ['content'] })];
    expect(toProbe(all, { ...everything, only: ['Content'] }, '1.55')).to.deep.equal(['containerd-store', 'content']);
    expect(toProbe(all, everything, '1.51')).to.deep.equal([]);
  });

  it('matches ids by name, by the part before the dot, and by pattern', () => {
    expect(matches('A.b', 'A.b')).to.equal(true);
    expect(matches('A', 'A.b')).to.equal(true);
    expect(matches('A', 'AB.b')).to.equal(false);
    expect(matches('*.b-*', 'A.b-c')).to.equal(true);
    expect(matches('A.b*', 'Axb')).to.equal(false);
  });
});
