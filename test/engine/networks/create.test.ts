import { expect } from 'chai';
import { pruneContainers } from '../../../src/engine/containers/prune.js';
import { type Filters, parseFilters } from '../../../src/engine/filters.js';
import { createNetworkType } from '../../../src/engine/networks/network.js';
import {
  createNetwork,
  inspectNetwork,
  listNetworks,
  pruneNetworks,
  removeNetwork,
} from '../../../src/engine/networks/operations.js';
import { decodeJson } from '../../../src/support/go/json.js';
import { openEngine, refusal, type TestEngine } from '../support.js';

const bridge = 'com.docker.network.bridge.';
const mtu = 'com.docker.network.driver.mtu';

describe('Making a network', () => {
  let engine: TestEngine;

  before(async () => {
    engine = await openEngine();
  });

  after(() => engine.close());

  const make = (request: object): ReturnType<typeof createNetwork> =>
    createNetwork(engine.context, decodeJson(Buffer.from(JSON.stringify(request)), createNetworkType), '1.55');

  const pruned = (filters: Filters): unknown =>
    (pruneNetworks(engine.context, filters) as { NetworksDeleted: unknown }).NetworksDeleted;

  it('takes any word for its scope, and tells it again', async () => {
    make({ Name: 'scoped', Scope: 'odd' });
    const { Scope: scope } = inspectNetwork(engine.context, 'scoped', {
      apiVersion: '1.55',
      verbose: '',
      scope: '',
    }) as {
      Scope: string;
    };
    expect(scope).to.equal('odd');
    expect(await listNetworks(engine.context, parseFilters('{"scope":["odd"]}'))).to.have.length(1);
    removeNetwork(engine.context, 'scoped');
  });

  it('of no address in particular gets the next free block, of the size that it says', async () => {
    const subnet = (wanted: string): string => {
      make({ Name: 'any', IPAM: { Config: [{ Subnet: wanted }] } });
      const [pool] = engine.context.networks.resolve('any').pools;
      removeNetwork(engine.context, 'any');
      return pool?.subnet ?? '';
    };
    expect(subnet('0.0.0.0/0')).to.equal('172.18.0.0/16');
    expect(subnet('0.0.0.0/24')).to.equal('172.18.0.0/24');
    expect(await refusal(() => subnet('0.0.0.0/8'))).to.deep.equal(['INVALID_ARGUMENT', 'invalid address pool']);
  });

  const refused: readonly (readonly [request: object, code: string])[] = [
    [{ Ingress: true }, 'FORBIDDEN'],
    [{ Scope: 'swarm' }, 'FORBIDDEN'],
    [{ ConfigFrom: { Network: 'nosuch' } }, 'NOT_FOUND'],
    [{ IPAM: { Driver: 'x' } }, 'NOT_FOUND'],
    [{ EnableIPv4: false }, 'INVALID_ARGUMENT'],
    [{ IPAM: { Config: [{ Gateway: '10.98.0.1' }] } }, 'INVALID_ARGUMENT'],
    [{ IPAM: { Config: [{ IPRange: '10.98.0.0/25' }] } }, 'INVALID_ARGUMENT'],
    [{ IPAM: { Config: [{ Subnet: '10.1.0.0/16', Gateway: '10.1.0.0' }] } }, 'INTERNAL'],
    [{ IPAM: { Config: [{ Subnet: '10.1.0.0/16', Gateway: '10.1.255.255' }] } }, 'INTERNAL'],
    [{ IPAM: { Config: [{ Subnet: '10.1.0.0/16', AuxiliaryAddresses: { a: '10.1.0.1' } }] } }, 'INTERNAL'],
    [{ IPAM: { Config: [{ Subnet: '10.1.0.0/16' }, { Subnet: '10.1.0.0/24' }] } }, 'FORBIDDEN'],
    [{ IPAM: { Config: [{ Subnet: '10.1.0.0/16' }, { Subnet: '10.2.0.0/16' }] } }, 'FORBIDDEN'],
    [{ IPAM: { Driver: 'null' } }, 'INVALID_ARGUMENT'],
    [{ Options: { [`${bridge}enable_icc`]: 'zz' } }, 'INVALID_ARGUMENT'],
    [{ Options: { [`${bridge}host_binding_ipv4`]: 'zz' } }, 'INVALID_ARGUMENT'],
    [{ Options: { [`${bridge}gateway_mode_ipv4`]: '' } }, 'INVALID_ARGUMENT'],
    [{ Options: { [`${bridge}gateway_mode_ipv4`]: 'isolated' } }, 'INTERNAL'],
    [{ Options: { [mtu]: 'zz' } }, 'INVALID_ARGUMENT'],
    [{ Options: { [mtu]: '-1' } }, 'INVALID_ARGUMENT'],
    [{ Options: { [mtu]: '99999' } }, 'INTERNAL'],
    [{ Options: { [`${bridge}name`]: 'docker0' } }, 'FORBIDDEN'],
    [{ Options: { [`${bridge}name`]: 'lo' } }, 'INTERNAL'],
    [{ Options: { [`${bridge}name`]: 'waytoolonganame1' } }, 'INTERNAL'],
    [{ Options: { 'com.docker.network.enable_ipv6': 'zz' } }, 'INVALID_ARGUMENT'],
    [{ ConfigOnly: true, Internal: true }, 'FORBIDDEN'],
    [{ ConfigOnly: true, ConfigFrom: { Network: 'nosuch' } }, 'FORBIDDEN'],
    [{ Driver: 'macvlan', Options: { macvlan_mode: 'zz', parent: 'lo' } }, 'INTERNAL'],
    [{ Driver: 'macvlan', Options: { parent: 'lo' } }, 'INTERNAL'],
    [{ Driver: 'macvlan', Options: { parent: 'nosuch' } }, 'INTERNAL'],
    [{ Driver: 'macvlan', Options: { parent: 'nosuch.10' } }, 'INTERNAL'],
    [{ Driver: 'macvlan', Options: { parent: 'docker0.5000' } }, 'INTERNAL'],
    [{ Driver: 'macvlan', Options: { parent: 'docker0.x' } }, 'INTERNAL'],
    [{ Driver: 'ipvlan', Options: { ipvlan_mode: 'zz' } }, 'INTERNAL'],
    [{ Driver: 'ipvlan', Options: { ipvlan_flag: 'zz' } }, 'INTERNAL'],
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

  const config = (name: string): unknown => {
    const shown = inspectNetwork(engine.context, name, { apiVersion: '1.55', verbose: '', scope: '' });
    return (shown as { IPAM?: { Config?: unknown } }).IPAM?.Config;
  };

  it('gives the gateway the first address of the range, and small subnets whole', () => {
    make({ Name: 'ranged', IPAM: { Config: [{ Subnet: '10.41.0.0/16', IPRange: '10.41.4.0/24' }] } });
    expect(config('ranged')).to.have.nested.property('[0].Gateway', '10.41.4.0');
    make({ Name: 'pair', IPAM: { Config: [{ Subnet: '10.42.0.0/31' }] } });
    expect(config('pair')).to.have.nested.property('[0].Gateway', '10.42.0.0');
  });

  it('has no gateway that nobody asked for with macvlan and where a bridge is isolated', () => {
    make({ Name: 'vlan', Driver: 'macvlan', Options: { parent: 'eth0' } });
    expect(config('vlan')).not.to.have.nested.property('[0].Gateway', '172.18.0.1');
    make({ Name: 'alone', Internal: true, Options: { [`${bridge}gateway_mode_ipv4`]: 'isolated' } });
    expect(engine.context.networks.resolve('alone').pools[0]?.gateway).to.equal('');
    expect(engine.context.networks.resolve('alone').pools[0]?.take()).to.match(/\.0\.1$/);
  });

  it('takes subnets, options and labels from a configuration network, which then stays', async () => {
    const lent = { Options: { [mtu]: '1300' }, Labels: { x: 'y' } };
    make({ Name: 'lender', ConfigOnly: true, ...lent, IPAM: { Config: [{ Subnet: '10.77.0.0/24' }] } });
    make({ Name: 'borrower', ConfigFrom: { Network: 'lender' } });
    expect(config('borrower')).to.have.nested.property('[0].Subnet', '10.77.0.0/24');
    const { options, labels } = engine.context.networks.resolve('borrower');
    expect({ options, labels }).to.deep.equal({ options: lent.Options, labels: lent.Labels });
    expect((await refusal(() => removeNetwork(engine.context, 'lender')))[0]).to.equal('FORBIDDEN');
    const own = { Name: 'further', ConfigFrom: { Network: 'lender' } };
    expect((await refusal(() => make({ ...own, Options: { x: 'y' } })))[0]).to.equal('FORBIDDEN');
    expect((await refusal(() => make({ ...own, Labels: { x: 'y' } })))[0]).to.equal('FORBIDDEN');
    removeNetwork(engine.context, 'borrower');
    removeNetwork(engine.context, 'lender');
  });

  it('is listed by labels that it has, pruned also by those that it has not', async () => {
    const without = parseFilters('{"label!":["x"]}');
    const refused = await refusal(() => listNetworks(engine.context, without));
    expect(refused).to.deep.equal(['INVALID_ARGUMENT', "invalid filter 'label!'"]);
    make({ Name: 'idle' });
    expect(pruned(without)).to.include('idle');
  });

  it('is pruned whenever it was made where no time is named, which containers are not', async () => {
    const untimed = parseFilters('{"until":[]}');
    expect((await refusal(() => pruneContainers(engine.context, untimed)))[0]).to.equal('INVALID_ARGUMENT');
    make({ Name: 'idle' });
    expect(pruned(untimed)).to.include('idle');
  });

  it('takes the families from its options where nothing else is said', () => {
    const option = { 'com.docker.network.enable_ipv6': 'true' };
    make({ Name: 'both', Options: option });
    expect(engine.context.networks.resolve('both').pools).to.have.length(2);
    make({ Name: 'one', EnableIPv6: false, Options: option });
    expect(engine.context.networks.resolve('one').pools).to.have.length(1);
    expect(engine.context.networks.resolve('one').options).to.deep.equal({});
  });

  it('has no more subnets and addresses than are looked at in one go', async () => {
    const subnets = (count: number): object[] =>
      Array.from({ length: count }, (_, i) => ({ Subnet: `10.9.${i}.0/24` }));
    const others = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`a${i}`, `fd00:9::1:${i.toString(16)}`]));
    for (const Config of [subnets(65), [{ Subnet: 'fd00:9::/64', AuxiliaryAddresses: others }]]) {
      const [code] = await refusal(() => make({ Name: 'many', Driver: 'macvlan', EnableIPv6: true, IPAM: { Config } }));
      expect(code).to.equal('INVALID_ARGUMENT');
    }
  });
});
