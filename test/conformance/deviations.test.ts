import { expect } from 'chai';
import { catalogue } from '../../src/conformance/catalogue.js';
import {
  isExpired,
  knownAs,
  loadDeviations,
  parseDeviations,
  readDeviations,
} from '../../src/conformance/deviations.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

const daemon = (product: string, version: string, store: 'containerd' | 'graph driver' = 'containerd') => ({
  product,
  version,
  store,
});
const whole = { requirement: 'A.b', description: 'd', behaviour: 'b', actual: 'a', evidence: 'e' };
const key = { products: ['dockerd'], versions: ['28.5.*'], stores: ['graph driver'] };
const file = (deviation: object, about: object | undefined = key) =>
  JSON.stringify({ ...(about && { daemon: about }), deviations: [deviation] });

describe('known deviations', () => {
  for (const version of ['28.5.2+dfsg4', '29.7.2', '30.0.0-dev'])
    it(`of dockerd ${version} name requirements of the catalogue`, () => {
      const known = loadDeviations(daemon('dockerd', version));
      expect(known).to.not.be.empty;
      for (const { requirement } of known) expect(catalogue.map(({ id }) => id)).to.include(requirement);
    });

  it('are recognised by what the daemon did, so that another failure is none', () => {
    const known = loadDeviations(daemon('dockerd', '29.7.2'));
    const failure = {
      message: 'm',
      expected: 'an array',
      actual: '{"message":"json: error calling MarshalJSON for x"}',
    };
    expect(knownAs(failure, 'ImageAttestations.not-json-asked', known)).to.include({
      requirement: 'ImageAttestations.not-json-asked',
    });
    expect(knownAs({ ...failure, actual: '404' }, 'ImageAttestations.not-json-asked', known)).to.equal(undefined);
    expect(knownAs(failure, 'ImageAttestations.not-json-listed', known)).to.equal(undefined);
  });

  it('are those of the product, the version and the store', () => {
    const own = [parseDeviations(file(whole), 'x')];
    const of = (...about: Parameters<typeof daemon>) =>
      loadDeviations(daemon(...about), own).includes(own[0]?.deviations[0] as never);
    expect(of('dockerd', '28.5.2', 'graph driver')).to.equal(true);
    expect(of('dockerd', '28.5.2', 'containerd')).to.equal(false);
    expect(of('dockerd', '28.6.0', 'graph driver')).to.equal(false);
    expect(of('Podman', '28.5.2', 'graph driver')).to.equal(false);
    expect(loadDeviations(daemon('Podman', '5.8.6'))).to.deep.equal([]);
    const any = [parseDeviations(JSON.stringify({ deviations: [whole] }), 'x')];
    expect(loadDeviations(daemon('Podman', '5.8.6'), any)).to.deep.equal([whole]);
  });

  it('may have a last day', () => {
    const [deviation = whole] = parseDeviations(file({ ...whole, until: '2027-06-30' }), 'x').deviations;
    expect(isExpired(deviation, new Date('2027-06-30T23:59:59Z'))).to.equal(false);
    expect(isExpired(deviation, new Date('2027-07-01T00:00:00Z'))).to.equal(true);
    expect(isExpired(whole, new Date('2099-01-01T00:00:00Z'))).to.equal(false);
  });

  it('need a description, a behaviour and evidence', () => {
    expect(parseDeviations(file(whole), 'x').deviations).to.deep.equal([whole]);
    for (const bad of [
      file({ ...whole, evidence: '' }),
      file({ ...whole, more: 1 }),
      file({ ...whole, actual: '(' }),
      file({ ...whole, until: 'soon' }),
      file(whole, { products: [], versions: ['1'] }),
      file(whole, { products: ['dockerd'] }),
      file(whole, { ...key, api: '1.55' }),
      '{}',
      '[',
      'null',
    ])
      expect(() => parseDeviations(bad, 'x'), bad)
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
    expect(() => readDeviations('/nowhere/at/all'))
      .to.throw(AttestdError)
      .with.property('code', 'INVALID_ARGUMENT');
  });
});
