import { expect } from 'chai';
import { operations } from '../../src/generated/operations.js';
import { validateResponse } from '../../src/spec/index.js';

/** The members that every inspected image has. */
const image = {
  Id: 'sha256:00',
  RepoTags: ['a:1'],
  RepoDigests: [],
  Config: {},
  Architecture: 'amd64',
  Os: 'linux',
  Size: 1,
  RootFS: {},
  Metadata: {},
};

const inspect = (body: unknown, version?: string): ReturnType<typeof validateResponse> =>
  validateResponse('ImageInspect', 200, body, version);

describe('checking a response', function () {
  this.timeout(60_000);

  it('finds nothing in a body that fits', () => {
    expect(inspect(image)).to.deep.equal({ violations: [], unknown: [] });
  });

  it('names every violation by the place in the body and the keyword that failed', () => {
    const body = {
      ...image,
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

  it('misses what daemons always send', () => {
    const { Os: _, ...without } = image;
    expect(inspect(without).violations.map(({ pointer, code }) => [pointer, code])).to.deep.equal([
      ['/Os', 'required'],
    ]);
  });

  it('lists members that the description does not know, outermost first', () => {
    expect(inspect({ New: { a: 1 }, ...image, Config: { Odd: 1, Labels: { any: 'x' } } }).unknown).to.deep.equal([
      '/New',
      '/Config/Odd',
    ]);
  });

  it('accepts null where the description says that it may be, behind a reference too', () => {
    expect(validateResponse('VolumeList', 200, { Volumes: [], Warnings: null }).violations).to.deep.equal([]);
    expect(validateResponse('ImageHistory', 200, null).violations).to.deep.equal([]);
    expect(inspect({ ...image, Descriptor: null }).violations.map((v) => v.code)).to.deep.equal(['type']);
  });

  it('knows only what the API version of the request knew', () => {
    const body = { ...image, Descriptor: { mediaType: 'a/b', digest: 'sha256:00', size: 1 } };
    expect(inspect(body, '1.55').unknown).to.deep.equal([]);
    expect(inspect(body, '1.47').unknown).to.deep.equal(['/Descriptor']);
  });

  it('reports a status that the description lacks, and an operation before its time', () => {
    expect(validateResponse('ImageInspect', 418, {}).violations[0]?.code).to.equal('status');
    expect(validateResponse('ImageAttestations', 200, [], '1.54').violations[0]?.code).to.equal('operation-since');
  });

  it('reports text that is no JSON', () => {
    expect(inspect('{"Id":').violations[0]?.code).to.equal('json');
    expect(inspect(JSON.stringify(image)).violations).to.deep.equal([]);
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
