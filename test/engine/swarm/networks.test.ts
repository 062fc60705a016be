import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import type { DaemonEvent } from '../../../src/engine/events/bus.js';
import { parseFilters } from '../../../src/engine/filters.js';
import { type CreateNetworkRequest, createNetworkType } from '../../../src/engine/networks/network.js';
import {
  createNetwork,
  inspectNetwork,
  listNetworks,
  pruneNetworks,
  removeNetwork,
} from '../../../src/engine/networks/operations.js';
import { leaveSwarm } from '../../../src/engine/swarm/swarm.js';
import { createVolume, inspectVolume, removeVolume } from '../../../src/engine/volumes/operations.js';
import { createVolumeType } from '../../../src/engine/volumes/store.js';
import { decodeJson } from '../../../src/support/go/json.js';
import { openContainers, run } from '../containers/support.js';
import { openEngine, refusal, type TestEngine } from '../support.js';
import { found } from './support.js';

const read = (body: object): CreateNetworkRequest => decodeJson(Buffer.from(JSON.stringify(body)), createNetworkType);

interface Told {
  readonly Id: string;
  readonly Name: string;
  readonly Options: Readonly<Record<string, string>>;
  readonly IPAM: { readonly Config: readonly { readonly Subnet: string; readonly Gateway: string }[] };
}

describe('Networks of a swarm', () => {
  let engine: TestEngine;
  let context: Context;
  beforeEach(async () => {
    engine = await openEngine();
    ({ context } = engine);
  });
  afterEach(() => engine.close());

  const create = (body: object): string =>
    (createNetwork(context, read({ Driver: 'overlay', ...body }), '1.55') as { Id: string }).Id;
  const inspect = (term: string): Told =>
    inspectNetwork(context, term, { apiVersion: '1.55', verbose: '', scope: '' }) as unknown as Told;
  const names = async (filters: object = {}): Promise<string[]> =>
    ((await listNetworks(context, parseFilters(JSON.stringify(filters)))) as unknown as Told[]).map(({ Name }) => Name);
  const refused = async (body: object): Promise<string> => (await refusal(() => create(body)))[0];

  it('are the one for published ports from the beginning, beside a bridge that stays', async () => {
    found(context, { DefaultAddrPool: ['10.20.0.0/16', '30.30.0.0/16'], SubnetSize: 26 });
    expect(inspect('ingress')).to.deep.include({
      Scope: 'swarm',
      Driver: 'overlay',
      Ingress: true,
      IPAM: {
        Driver: 'default',
        Options: null,
        Config: [{ Subnet: '10.20.0.0/26', IPRange: undefined, Gateway: '10.20.0.1', AuxiliaryAddresses: undefined }],
      },
      Options: { 'com.docker.network.driver.overlay.vxlanid_list': '4096' },
    });
    expect(inspect('docker_gwbridge')).to.deep.include({
      Scope: 'local',
      Driver: 'bridge',
      Options: {
        'com.docker.network.bridge.enable_icc': 'false',
        'com.docker.network.bridge.enable_ip_masquerade': 'true',
        'com.docker.network.bridge.name': 'docker_gwbridge',
      },
    });
    create({ Name: 'ov' });
    leaveSwarm(context, true);
    expect(await names()).to.have.members(['bridge', 'host', 'none', 'docker_gwbridge']);
    found(context);
    expect((await names()).filter((name) => name === 'docker_gwbridge')).to.have.length(1);
  });

  it('have ids of a swarm, the next block of its pool, and a number of their own', () => {
    found(context);
    expect(create({ Name: 'ov1', Labels: { a: 'b' } })).to.match(/^[0-9a-z]{25}$/);
    create({ Name: 'ov2', IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] } });
    create({ Name: 'ov3', Options: { encrypted: '' } });
    const parts = ['ov1', 'ov2', 'ov3'].map((name) => {
      const { IPAM, Options } = inspect(name);
      return [IPAM.Config[0]?.Subnet, IPAM.Config[0]?.Gateway, Options];
    });
    const vxlan = 'com.docker.network.driver.overlay.vxlanid_list';
    expect(parts).to.deep.equal([
      ['10.0.1.0/24', '10.0.1.1', { [vxlan]: '4097' }],
      ['10.9.0.0/24', '10.9.0.1', { [vxlan]: '4098' }],
      ['10.0.2.0/24', '10.0.2.1', { [vxlan]: '4099', encrypted: '' }],
    ]);
  });

  it('may have other drivers, which give them no addresses', () => {
    found(context);
    create({ Name: 'b', Driver: 'bridge', Scope: 'swarm' });
    expect(inspect('b')).to.deep.include({
      Scope: 'swarm',
      Driver: 'bridge',
      IPAM: { Driver: '', Options: null, Config: [] },
    });
  });

  it('are refused with the names, drivers and scopes that they cannot have', async () => {
    expect(await refused({ Name: 'ov' })).to.equal('FORBIDDEN');
    found(context);
    create({ Name: 'ov' });
    expect(await refused({ Name: 'ov' })).to.equal('CONFLICT');
    expect(await refused({ Name: 'ov', Driver: '' })).to.equal('CONFLICT');
    expect(await refused({ Name: 'x', Driver: '', Scope: 'swarm' })).to.equal('INVALID_ARGUMENT');
    expect(await refused({ Name: 'x', Ingress: true })).to.equal('ALREADY_EXISTS');
    expect(await refused({ Name: 'x', Driver: '', Ingress: true })).to.equal('FORBIDDEN');
    expect(await refused({ Name: 'x', Scope: 'local' })).to.equal('FORBIDDEN');
    expect(await refused({ Name: 'host' })).to.equal('FORBIDDEN');
  });

  it('are told of by events of the swarm, and pruned but for its own', async () => {
    const events: DaemonEvent[] = [];
    context.events.observe((event) => events.push(event));
    found(context);
    const id = create({ Name: 'ov1' });
    create({ Name: 'ov2' });
    removeNetwork(context, 'ov1');
    const about = events
      .filter(({ actor }) => actor.id === id)
      .map(({ action, scope, actor }) => [action, scope, actor.attributes]);
    expect(about).to.deep.equal(['create', 'update', 'remove'].map((action) => [action, 'swarm', { name: 'ov1' }]));
    expect(await names({ scope: ['swarm'] })).to.have.members(['ingress', 'ov2']);
    expect(await names({ dangling: ['true'] })).to.deep.equal(['ov2']);
    expect(pruneNetworks(context, parseFilters('{}'))).to.deep.equal({ NetworksDeleted: ['ov2'] });
    expect(await names({ driver: ['overlay'] })).to.deep.equal(['ingress']);
  });
});

describe('A container that is no task’s', () => {
  it('starts in those networks of a swarm that say that it may', async () => {
    const engine = await openContainers();
    const { context } = engine;
    found(context);
    createNetwork(context, read({ Name: 'closed', Driver: 'overlay' }), '1.55');
    createNetwork(context, read({ Name: 'open', Driver: 'overlay', Attachable: true }), '1.55');
    const inside = await run(context, { HostConfig: { NetworkMode: 'open' } }, 'inside');
    expect(inside.networks.get('open')?.IPAddress).to.equal('10.0.2.2');
    const labels = { Labels: { 'com.docker.swarm.task.id': 'mine' } };
    for (const more of [{}, labels])
      expect(await refusal(() => run(context, { ...more, HostConfig: { NetworkMode: 'closed' } }))).to.deep.equal([
        'INTERNAL',
        'failed to set up container networking: Could not attach to network closed: ' +
          'rpc error: code = PermissionDenied desc = network closed not manually attachable',
      ]);
    await engine.close();
  });
});

describe('Volumes of a daemon in a swarm', () => {
  it('that are not there are not there in other words, and the swarm has none', async () => {
    const engine = await openEngine();
    const { context } = engine;
    const create = (body: object): unknown =>
      createVolume(context, decodeJson(Buffer.from(JSON.stringify({ Name: 'v1', ...body })), createVolumeType), '1.55');
    const spec = { ClusterVolumeSpec: { AccessMode: { MountVolume: {} } } };
    expect((await refusal(() => create(spec)))[0]).to.equal('UNAVAILABLE');
    found(context);
    const missing = ['NOT_FOUND', 'volume nosuch not found'];
    expect(await refusal(() => inspectVolume(context, 'nosuch'))).to.deep.equal(missing);
    expect(await refusal(() => removeVolume(context, 'nosuch', false))).to.deep.equal(missing);
    removeVolume(context, 'nosuch', true);
    expect((await refusal(() => create({ ClusterVolumeSpec: {} })))[0]).to.equal('INVALID_ARGUMENT');
    expect((await refusal(() => create({ ClusterVolumeSpec: { AccessMode: {} } })))[0]).to.equal('INVALID_ARGUMENT');
    expect((await refusal(() => create(spec)))[0]).to.equal('NOT_IMPLEMENTED');
    create({});
    removeVolume(context, 'v1', false);
    await engine.close();
  });
});
