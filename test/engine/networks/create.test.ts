import { expect } from 'chai';
import { createNetworkType } from '../../../src/engine/networks/network.js';
import { createNetwork } from '../../../src/engine/networks/operations.js';
import { decodeJson } from '../../../src/go/json.js';
import { openEngine, refusal, type TestEngine } from '../support.js';

describe('Making a network', () => {
  let engine: TestEngine;

  before(async () => {
    engine = await openEngine();
  });

  after(() => engine.close());

  const make = (request: object): ReturnType<typeof createNetwork> =>
    createNetwork(engine.context, decodeJson(Buffer.from(JSON.stringify(request)), createNetworkType), '1.55');

  const refused: readonly (readonly [request: object, code: string])[] = [
    [{ Ingress: true }, 'FORBIDDEN'],
    [{ Scope: 'swarm' }, 'FORBIDDEN'],
    [{ ConfigFrom: { Network: 'nosuch' } }, 'NOT_FOUND'],
    [{ IPAM: { Driver: 'x' } }, 'NOT_FOUND'],
    [{ EnableIPv4: false }, 'INVALID_ARGUMENT'],
    [{ IPAM: { Config: [{ Gateway: '10.98.0.1' }] } }, 'INVALID_ARGUMENT'],
  ];
  for (const [request, code] of refused)
    it(`is refused for ${JSON.stringify(request)}`, async () => {
      expect((await refusal(() => make({ Name: 'n', ...request })))[0]).to.equal(code);
    });

  it('of a configuration alone has no driver', () => {
    make({ Name: 'configuration', ConfigOnly: true });
    expect(engine.context.networks.resolve('configuration').driver).to.equal('null');
    expect(() => make({ Name: 'n', ConfigFrom: { Network: 'configuration' } })).not.to.throw();
  });
});
