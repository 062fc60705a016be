import { expect } from 'chai';
import { judge, matchOperation } from '../../src/spec/recordings.js';

const exchange = (method: string, path: string, status: number, body = ''): Parameters<typeof judge>[0] => ({
  name: 'x#1',
  method,
  path,
  status,
  contentType: 'application/json',
  body,
  truncated: false,
});
const range = ['1.40', '1.55'] as const;

describe('matching a request with its operation', () => {
  const cases: [string, string, string | undefined][] = [
    ['GET', '/images/json', 'ImageList'],
    ['GET', '/images/a/json', 'ImageInspect'],
    ['GET', '/images/registry.test:5000/a/b/json', 'ImageInspect'],
    ['GET', '/images/a/attestations', 'ImageAttestations'],
    ['GET', '/images/get', 'ImageGetAll'],
    ['GET', '/images/a/b/get', 'ImageGet'],
    ['DELETE', '/images/a/b/attestations', 'ImageDelete'],
    ['HEAD', '/_ping', 'SystemPingHead'],
    ['POST', '/images/a/attestations', undefined],
    ['GET', '/images/a/attestations/', undefined],
  ];
  for (const [method, path, operationId] of cases) {
    it(`takes ${method} ${path} as ${operationId ?? 'nothing'}`, () => {
      expect(matchOperation(method, path)?.operationId).to.equal(operationId);
    });
  }
});

describe('judging an exchange', () => {
  it('reads version, scheme, host and escapes as daemons do', () => {
    for (const path of [
      '/v1.51/images/a%2Fb/json',
      'http://host/v1.51/images/a/b/json?x=1',
      '/v1.51.0/images/a/json',
    ]) {
      const { operationId, outside } = judge(exchange('GET', path, 404, '{"message":"x"}'), range);
      expect([operationId, outside], path).to.deep.equal(['ImageInspect', undefined]);
    }
  });

  it('leaves out versions that the daemon refuses and operations before their time', () => {
    expect(judge(exchange('GET', '/v1.39/_ping', 400), range).outside).to.match(/1\.39/);
    expect(judge(exchange('GET', '/v1.54/images/a/attestations', 400), range).outside).to.match(/1\.55/);
    expect(judge(exchange('GET', '/v1.54/images/a/attestations', 200, '[]'), range).check.violations).to.have.length(1);
  });

  it('checks each line of a stream of events', () => {
    const event = (more: string): string => `{"Action":"pull","Actor":{"ID":"a","Attributes":{}},${more}}`;
    const lines = `${event('"Type":"image"')}\n\u001e${event('"Type":"odd"')}\n${event('"Type":"image","New":1')}\n`;
    const { check } = judge(exchange('GET', '/events', 200, lines), range);
    expect(check.violations.map(({ code }) => code)).to.deep.equal(['enum']);
    expect(check.unknown).to.deep.equal(['/New']);
  });

  it('checks only the status of a body that was recorded in part', () => {
    const part = { ...exchange('GET', '/images/a/json', 200, '{"Id":'), truncated: true };
    expect(judge(part, range).check.violations).to.deep.equal([]);
    expect(judge({ ...part, status: 418 }, range).check.violations.map(({ code }) => code)).to.deep.equal(['status']);
  });
});
