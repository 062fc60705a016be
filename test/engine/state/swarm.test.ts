import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import { closeContext, createContext } from '../../../src/engine/engine.js';
import { createNetworkType } from '../../../src/engine/networks/network.js';
import { createNetwork } from '../../../src/engine/networks/operations.js';
import { isPredefined } from '../../../src/engine/networks/store.js';
import { openState } from '../../../src/engine/state/restore.js';
import { configKind, secretKind } from '../../../src/engine/swarm/content-kind.js';
import { createContent, removeContent } from '../../../src/engine/swarm/contents.js';
import { inspectNode } from '../../../src/engine/swarm/nodes.js';
import { inspectSwarm, leaveSwarm } from '../../../src/engine/swarm/swarm.js';
import { openLayout } from '../../../src/oci/layout.js';
import { decodeJson, renderJson } from '../../../src/support/go/json.js';
import { SimulatedDisk } from '../../soak/disk.js';
import { calm } from '../../soak/weather.js';
import { makeBase } from '../build/support.js';
import { settled } from '../containers/support.js';
import { create, inspected, tasks } from '../swarm/services-support.js';
import { found } from '../swarm/support.js';

const root = '/srv/state';

/** Run a daemon whose state is on a disk; gives what it warned of. */
async function daemon(
  disk: SimulatedDisk,
  act: (context: Context) => unknown,
  hostname = 'vm',
): Promise<readonly string[]> {
  const files = disk.mount(calm);
  const store = await openLayout('/srv/store', { files, lock: async () => async () => undefined });
  const context = createContext({ store, host: { os: 'linux', architecture: 'amd64' }, channel: 'standard', hostname });
  const warnings: string[] = [];
  const keeper = await openState(context, { root, warn: (message) => warnings.push(message), files });
  try {
    await act(context);
    await keeper.flush();
  } finally {
    await keeper.close();
    await closeContext(context);
    await store.close();
  }
  return warnings;
}

const text = (answer: unknown): string => renderJson(answer as never).toString();
const content = (Name: string) => ({ Name, Labels: undefined, Data: 'eA==' });

/** Names, scopes and subnets of all networks but those that every daemon has. */
const networksOf = ({ networks }: Context): readonly string[] =>
  networks
    .list()
    .filter(({ name }) => !isPredefined(name))
    .map(({ id, name, scope, pools }) => [id, name, scope, ...pools.map(({ subnet }) => subnet)].join(' '))
    .sort();

describe('A swarm of a daemon that comes back', () => {
  it('is the one that it was, with all that is in it and the name that the daemon has now', async () => {
    const disk = new SimulatedDisk();
    let before = '';
    let networks: readonly string[] = [];
    let bytes = 0;
    await daemon(disk, (context) => {
      found(context, { Spec: { EncryptionConfig: { AutoLockManagers: true }, Labels: { a: 'b' } } });
      for (const kind of [secretKind, configKind])
        for (const name of ['one', 'two']) createContent(context, kind, content(name));
      removeContent(context, secretKind, 'two');
      const overlay = JSON.stringify({ Name: 'ov', Driver: 'overlay' });
      createNetwork(context, decodeJson(Buffer.from(overlay), createNetworkType), '1.55');
      networks = networksOf(context);
      before = text(inspectSwarm(context));
      bytes = context.layerBudget.used;
    });
    const warnings = await daemon(
      disk,
      (context) => {
        expect(text(inspectSwarm(context))).to.equal(before);
        expect(networksOf(context)).to.deep.equal(networks);
        expect(networks.join()).to.contain('ingress').and.to.contain('ov').and.to.contain('docker_gwbridge');
        const swarm = context.swarm.manager();
        const names = [secretKind, configKind].map((kind) =>
          swarm
            .store(kind)
            .list()
            .map(({ data }) => data.Name),
        );
        expect(names.map((some) => [...some].sort())).to.deep.equal([['one'], ['one', 'two']]);
        expect(swarm.store(secretKind).resolve('one').data).to.deep.include({ Data: 'eA==', Labels: {} });
        expect(inspectNode(context, 'other')).to.have.property('ID', swarm.node.id);
        expect(context.layerBudget.used).to.be.closeTo(bytes, 10);
        const indices = [secretKind, configKind].flatMap((kind) =>
          swarm
            .store(kind)
            .list()
            .map(({ index }) => index),
        );
        const made = JSON.parse(text(createContent(context, secretKind, content('three'))));
        expect(swarm.store(secretKind).resolve(made.ID).index).to.be.above(Math.max(...indices));
      },
      'other',
    );
    expect(warnings).to.deep.equal([]);
  });

  it('runs its services anew, in containers of new tasks', async () => {
    const disk = new SimulatedDisk();
    const facts = (context: Context) => {
      const { ID, Spec, Endpoint } = inspected(context, 'web');
      return { ID, Spec, Endpoint };
    };
    let before: object = {};
    const containers: string[][] = [];
    const look = async (context: Context): Promise<void> => {
      for (let round = 0; round < 50 && tasks(context)[0]?.Status.State !== 'running'; round++) await settled();
      expect(tasks(context).map(({ Status }) => Status.State)).to.deep.equal(['running']);
      containers.push(context.containers.list().map(({ id }) => id));
    };
    await daemon(disk, async (context) => {
      await makeBase(context);
      found(context);
      const body = { container: { Command: ['sleep', '100'] }, template: { Networks: [{ Target: 'ov' }] } };
      createNetwork(context, decodeJson(Buffer.from('{"Name":"ov","Driver":"overlay"}'), createNetworkType), '1.55');
      await create(context, 'web', body);
      await look(context);
      before = facts(context);
    });
    await daemon(disk, async (context) => {
      await look(context);
      expect(facts(context)).to.deep.equal(before);
    });
    expect(containers.map(({ length }) => length)).to.deep.equal([1, 1]);
    expect(containers[0]).not.to.deep.equal(containers[1]);
  });

  it('is not there once it was left', async () => {
    const disk = new SimulatedDisk();
    await daemon(disk, (context) => {
      found(context);
      createContent(context, secretKind, content('one'));
    });
    await daemon(disk, (context) => leaveSwarm(context, true));
    const files = disk.mount(calm);
    expect(await files.readdir(`${root}/swarm`)).to.deep.equal([]);
    await daemon(disk, (context) => expect(context.swarm.current).to.equal(undefined));
  });

  it('is forgotten where it was being left, and set aside where it cannot be read', async () => {
    for (const broken of [false, true]) {
      const disk = new SimulatedDisk();
      await daemon(disk, (context) => {
        found(context);
        createContent(context, secretKind, content('one'));
      });
      const files = disk.mount(calm);
      const names = await files.readdir(`${root}/swarm`);
      const cluster = `${root}/swarm/${names.find((name) => name.startsWith('cluster-'))}`;
      await files.unlink(cluster);
      if (broken) {
        const file = await files.open(cluster, 'a', 0o600);
        await file.write(Buffer.from('{'));
        await file.close();
      }
      const warnings = await daemon(disk, (context) => expect(context.swarm.current).to.equal(undefined));
      expect(warnings).to.have.length(broken ? 1 : 0);
      expect(await files.readdir(`${root}/swarm`)).to.deep.equal([]);
      expect(await files.readdir(`${root}/broken`)).to.have.length(broken ? names.length : 0);
    }
  });
});
