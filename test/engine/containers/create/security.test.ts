import { expect } from 'chai';
import { checkSecurity, writesControlGroups } from '../../../../src/engine/containers/create/security.js';

describe('Security options of a container', () => {
  for (const option of [
    'writable-cgroups',
    'writable-cgroups=0',
    'writable-cgroups=True',
    'no-new-privileges:true',
    'disable',
    'seccomp=x',
    'label=x',
  ])
    it(`may be ${option}`, () => expect(() => checkSecurity([option])).not.to.throw());

  for (const [option, which] of [
    ['writable-cgroups=x', 2],
    ['writable-cgroups:', 2],
    ['no-new-privileges=x', 2],
    ['writeable-cgroups=true', 2],
    ['label', 1],
  ] as const)
    it(`may not be ${option}`, () =>
      expect(() => checkSecurity([option])).to.throw(`invalid --security-opt ${which}: "${option}"`));

  it('let control groups be written to', () => {
    expect(
      ['writable-cgroups', 'writable-cgroups=1', 'writable-cgroups=false'].map((one) => writesControlGroups([one])),
    ).to.deep.equal([true, true, false]);
  });
});
