import { expect } from 'chai';
import { SchemaFindings } from '../../src/conformance/schema.js';
import { DescriptionValidator, operationOf } from '../../src/conformance/schema-validator.js';
import { exchange } from './sample.js';

const daemon = { apiVersion: '1.55', minApiVersion: '1.40' };
const found = (...exchanges: ReturnType<typeof exchange>[]) => {
  const findings = new SchemaFindings(new DescriptionValidator(), '1.55');
  for (const one of exchanges) findings.add(one, daemon);
  return findings;
};

describe('checking answers against the description', () => {
  it('finds the operation of a request, names with slashes included', () => {
    expect(operationOf('GET', '/v1.55/images/a/b/c:1/attestations?statement=1')?.operationId).to.equal(
      'ImageAttestations',
    );
    expect(operationOf('GET', '/images/json')?.operationId).to.equal('ImageList');
    expect(operationOf('DELETE', '/v1.55/images/a/b')?.operationId).to.equal('ImageDelete');
    expect(operationOf('GET', '/no/such')).to.equal(undefined);
  });

  it('finds nothing in an answer that fits', () => {
    const findings = found(exchange('[]'), exchange('{"message":"no"}', { status: 404 }));
    expect(findings.list()).to.deep.equal([]);
    expect(findings.checked).to.equal(2);
  });

  it('lists what deviates once for each place, with a count, an example and the first request', () => {
    const body = JSON.stringify(
      [1, 2].map((n) => ({ Descriptor: { mediaType: 'm', digest: 'd', size: n }, PredicateType: n })),
    );
    const [finding, ...more] = found(exchange(body), exchange(body)).list();
    expect(more).to.deep.equal([]);
    expect(finding).to.include({
      kind: 'deviation',
      place: '/*/PredicateType',
      example: '1',
      count: 4,
      operationId: 'ImageAttestations',
    });
    expect(finding?.request).to.equal('GET /v1.55/images/x/attestations');
  });

  it('lists fields that the description does not know apart', () => {
    const body = '[{"Descriptor":{"mediaType":"m","digest":"d","size":1},"PredicateType":"p","Novel":true}]';
    expect(
      found(exchange(body))
        .list()
        .map(({ kind, place }) => [kind, place]),
    ).to.deep.equal([['unknown field', '/*/Novel']]);
  });

  it('lists a status that the description does not have', () => {
    expect(found(exchange('{"message":"x"}', { status: 418 })).list()[0]).to.include({ kind: 'deviation' });
  });

  it('leaves alone what broke off, gRPC, refused versions, and versions above that of the description', () => {
    const odd = exchange('[{"Novel":1}]');
    const findings = found(
      { ...odd, broken: 'reset' },
      { ...odd, method: 'gRPC' },
      { ...odd, version: '1.39' },
      { ...odd, version: '1.56' },
      exchange('', { version: '1.5a', status: 404 }),
    );
    expect(findings.list()).to.deep.equal([]);
    expect(findings.checked).to.equal(0);
  });

  it('keeps the deviations of bodies by operation, and those alone', () => {
    const findings = new SchemaFindings(new DescriptionValidator(), '1.55');
    const body = '[{"Descriptor":null,"PredicateType":1}]';
    for (const one of [exchange(body), exchange(body), exchange('{"message":"x"}', { status: 418 })])
      findings.add(one, daemon, '1.55');
    findings.add({ ...exchange('[1]'), version: '1.54' }, daemon, '1.55');
    const { checked, deviations } = findings.described('ImageAttestations');
    expect(checked).to.equal(3);
    expect(deviations.map(({ place, code }) => [place, code])).to.deep.equal([
      ['/*/Descriptor', 'type'],
      ['/*/PredicateType', 'type'],
    ]);
    expect(findings.described('ImageList')).to.deep.equal({ checked: 0, deviations: [] });
  });
});
