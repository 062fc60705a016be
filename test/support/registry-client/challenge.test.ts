import { expect } from 'chai';
import fc from 'fast-check';
import { parseChallenges } from '../../../src/support/registry-client/challenge.js';

describe('A challenge', () => {
  it('of a token server has its realm, service and scope', () => {
    const value = 'Bearer realm="https://auth.test/token",service="r.test",scope="repository:a/b:pull,push"';
    expect(parseChallenges([value])).to.deep.equal([
      {
        scheme: 'bearer',
        parameters: Object.assign(Object.create(null), {
          realm: 'https://auth.test/token',
          service: 'r.test',
          scope: 'repository:a/b:pull,push',
        }),
      },
    ]);
  });

  it('for bearer tokens comes before basic, however they are sent', () => {
    const schemes = (...values: string[]): string[] => parseChallenges(values).map(({ scheme }) => scheme);
    expect(schemes('Basic realm="x"', 'Bearer realm="y"')).to.deep.equal(['bearer', 'basic']);
    expect(schemes('Basic realm="x", Bearer realm="y",service=z')).to.deep.equal(['bearer', 'basic']);
    expect(schemes('NEGOTIATE')).to.deep.equal(['negotiate']);
  });

  it('is read whatever quoted text it holds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const quoted = text.replace(/[\\"]/g, (c) => `\\${c}`).replace(/[\r\n]/g, ' ');
        const [challenge] = parseChallenges([`Bearer realm="${quoted}"`]);
        expect(challenge?.parameters.realm).to.equal(text.replace(/[\r\n]/g, ' '));
      }),
    );
  });

  it('that is none breaks nothing', () => {
    fc.assert(fc.property(fc.array(fc.string()), (values) => void parseChallenges(values)));
  });

  it('of great length is read in no time to speak of', () => {
    expect(parseChallenges([`Bearer ${'a="'.repeat(1_000_000)}`])).to.be.an('array');
  });
});
