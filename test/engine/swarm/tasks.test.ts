import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import { createNetworkType } from '../../../src/engine/networks/network.js';
import { createNetwork, removeNetwork } from '../../../src/engine/networks/operations.js';
import { type ContentKind, configKind, secretKind } from '../../../src/engine/swarm/content-kind.js';
import { createContent, removeContent } from '../../../src/engine/swarm/contents.js';
import { nodeKind } from '../../../src/engine/swarm/node.js';
import { updateNode } from '../../../src/engine/swarm/nodes.js';
import { removeService } from '../../../src/engine/swarm/services.js';
import { serviceLogs, type TaskLogs, taskLogs } from '../../../src/engine/swarm/task-logs.js';
import { inspectTask } from '../../../src/engine/swarm/tasks.js';
import { decodeJson } from '../../../src/support/go/json.js';
import type { ContainerEngine, ScriptedProcess } from '../containers/support.js';
import { parsed, refusal } from '../support.js';
import { calm, create, inspected, openSwarm, pass, states, tasks, update } from './services-support.js';

const readNetwork = (body: object) => decodeJson(Buffer.from(JSON.stringify(body)), createNetworkType);

describe('Tasks of a swarm', () => {
  let engine: ContainerEngine & { readonly nodeId: string };
  let context: Context;
  beforeEach(async () => {
    engine = await openSwarm();
    ({ context } = engine);
  });
  afterEach(() => engine.close());

  /** The programs that run. */
  const living = (): ScriptedProcess[] =>
    engine.model.sandboxes.flatMap(({ started }) => started).filter(({ status }) => status === undefined);
  const end = async (code: number): Promise<void> => {
    living()[0]?.end(code);
    await calm();
  };

  it('run in containers that bear their names and say whose they are', async () => {
    const serviceId = await create(context, 'web', {
      container: { Labels: { own: '1' }, Args: ['a'], Env: ['S={{.Service.Name}}.{{.Task.Slot}}'], Dir: '/bin' },
      template: { Resources: { Limits: { MemoryBytes: 8_388_608, NanoCPUs: 5e8 } } },
    });
    const [task] = tasks(context);
    const [container] = context.containers.list();
    const name = `web.1.${task.ID}`;
    expect(container?.name).to.equal(`/${name}`);
    expect(container?.config.Labels).to.deep.equal({
      own: '1',
      'com.docker.swarm.node.id': engine.nodeId,
      'com.docker.swarm.service.id': serviceId,
      'com.docker.swarm.service.name': 'web',
      'com.docker.swarm.task': '',
      'com.docker.swarm.task.id': task.ID,
      'com.docker.swarm.task.name': name,
    });
    expect(container?.config).to.deep.include({ Entrypoint: ['program'], Cmd: ['a'], WorkingDir: '/bin' });
    expect(container?.config.Env).to.include('S=web.1');
    expect(container?.hostConfig).to.include({ Memory: 8_388_608, NanoCpus: 5e8 });
    expect(container?.hostConfig.RestartPolicy.Name).to.equal('no');
    expect(task).to.deep.include({ Slot: 1, NodeID: engine.nodeId, ServiceID: serviceId, DesiredState: 'running' });
    expect(task.Spec).not.to.have.property('Runtime');
    expect(task.Status).to.deep.include({
      State: 'running',
      Message: 'started',
      ContainerStatus: { ContainerID: container?.id, PID: container?.state.pid, ExitCode: 0 },
    });
  });

  it('are shown secrets and configurations, which stay while a service has them', async () => {
    const make = (kind: ContentKind, name: string): string => {
      const made = createContent(context, kind, { Name: name, Labels: {}, Data: Buffer.from(name).toString('base64') });
      return parsed(made).ID;
    };
    const file = (name: string): object => ({ File: { Name: name, UID: '1', GID: '2', Mode: 0o400 } });
    const secret = { SecretID: make(secretKind, 'sec'), SecretName: 'sec' };
    const config = { ConfigID: make(configKind, 'con'), ConfigName: 'con' };
    const container = {
      Secrets: [
        { ...secret, ...file('one') },
        { ...secret, ...file('/at/once') },
      ],
      Configs: [{ ...config, ...file('two') }],
    };
    await create(context, 'web', { container });
    const files = context.containers.list()[0]?.fileSystem;
    const read = (path: string): string => Buffer.from(files?.readFile(path) ?? '').toString();
    expect([read('/run/secrets/one'), read('/at/once'), read('/two')]).to.deep.equal(['sec', 'sec', 'con']);
    expect(files?.stat('/two')).to.include({ uid: 1, gid: 2 });
    const twice = { container: { Secrets: [container.Secrets[0], container.Secrets[0]] } };
    expect((await refusal(() => create(context, 'b', twice)))[1]).to.contain('conflicting target');
    const inUse = (await refusal(() => removeContent(context, secretKind, 'sec')))[1];
    expect(inUse).to.contain("secret 'sec' is in use by the following service: web");
    removeService(context, 'web');
    removeContent(context, secretKind, 'sec');
  });

  it('are in the networks of the swarm that are named, which stay as long', async () => {
    const network = parsed(createNetwork(context, readNetwork({ Name: 'ov', Driver: 'overlay' }), '1.55')).Id;
    await create(context, 'web', { template: { Networks: [{ Target: 'ov', Aliases: ['al'] }] } });
    const [task] = tasks(context);
    expect(task.Spec.Networks[0].Target).to.equal(network);
    expect(task.NetworksAttachments[0]).to.deep.include({ Addresses: ['10.0.1.3/24'] });
    expect(inspected(context, 'web').Endpoint.VirtualIPs).to.deep.equal([{ NetworkID: network, Addr: '10.0.1.2/24' }]);
    const [code, text] = await refusal(() => removeNetwork(context, 'ov'));
    expect([code, text]).to.deep.equal([
      'INVALID_ARGUMENT',
      `rpc error: code = FailedPrecondition desc = network ${network} is in use by service ${task.ServiceID}`,
    ]);
    removeService(context, 'web');
    removeNetwork(context, 'ov');
  });

  it('are followed by others after a wait, with what they said kept five times', async () => {
    await create(context, 'web', { template: { RestartPolicy: { Delay: 2e9 } } });
    await end(3);
    expect(states(context)).to.deep.equal(['1 failed→shutdown task: non-zero exit (3)', '1 ready→ready']);
    await pass(engine, 1999);
    expect(living()).to.have.lengthOf(0);
    await pass(engine, 1);
    await end(0);
    expect(states(context)).to.include('1 complete→shutdown');
    for (let run = 0; run < 5; run++) {
      await pass(engine, 2000);
      await end(0);
    }
    expect(states(context)).to.deep.equal([...Array(4).fill('1 complete→shutdown'), '1 ready→ready']);
    expect(context.containers.list()).to.have.lengthOf(5);
  });

  const ends: readonly (readonly [object, number, number])[] = [
    [{ Condition: 'none' }, 3, 1],
    [{ Condition: 'on-failure' }, 0, 1],
    [{ Condition: 'on-failure' }, 1, 2],
    [{ Condition: 'any' }, 0, 2],
  ];
  for (const [policy, code, count] of ends)
    it(`are ${count} after the exit ${code} of one with ${JSON.stringify(policy)}`, async () => {
      await create(context, 'web', { template: { RestartPolicy: policy } });
      await end(code);
      await pass(engine, 10_000);
      expect(tasks(context)).to.have.lengthOf(count);
    });

  it('are followed as often as the policy says', async () => {
    await create(context, 'web', { template: { RestartPolicy: { Condition: 'any', MaxAttempts: 2, Delay: 1 } } });
    for (let run = 0; run < 4; run++) {
      await end(1);
      await pass(engine, 1000);
    }
    expect(states(context)).to.deep.equal(Array(3).fill('1 failed→shutdown task: non-zero exit (1)'));
  });

  it('fail where the program cannot be started, and are rejected where there is no container', async () => {
    engine.model.refuse = () => ({
      reason: 'not-found',
      exitCode: 127,
      message: 'exec: "program": executable file not found in $PATH',
    });
    await create(context, 'web', { template: { RestartPolicy: { Condition: 'none' } } });
    const [task] = tasks(context);
    expect(task.Status).to.deep.include({ State: 'failed', Message: 'starting' });
    expect(task.Status.Err).to.match(/^starting container failed: .*program/);
    expect(task.Status.ContainerStatus.ExitCode).to.equal(127);
    await create(context, 'mount', {
      container: { Mounts: [{ Type: 'bind', Source: '/nosuch', Target: '/x' }] },
      template: { RestartPolicy: { Condition: 'none' } },
    });
    const rejected = tasks(context, { 'desired-state': ['shutdown'], service: ['mount'] })[0];
    await create(context, 'again', { container: { Mounts: [{ Type: 'bind', Source: '/nosuch', Target: '/x' }] } });
    const count = (): number => tasks(context, { service: ['again'] }).length;
    await pass(engine, 4999);
    expect(count()).to.equal(1);
    await pass(engine, 1);
    expect(count()).to.equal(2);
    expect(rejected.Status).to.deep.include({
      State: 'rejected',
      Message: 'preparing',
      ContainerStatus: { ContainerID: '', PID: 0, ExitCode: 0 },
    });
  });

  it('start once they are healthy', async () => {
    await create(context, 'web', { container: { Healthcheck: { Test: ['CMD', 'check'], Interval: 1e9 } } });
    expect(states(context)).to.deep.equal(['1 starting→running']);
    engine.model.begin = (process) => process.end(0);
    await pass(engine, 1000);
    expect(states(context)).to.deep.equal(['1 running→running']);
  });

  it('wait where no node takes them, and leave a global service without any', async () => {
    const constraint = { Placement: { Constraints: ['node.labels.disk == ssd'] } };
    await create(context, 'web', { template: constraint });
    await create(context, 'all', { template: constraint, Mode: { Global: {} } });
    await create(context, 'big', { template: { Resources: { Reservations: { NanoCPUs: 9e14 } } } });
    await create(context, 'one', {
      template: { Placement: { MaxReplicas: 1 } },
      Mode: { Replicated: { Replicas: 2 } },
    });
    expect(states(context)).to.deep.equal([
      '1 pending→running no suitable node (insufficient resources on 1 node)',
      '1 pending→running no suitable node (scheduling constraints not satisfied on 1 node)',
      '1 running→running',
      '2 pending→running no suitable node (max replicas per node limit exceed)',
    ]);
    const change = async (wanted: object): Promise<void> => {
      const { node } = context.swarm.manager();
      const spec = { Name: '', Labels: {}, Role: 'manager', Availability: 'active', ...wanted };
      updateNode(context, node.id, context.swarm.manager().store(nodeKind).byId(node.id)?.index ?? 0, spec);
      await calm();
    };
    await change({ Labels: { disk: 'ssd' } });
    expect(states(context)).to.include.members(['- running→running', '1 running→running']);
    await change({ Labels: { disk: 'ssd' }, Availability: 'drain' });
    expect(states(context).filter((state) => state.endsWith('(1 node not available for new tasks)'))).to.have.lengthOf(
      4,
    );
    expect(living()).to.have.lengthOf(0);
    await change({ Labels: { disk: 'ssd' } });
    expect(living()).to.have.lengthOf(3);
  });

  it('come and go with the number of replicas', async () => {
    await create(context, 'web');
    await update(context, 'web', { Mode: { Replicated: { Replicas: 3 } } });
    expect(states(context)).to.deep.equal(['1 running→running', '2 running→running', '3 running→running']);
    await update(context, 'web', { Mode: { Replicated: { Replicas: 1 } } });
    expect(states(context)).to.deep.equal(['1 running→running']);
    expect(context.containers.list()).to.have.lengthOf(1);
  });

  it('of a job are begun until enough are complete, and once more when that is forced', async () => {
    const Mode = { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 2 } };
    await create(context, 'job', { Mode, template: { RestartPolicy: { Delay: 1 } } });
    expect(states(context)).to.deep.equal(['- running→complete']);
    await end(1);
    await pass(engine, 1000);
    await end(0);
    expect(states(context)).to.deep.equal([
      '- complete→complete',
      '- failed→shutdown task: non-zero exit (1)',
      '1 running→complete',
    ]);
    await end(0);
    expect(living()).to.have.lengthOf(0);
    await update(context, 'job', { Mode, template: { ForceUpdate: 1 } });
    expect(tasks(context).at(-1).JobIteration).to.deep.equal({ Index: 1 });
  });

  it('are found by name and id, and pass filters', async () => {
    await create(context, 'web', { Mode: { Replicated: { Replicas: 2 } } });
    await create(context, 'db', { Labels: { a: 'b' } });
    const count = (filters: object): number => tasks(context, filters).length;
    const { ID: id } = tasks(context, { service: ['db'] })[0];
    expect(parsed(inspectTask(context, `db.1.${id}`)).ID).to.equal(id);
    expect(parsed(inspectTask(context, id.slice(0, 10))).ID).to.equal(id);
    expect([count({ name: ['web'] }), count({ name: ['web.2'] }), count({ id: [id] })]).to.deep.equal([2, 1, 1]);
    expect([count({ 'desired-state': ['running'] }), count({ label: ['a=b'] })]).to.deep.equal([3, 1]);
    expect([count({ node: [engine.nodeId] }), count({ '_up-to-date': ['true'] })]).to.deep.equal([3, 3]);
    const refused = async (filters: object): Promise<string> => (await refusal(() => tasks(context, filters)))[0];
    expect(await refused({ bogus: ['a'] })).to.equal('INVALID_ARGUMENT');
    expect(await refused({ service: ['nosuch'] })).to.equal('NOT_FOUND');
    expect(await refused({ node: ['nosuch'] })).to.equal('NOT_FOUND');
    expect(await refused({ 'desired-state': ['bogus'] })).to.equal('INTERNAL');
    expect((await refusal(() => inspectTask(context, 'nosuch')))[0]).to.equal('NOT_FOUND');
  });

  it('are read by their logs, which say where each entry is from', async () => {
    engine.model.begin = (process) => process.print('hello\n');
    await create(context, 'web', { Mode: { Replicated: { Replicas: 2 } } });
    const options = { stdout: true, stderr: true, follow: false };
    const { signal } = new AbortController();
    const lines = async ({ logs }: TaskLogs): Promise<string[]> => {
      const found: string[] = [];
      for await (const { entries, attributes } of logs)
        for await (const batch of entries)
          for (const { bytes } of batch) found.push(`${attributes.map(({ Value }) => Value).join(' ')} ${bytes}`);
      return found;
    };
    const [first, second] = tasks(context);
    expect(await lines(serviceLogs(context, 'web', options, signal))).to.have.members(
      [first, second].map((task) => `${engine.nodeId} ${task.ServiceID} ${task.ID} hello\n`),
    );
    expect(await lines(taskLogs(context, first.ID, options, signal))).to.have.lengthOf(1);
    expect((await refusal(() => serviceLogs(context, 'nosuch', options, signal)))[0]).to.equal('NOT_FOUND');
  });

  it('that come while a service’s log is followed are read as well', async () => {
    engine.model.begin = (process) => process.print('hello\n');
    await create(context, 'web');
    const client = new AbortController();
    const { logs } = serviceLogs(context, 'web', { stdout: true, stderr: false, follow: true }, client.signal);
    const from = new Set<string>();
    const reading = (async () => {
      for await (const { attributes } of logs) from.add(attributes.at(-1)?.Value ?? '');
    })();
    await update(context, 'web', { Mode: { Replicated: { Replicas: 2 } } });
    expect(from.size).to.equal(2);
    client.abort();
    await reading;
  });
});
