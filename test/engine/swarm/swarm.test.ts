import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import { parseFilters } from '../../../src/engine/filters.js';
import { configKind, secretKind } from '../../../src/engine/swarm/content-kind.js';
import { listContents } from '../../../src/engine/swarm/contents.js';
import { listNodes } from '../../../src/engine/swarm/nodes.js';
import { serviceSpecType } from '../../../src/engine/swarm/service-spec.js';
import { listServices, updateService } from '../../../src/engine/swarm/services.js';
import { type SwarmSpec, swarmSpecType } from '../../../src/engine/swarm/spec.js';
import { inspectSwarm, type Rotation, unlockKey, unlockSwarm, updateSwarm } from '../../../src/engine/swarm/swarm.js';
import { listTasks } from '../../../src/engine/swarm/tasks.js';
import { decodeJson, renderJson } from '../../../src/support/go/json.js';
import { openEngine, refusal, type TestEngine } from '../support.js';
import { found } from './support.js';

const nothing: Rotation = { worker: false, manager: false, unlockKey: false };
const read = (body: object): SwarmSpec => decodeJson(Buffer.from(JSON.stringify(body)), swarmSpecType);

describe('A daemon in no swarm', () => {
  it('looks at filters, and whose credentials an update takes, before it says so', async () => {
    const { context, close } = await openEngine();
    const filters = parseFilters('{"bogus":["x"]}');
    for (const list of [
      () => listNodes(context, filters),
      () => listServices(context, filters, false),
      () => listContents(context, secretKind, filters),
      () => listContents(context, configKind, filters),
    ])
      expect(await refusal(list)).to.deep.equal(['INVALID_ARGUMENT', "invalid filter 'bogus'"]);
    expect((await refusal(() => listTasks(context, filters)))[0]).to.equal('UNAVAILABLE');
    const how = { version: 1, rollback: '', registryAuthFrom: 'x' };
    const spec = decodeJson(Buffer.from('{}'), serviceSpecType);
    expect((await refusal(() => updateService(context, 'x', spec, how)))[0]).to.equal('INVALID_ARGUMENT');
    await close();
  });
});

describe('An update of a swarm', () => {
  let engine: TestEngine;
  let context: Context;
  beforeEach(async () => {
    engine = await openEngine();
    ({ context } = engine);
    found(context);
  });
  afterEach(() => engine.close());

  const swarm = () => JSON.parse(renderJson(inspectSwarm(context)).toString());
  const update = (spec: object, rotation: Partial<Rotation> = {}, version = swarm().Version.Index): void =>
    updateSwarm(context, version, read(spec), { ...nothing, ...rotation });

  it('replaces the whole specification, and what it does not say is nothing', () => {
    update({});
    expect(swarm().Spec).to.deep.equal({
      Name: 'default',
      Labels: {},
      Orchestration: { TaskHistoryRetentionLimit: 0 },
      Raft: { KeepOldSnapshots: 0, ElectionTick: 0, HeartbeatTick: 0 },
      Dispatcher: {},
      CAConfig: {},
      TaskDefaults: {},
      EncryptionConfig: { AutoLockManagers: false },
    });
    expect(swarm().Version.Index).to.equal(11);
    const said = {
      Labels: { b: '2', a: '1' },
      Orchestration: { TaskHistoryRetentionLimit: -1 },
      Raft: { ElectionTick: -1, HeartbeatTick: 5, SnapshotInterval: 3 },
      CAConfig: { SigningCACert: 'x', ExternalCAs: [{ Protocol: 'CFSSL', URL: 'https://x' }] },
      TaskDefaults: { LogDriver: { Name: 'json-file' } },
    };
    update(said);
    expect(swarm().Spec).to.deep.include({
      Labels: { a: '1', b: '2' },
      Orchestration: { TaskHistoryRetentionLimit: -1 },
      Raft: { SnapshotInterval: 3, KeepOldSnapshots: 0, ElectionTick: 4294967295, HeartbeatTick: 5 },
      CAConfig: { ExternalCAs: [{ Protocol: 'cfssl', URL: 'https://x', CACert: '' }] },
      TaskDefaults: {},
    });
  });

  it('is refused for what no swarm can be, before the index is looked at', async () => {
    const bad = [
      { Name: 'other' },
      { CAConfig: { NodeCertExpiry: 5 } },
      { CAConfig: { ExternalCAs: [{ Protocol: 'zz' }] } },
      { CAConfig: { SigningCAKey: 'x' } },
      { Dispatcher: { HeartbeatPeriod: -1 } },
    ];
    for (const spec of bad)
      expect((await refusal(() => update(spec, {}, 1)))[0], JSON.stringify(spec)).to.equal('INVALID_ARGUMENT');
    expect(await refusal(() => update({}, {}, 1))).to.deep.equal([
      'INTERNAL',
      'rpc error: code = Unknown desc = update out of sequence',
    ]);
  });

  it('makes only those tokens anew that it is asked for', () => {
    const before = swarm().JoinTokens;
    update({}, { worker: true });
    const between = swarm().JoinTokens;
    expect([between.Worker === before.Worker, between.Manager === before.Manager]).to.deep.equal([false, true]);
    expect(between.Worker.slice(0, 60)).to.equal(before.Worker.slice(0, 60));
    update({}, { manager: true });
    expect(swarm().JoinTokens.Worker).to.equal(between.Worker);
    expect(swarm().JoinTokens.Manager).not.to.equal(before.Manager);
  });

  it('makes another root, and tokens for it, where it turns it further', () => {
    const before = swarm();
    update({ CAConfig: { ForceRotate: 1 } });
    const after = swarm();
    expect(after.TLSInfo.TrustRoot).not.to.equal(before.TLSInfo.TrustRoot);
    expect(after.JoinTokens.Worker.slice(0, 60)).not.to.equal(before.JoinTokens.Worker.slice(0, 60));
    update({ CAConfig: { ForceRotate: 1 }, Labels: { a: 'b' } });
    expect(swarm().TLSInfo).to.deep.equal(after.TLSInfo);
  });

  it('gives managers that are locked a key, another when it is asked for, and none when they are not', async () => {
    const key = (): string => (unlockKey(context) as { UnlockKey: string }).UnlockKey;
    expect(key()).to.equal('');
    const locked = { EncryptionConfig: { AutoLockManagers: true } };
    update(locked);
    const first = key();
    expect(first).to.match(/^SWMKEY-1-[A-Za-z0-9+/]{43}$/);
    update({ ...locked, Labels: { a: 'b' } });
    expect(key()).to.equal(first);
    update(locked, { unlockKey: true });
    expect(key()).not.to.equal(first);
    update({}, { unlockKey: true });
    expect(key()).to.equal('');
    expect((await refusal(() => unlockSwarm(context)))[0]).to.equal('CONFLICT');
  });
});
