import { expect } from 'chai';
import { operations } from '../../src/generated/operations.js';
import { validateResponse } from '../../src/spec/index.js';

const inspect = (body: unknown, version?: string): ReturnType<typeof validateResponse> =>
  validateResponse('ImageInspect', 200, body, version);

describe('checking a response', function () {
  this.timeout(60_000);

  it('finds nothing in a body that fits', () => {
    expect(inspect({ Id: 'sha256:00', RepoTags: ['a:1'], Size: 1 })).to.deep.equal({ violations: [], unknown: [] });
  });

  it('names every violation by the place in the body and the keyword that failed', () => {
    const body = {
      Id: 1,
      Manifests: [{ ID: 'x', Descriptor: {}, Available: true, Kind: 'odd', Size: { Total: 'n' } }],
    };
    const found = inspect(body).violations.map(({ pointer, code }) => [pointer, code]);
    expect(found).to.have.deep.members([
      ['/Id', 'type'],
      ['/Manifests/0/Kind', 'enum'],
      ['/Manifests/0/Size/Content', 'required'],
      ['/Manifests/0/Size/Total', 'type'],
    ]);
  });

  it('lists members that the description does not know, outermost first', () => {
    expect(inspect({ Id: 'x', New: { a: 1 }, Config: { Odd: 1, Labels: { any: 'x' } } }).unknown).to.deep.equal([
      '/New',
      '/Config/Odd',
    ]);
  });

  it('accepts null where the description says that it may be, behind a reference too', () => {
    expect(validateResponse('SystemInfo', 200, { GenericResources: null }).violations).to.deep.equal([]);
    expect(validateResponse('ImageHistory', 200, null).violations).to.deep.equal([]);
    expect(inspect({ Descriptor: null }).violations.map((v) => v.code)).to.deep.equal(['type']);
  });

  it('knows only what the API version of the request knew', () => {
    const body = { Id: 'x', Descriptor: { mediaType: 'a/b', digest: 'sha256:00', size: 1 } };
    expect(inspect(body, '1.55').unknown).to.deep.equal([]);
    expect(inspect(body, '1.47').unknown).to.deep.equal(['/Descriptor']);
  });

  it('reports a status that the description lacks, and an operation before its time', () => {
    expect(validateResponse('ImageInspect', 418, {}).violations[0]?.code).to.equal('status');
    expect(validateResponse('ImageAttestations', 200, [], '1.54').violations[0]?.code).to.equal('operation-since');
  });

  it('reports text that is no JSON', () => {
    expect(inspect('{"Id":').violations[0]?.code).to.equal('json');
    expect(inspect('{"Id":"x"}').violations).to.deep.equal([]);
  });

  it('refuses an operation that the description lacks', () => {
    expect(() => validateResponse('Nope', 200, {}))
      .to.throw()
      .with.property('code', 'NOT_FOUND');
  });

  it('can check every response of every operation', () => {
    for (const { operationId, responses } of operations) {
      for (const status of Object.keys(responses)) {
        const check = validateResponse(operationId, Number(status), undefined);
        expect(check.violations, `${operationId} ${status}`).to.be.an('array');
      }
    }
  });
});
