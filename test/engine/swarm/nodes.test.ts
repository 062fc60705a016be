import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import type { DaemonEvent } from '../../../src/engine/events/bus.js';
import { parseFilters } from '../../../src/engine/filters.js';
import { inspectNode, listNodes, removeNode, updateNode } from '../../../src/engine/swarm/nodes.js';
import { renderJson } from '../../../src/support/go/json.js';
import { openEngine, refusal, type TestEngine } from '../support.js';
import { found } from './support.js';

describe('A node of a swarm', () => {
  let engine: TestEngine;
  let context: Context;
  let id: string;
  beforeEach(async () => {
    engine = await openEngine('standard', { hostname: 'vm', settings: { labels: ['disk=ssd'] } as never });
    ({ context } = engine);
    id = found(context, { Availability: 'Drain' });
  });
  afterEach(() => engine.close());

  const node = () => JSON.parse(renderJson(inspectNode(context, id)).toString());
  const update = (wanted: object, version = node().Version.Index): void =>
    updateNode(context, id, version, {
      Name: '',
      Labels: undefined,
      Role: 'manager',
      Availability: 'active',
      ...wanted,
    });
  const why = async (act: () => unknown): Promise<string> => (await refusal(act))[0];

  it('is the daemon itself, and leads', () => {
    const { Spec, Description, Status, ManagerStatus, Version } = node();
    expect([Version.Index, Spec, Status, ManagerStatus]).to.deep.equal([
      9,
      { Labels: {}, Role: 'manager', Availability: 'drain' },
      { State: 'ready', Addr: '127.0.0.1' },
      { Leader: true, Reachability: 'reachable', Addr: '127.0.0.1:2377' },
    ]);
    expect(Description).to.deep.include({ Hostname: 'vm', Platform: { Architecture: 'x86_64', OS: 'linux' } });
    expect(Description.Engine).to.deep.include({ EngineVersion: '29.7.2', Labels: { disk: 'ssd' } });
    expect(Description.Engine.Plugins).to.deep.include({ Type: 'Network', Name: 'overlay' });
  });

  it('is found by id, host name and the beginning of its id, and is not called self', async () => {
    for (const term of [id, 'vm', id.slice(0, 5)]) expect(inspectNode(context, term)).to.have.property('ID', id);
    expect(await why(() => inspectNode(context, 'self'))).to.equal('NOT_FOUND');
  });

  it('passes filters of its names, role, membership, its labels and its daemon’s', async () => {
    update({ Labels: { a: '1' } });
    const count = (filters: object): number =>
      JSON.parse(renderJson(listNodes(context, parseFilters(JSON.stringify(filters)))).toString()).length;
    const hits = [
      {},
      { role: ['manager'] },
      { role: ['worker', 'MANAGER'] },
      { membership: ['accepted'] },
      { name: ['v'] },
    ];
    for (const filters of [...hits, { id: [id.slice(0, 5)] }, { label: ['disk=ssd'] }, { 'node.label': ['a=1'] }])
      expect(count(filters), JSON.stringify(filters)).to.equal(1);
    for (const filters of [
      { role: ['worker'] },
      { membership: ['pending'] },
      { label: ['a'] },
      { 'node.label': ['disk'] },
    ])
      expect(count(filters), JSON.stringify(filters)).to.equal(0);
    expect(await why(() => count({ role: ['zz'] }))).to.equal('INTERNAL');
    expect(await why(() => count({ membership: ['zz'] }))).to.equal('INTERNAL');
    expect(await why(() => count({ 'engine.label': ['a'] }))).to.equal('INVALID_ARGUMENT');
  });

  it('is told what to be by an update that knows its index, in whatever case', async () => {
    const { Index } = node().Version;
    update({ Labels: { z: '1', a: '2' }, Availability: 'Pause', Role: 'MANAGER', Name: 'n' });
    expect(node().Spec).to.deep.equal({
      Name: 'n',
      Labels: { a: '2', z: '1' },
      Role: 'manager',
      Availability: 'pause',
    });
    expect(await why(() => update({}, Index))).to.equal('INTERNAL');
  });

  it('stays the manager that it is, and stays', async () => {
    const refused = [{ Role: 'worker' }, { Role: 'zz' }, { Role: '' }, { Availability: '' }, { Availability: 'zz' }];
    for (const wanted of refused)
      expect(await why(() => update(wanted)), JSON.stringify(wanted)).to.equal('INVALID_ARGUMENT');
    expect(await why(() => removeNode(context, 'vm'))).to.equal('INVALID_ARGUMENT');
    expect(await why(() => removeNode(context, 'nosuch'))).to.equal('NOT_FOUND');
    expect(node().Version.Index).to.equal(9);
  });

  it('is told of by events of the swarm, which name what its availability was', () => {
    const events: DaemonEvent[] = [];
    context.events.observe((event) => events.push(event));
    update({});
    update({ Name: 'n' });
    expect(events.map(({ type, action, actor, scope }) => [type, action, scope, actor])).to.deep.equal([
      [
        'node',
        'update',
        'swarm',
        { id, attributes: { name: 'vm', 'availability.new': 'active', 'availability.old': 'drain' } },
      ],
      ['node', 'update', 'swarm', { id, attributes: { name: 'n' } }],
    ]);
  });
});
