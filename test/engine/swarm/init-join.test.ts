import { createHash, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import { defaultSettings } from '../../../src/engine/settings.js';
import { swarmInfo } from '../../../src/engine/swarm/info.js';
import { initSwarm, initTypes, joinSwarm } from '../../../src/engine/swarm/init-join.js';
import { inspectSwarm, leaveSwarm } from '../../../src/engine/swarm/swarm.js';
import { decodeJson, type GoType, renderJson } from '../../../src/support/go/json.js';
import { openEngine, refusal, type TestEngine } from '../support.js';

const local = { ListenAddr: '127.0.0.1:2377', AdvertiseAddr: '127.0.0.1' };
const read = <T>(type: GoType<T>, body: object): T => decodeJson(Buffer.from(JSON.stringify(body)), type);

/** What founding is refused with; empty where there was a swarm, which is left again. */
async function found(context: Context, body: object): Promise<readonly [string, string]> {
  const id = await refusal(() => initSwarm(context, read(initTypes.init, { ...local, ...body }))).catch(
    () => context.swarm.current?.node.id,
  );
  if (typeof id === 'object') return id;
  expect(id).to.match(/^[0-9a-z]{25}$/);
  leaveSwarm(context, true);
  return ['', ''];
}
const join = (context: Context, body: object): Promise<readonly [string, string]> =>
  refusal(async () => joinSwarm(context, read(initTypes.join, { ...local, RemoteAddrs: ['127.0.0.1:1'], ...body })));

/** What each request is answered, as dockerd 29.7.2 answered it; nothing where it founded a swarm. */
const founding: readonly (readonly [object, string])[] = [
  [{ ListenAddr: '' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: 'x' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: 'nosuchcard:2377' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: '[::1:2377' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: 'a:b:c' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: '::1' }, 'INVALID_ARGUMENT'],
  [{ ListenAddr: '[::1]' }, ''],
  [{ ListenAddr: '127.0.0.1' }, ''],
  [{ ListenAddr: 'lo:2377' }, ''],
  [{ ListenAddr: ':2377' }, ''],
  [{ ListenAddr: '127.0.0.1:abc' }, 'INTERNAL'],
  [{ ListenAddr: '127.0.0.1:99999' }, 'INTERNAL'],
  [{ AdvertiseAddr: 'x' }, 'INVALID_ARGUMENT'],
  [{ AdvertiseAddr: '0.0.0.0' }, 'INVALID_ARGUMENT'],
  [{ AdvertiseAddr: '[::' }, 'INVALID_ARGUMENT'],
  [{ AdvertiseAddr: '127.0.0.1:abc' }, ''],
  [{ AdvertiseAddr: 'lo' }, ''],
  [{ DataPathAddr: '0.0.0.0' }, 'INVALID_ARGUMENT'],
  [{ DataPathAddr: 'lo:1' }, 'INVALID_ARGUMENT'],
  [{ DataPathPort: 1023 }, 'INTERNAL'],
  [{ DataPathPort: 49152 }, 'INTERNAL'],
  [{ DataPathPort: 1024 }, ''],
  [{ DefaultAddrPool: ['10.0.0.0/8'], SubnetSize: 30 }, 'INTERNAL'],
  [{ DefaultAddrPool: ['10.0.0.0/8'], SubnetSize: 4 }, 'INTERNAL'],
  [{ DefaultAddrPool: ['10.0.0.0/28'] }, 'INTERNAL'],
  [{ DefaultAddrPool: ['10.0.0.1/8'] }, ''],
  [{ SubnetSize: 31 }, ''],
  [{ SubnetSize: 31, DefaultAddrPool: [] }, 'INTERNAL'],
  [{ Availability: 'zz' }, 'INTERNAL'],
  [{ Availability: 'Active' }, ''],
  [{ Spec: { Name: 'zz' }, DataPathPort: 5 }, 'INVALID_ARGUMENT'],
  [{ Spec: { CAConfig: { NodeCertExpiry: 5 } } }, 'INTERNAL'],
  [{ Spec: { CAConfig: { ExternalCAs: [{ Protocol: 'zz' }] } } }, 'INTERNAL'],
  [{ Spec: { CAConfig: { SigningCAKey: 'x' } } }, 'INTERNAL'],
  [{ Spec: { Dispatcher: { HeartbeatPeriod: -1 } } }, 'INTERNAL'],
  [{}, ''],
];

const joining: readonly (readonly [object, string])[] = [
  [{ ListenAddr: '' }, 'INVALID_ARGUMENT'],
  [{ RemoteAddrs: [] }, 'INVALID_ARGUMENT'],
  [{ RemoteAddrs: undefined, ListenAddr: 'x' }, 'INVALID_ARGUMENT'],
  [{ RemoteAddrs: [''] }, 'INVALID_ARGUMENT'],
  [{ DataPathAddr: 'zz', JoinToken: 'x' }, 'INVALID_ARGUMENT'],
  [{ Availability: 'zz', JoinToken: 'x' }, 'INTERNAL'],
  [{ AdvertiseAddr: 'zz', JoinToken: 'x' }, 'INTERNAL'],
  [{ JoinToken: 'x' }, 'INTERNAL'],
  [{ JoinToken: `SWMTKN-1-${'a'.repeat(50)}-${'b'.repeat(25)}` }, 'INTERNAL'],
  [{ JoinToken: `SWMTKN-1-${'0'.repeat(50)}-${'b'.repeat(25)}` }, 'UNAVAILABLE'],
  [{ JoinToken: '' }, 'UNAVAILABLE'],
];

/** What a swarm says of where it is reached, and of its addresses. */
const reached: readonly (readonly [object, string, string])[] = [
  [{}, '127.0.0.1', '127.0.0.1:2377'],
  [{ AdvertiseAddr: 'lo' }, '127.0.0.1', '127.0.0.1:2377'],
  [{ AdvertiseAddr: 'docker0:99' }, '172.17.0.1', '172.17.0.1:99'],
  [{ AdvertiseAddr: '127.0.0.1:abc' }, '127.0.0.1', '127.0.0.1:abc'],
  [{ ListenAddr: ':2378' }, '127.0.0.1', '127.0.0.1:2378'],
  [{ ListenAddr: '[::1]', AdvertiseAddr: '::1' }, '::1', '[::1]:2377'],
  [{ ListenAddr: '[::1]:2379', AdvertiseAddr: '[::1]:5' }, '::1', '[::1]:5'],
  [{ ListenAddr: '0.0.0.0:2377', AdvertiseAddr: '' }, '192.168.65.3', '192.168.65.3:2377'],
];

describe('A swarm', () => {
  let engine: TestEngine;
  before(async () => {
    engine = await openEngine();
  });
  after(() => engine.close());

  it('is refused as a daemon refuses it, where it would, and founded otherwise', async () => {
    for (const [body, code] of founding)
      expect((await found(engine.context, body))[0], JSON.stringify(body)).to.equal(code);
  });

  it('is not joined for the reasons that a daemon would have', async () => {
    for (const [body, code] of joining)
      expect((await join(engine.context, body))[0], JSON.stringify(body)).to.equal(code);
  });

  it('has its data path looked at before its pools, and both before the availability', async () => {
    const all = {
      DataPathAddr: 'zz',
      DataPathPort: 5,
      DefaultAddrPool: ['10.0.0.0/8'],
      SubnetSize: 33,
      Availability: 'zz',
    };
    const why = async (body: object): Promise<string> => (await found(engine.context, body))[1];
    expect(await why(all)).to.match(/^data path address/);
    expect(await why({ ...all, DataPathAddr: '' })).to.match(/^Datapath port number/);
    expect(await why({ ...all, DataPathAddr: '', DataPathPort: 0 })).to.equal('subnet size is out of range: 33');
  });

  it('names the first address that nobody answers at when it is joined', async () => {
    const [, why] = await join(engine.context, { RemoteAddrs: ['127.0.0.1', '127.0.0.1:9'] });
    expect(why).to.match(/dial tcp 127\.0\.0\.1:2377: connect: connection refused/);
  });

  it('is one that a daemon can be in only once, whatever is asked for', async () => {
    const { context } = engine;
    initSwarm(context, read(initTypes.init, local));
    expect(await found(context, { ListenAddr: 'zz' })).to.have.members([
      'UNAVAILABLE',
      'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.',
    ]);
    expect((await join(context, { ListenAddr: 'zz' }))[0]).to.equal('UNAVAILABLE');
    leaveSwarm(context, true);
  });

  it('is reached where it says, or where the card is that it names', () => {
    for (const [body, address, manager] of reached) {
      initSwarm(engine.context, read(initTypes.init, { ...local, ...body }));
      const { NodeAddr, RemoteManagers, NodeID } = swarmInfo(engine.context) as Record<string, unknown>;
      expect([NodeAddr, RemoteManagers], JSON.stringify(body)).to.deep.equal([address, [{ NodeID, Addr: manager }]]);
      leaveSwarm(engine.context, true);
    }
  });

  it('is reached where the daemon was told, when nobody says', async () => {
    for (const [swarmAddress, address] of [
      ['lo', '127.0.0.1'],
      ['10.1.2.3', '10.1.2.3'],
      ['0.0.0.0', undefined],
    ] as const) {
      const other = await openEngine('standard', { settings: { ...defaultSettings, swarmAddress } });
      const act = (): unknown => initSwarm(other.context, read(initTypes.init, { ListenAddr: '0.0.0.0:2377' }));
      if (address === undefined) expect((await refusal(act))[0]).to.equal('INVALID_ARGUMENT');
      else act();
      expect(other.context.swarm.current?.node.data.address).to.equal(address);
      await other.close();
    }
  });

  it('has the settings that it was given, and a daemon’s own for the rest', () => {
    const { context } = engine;
    const inspect = (body: object): Record<string, unknown> => {
      initSwarm(context, read(initTypes.init, { ...local, ...body }));
      const answer = JSON.parse(renderJson(inspectSwarm(context)).toString());
      leaveSwarm(context, true);
      return answer;
    };
    expect(inspect({})).to.deep.include({
      Version: { Index: 10 },
      Spec: {
        Name: 'default',
        Labels: {},
        Orchestration: { TaskHistoryRetentionLimit: 5 },
        Raft: {
          SnapshotInterval: 10000,
          KeepOldSnapshots: 0,
          LogEntriesForSlowFollowers: 500,
          ElectionTick: 10,
          HeartbeatTick: 1,
        },
        Dispatcher: { HeartbeatPeriod: 5_000_000_000 },
        CAConfig: { NodeCertExpiry: 7_776_000_000_000_000 },
        TaskDefaults: {},
        EncryptionConfig: { AutoLockManagers: false },
      },
      RootRotationInProgress: false,
      DefaultAddrPool: ['10.0.0.0/8'],
      SubnetSize: 24,
      DataPathPort: 4789,
    });
    const own = { DefaultAddrPool: ['10.0.0.1/8', '10.1.0.0/16'], DataPathPort: 5000 };
    expect(inspect(own)).to.deep.include({ ...own, SubnetSize: 0 });
    expect(inspect({ ...own, SubnetSize: 26 })).to.have.property('SubnetSize', 26);
    expect(inspect({ SubnetSize: 20 })).to.have.property('SubnetSize', 24);
  });

  it('shows a root that certifies itself, and names its digest in the tokens to join with', () => {
    const { context } = engine;
    initSwarm(context, read(initTypes.init, local));
    const { TLSInfo: tls, JoinTokens: tokens } = JSON.parse(renderJson(inspectSwarm(context)).toString());
    const root = new X509Certificate(tls.TrustRoot);
    expect([root.subject, root.ca, root.verify(root.publicKey)]).to.deep.equal(['CN=swarm-ca', true, true]);
    expect(root.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')).to.equal(tls.CertIssuerPublicKey);
    const digest = BigInt(`0x${createHash('sha256').update(tls.TrustRoot).digest('hex')}`)
      .toString(36)
      .padStart(50, '0');
    for (const token of [tokens.Worker, tokens.Manager])
      expect(token).to.match(new RegExp(`^SWMTKN-1-${digest}-[0-9a-z]{25}$`));
    leaveSwarm(context, true);
  });

  it('is left by its last manager only when that is forced, and then there is none', async () => {
    const { context } = engine;
    expect((await refusal(() => leaveSwarm(context, true)))[0]).to.equal('UNAVAILABLE');
    initSwarm(context, read(initTypes.init, local));
    expect((await refusal(() => leaveSwarm(context, false)))[0]).to.equal('UNAVAILABLE');
    leaveSwarm(context, true);
    expect(swarmInfo(context)).to.have.property('LocalNodeState', 'inactive');
    expect((await refusal(() => inspectSwarm(context)))[0]).to.equal('UNAVAILABLE');
  });
});
