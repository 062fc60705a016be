import { connect } from 'node:net';
import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import { noFilters, parseFilters } from '../../../src/engine/filters.js';
import {
  createService,
  inspectService,
  listServices,
  removeService,
  updateService,
} from '../../../src/engine/swarm/services.js';
import { leaveSwarm } from '../../../src/engine/swarm/swarm.js';
import type { ContainerEngine } from '../containers/support.js';
import { all, parsed, refusal } from '../support.js';
import { bodyOf, calm, create, inspected, openSwarm, pass, read, states, tasks, update } from './services-support.js';

describe('Services of a swarm', () => {
  let engine: ContainerEngine & { readonly nodeId: string };
  let context: Context;
  beforeEach(async () => {
    engine = await openSwarm();
    ({ context } = engine);
  });
  afterEach(() => engine.close());

  const why = async (body: object): Promise<readonly [string, string]> =>
    refusal(() => createService(context, read(body)));

  it('are kept as they were said, with what everybody is told filled in', async () => {
    const id = await create(context, 'web', {
      Labels: { b: '1', a: '2' },
      container: { Mounts: [{ Source: '/tmp', Target: '/x' }] },
      template: { RestartPolicy: {} },
      UpdateConfig: { Parallelism: 2 },
    });
    const { Spec, Endpoint, Version } = inspected(context, 'web');
    expect(JSON.stringify(Spec)).to.equal(
      '{"Name":"web","Labels":{"a":"2","b":"1"},"TaskTemplate":{"ContainerSpec":{"Image":"base:1","Command":["program"],' +
        '"Mounts":[{"Type":"bind","Source":"/tmp","Target":"/x"}],"Isolation":"default"},"RestartPolicy":{"Condition":"any","MaxAttempts":0},' +
        '"ForceUpdate":0,"Runtime":"container"},"Mode":{"Replicated":{"Replicas":1}},"UpdateConfig":{"Parallelism":2,"FailureAction":"pause",' +
        '"MaxFailureRatio":0,"Order":"stop-first"}}',
    );
    expect([Endpoint, Version.Index]).to.deep.equal([{ Spec: {} }, 11]);
    for (const term of [id, 'web', id.slice(0, 4)])
      expect(inspectService(context, term, false)).to.have.property('ID', id);
    expect((await refusal(() => inspectService(context, 'WEB', false)))[0]).to.equal('NOT_FOUND');
  });

  it('are told with all that holds, where that is asked for', async () => {
    await create(context, 'web');
    const { TaskTemplate, UpdateConfig, RollbackConfig } = inspected(context, 'web', true).Spec;
    const usual = { Parallelism: 1, FailureAction: 'pause', Monitor: 5e9, MaxFailureRatio: 0, Order: 'stop-first' };
    expect([UpdateConfig, RollbackConfig]).to.deep.equal([usual, usual]);
    expect(TaskTemplate).to.deep.include({
      Resources: {},
      Placement: {},
      RestartPolicy: { Condition: 'any', Delay: 5e9, MaxAttempts: 0 },
    });
    expect(TaskTemplate.ContainerSpec).to.deep.include({ StopGracePeriod: 10e9, DNSConfig: {} });
  });

  const refused: readonly (readonly [object, string, string])[] = [
    [{}, 'INVALID_ARGUMENT', 'mismatched Runtime and *Spec fields'],
    [bodyOf('x', { template: { Runtime: 'bogus' } }), 'INVALID_ARGUMENT', 'unsupported runtime'],
    [bodyOf('x', { template: { Runtime: 'plugin' } }), 'INVALID_ARGUMENT', 'mismatched'],
    [bodyOf('x', { template: { PluginSpec: {}, Runtime: 'plugin' } }), 'INTERNAL', 'experimental'],
    [bodyOf('x', { template: { RestartPolicy: { Condition: 'bogus' } } }), 'INVALID_ARGUMENT', 'RestartCondition'],
    [bodyOf('x', { container: { Mounts: [{ Type: 'bogus' }] } }), 'INVALID_ARGUMENT', 'MountType'],
    [bodyOf('x', { Mode: { Replicated: {}, Global: {} } }), 'INVALID_ARGUMENT', 'only one service mode'],
    [bodyOf('x', { UpdateConfig: { FailureAction: 'bogus' } }), 'INVALID_ARGUMENT', 'failure action bogus'],
    [bodyOf('x', { UpdateConfig: { Order: 'bogus' } }), 'INVALID_ARGUMENT', 'order bogus'],
    [bodyOf('x', { EndpointSpec: { Mode: 'bogus' } }), 'INVALID_ARGUMENT', 'resolution mode'],
    [bodyOf('x', { template: { Networks: [{ Target: 'nosuch' }] } }), 'INTERNAL', 'network nosuch not found'],
    [bodyOf('x', { template: { Networks: [{ Target: 'none' }] } }), 'FORBIDDEN', 'cannot be used with services'],
    [bodyOf('bad name'), 'INVALID_ARGUMENT', 'DNS name'],
    [bodyOf('a'.repeat(64)), 'INVALID_ARGUMENT', '63 characters'],
    [bodyOf('x', { container: { Image: '' } }), 'INVALID_ARGUMENT', 'image reference must be provided'],
    [bodyOf('x', { container: { Image: 'UPPER BAD' } }), 'INVALID_ARGUMENT', 'not a valid repository/tag'],
    [bodyOf('x', { template: { Resources: { Limits: { NanoCPUs: 1 } } } }), 'INVALID_ARGUMENT', 'cpu value 1e-09'],
    [bodyOf('x', { template: { Resources: { Limits: { MemoryBytes: 1 } } } }), 'INVALID_ARGUMENT', 'at least 4MiB'],
    [bodyOf('x', { template: { RestartPolicy: { Delay: -1 } } }), 'INVALID_ARGUMENT', 'restart-delay'],
    [bodyOf('x', { template: { RestartPolicy: { Window: -1 } } }), 'INVALID_ARGUMENT', 'restart-window'],
    [bodyOf('x', { template: { Placement: { Constraints: ['bogus'] } } }), 'INTERNAL', 'one operator'],
    [
      bodyOf('x', { container: { Mounts: [{ Target: '/x' }, { Target: '/x' }] } }),
      'INVALID_ARGUMENT',
      'duplicate mount',
    ],
    [bodyOf('x', { container: { Healthcheck: { Interval: -1 } } }), 'INVALID_ARGUMENT', 'less than 1ms'],
    [bodyOf('x', { container: { Healthcheck: { Retries: -1 } } }), 'INVALID_ARGUMENT', 'cannot be negative'],
    [bodyOf('x', { container: { Hostname: '{{.Bogus}}' } }), 'INVALID_ARGUMENT', 'expanding hostname failed'],
    [bodyOf('x', { container: { Env: ['A={{.Bogus}}'] } }), 'INVALID_ARGUMENT', 'expanding env failed'],
    [bodyOf('x', { container: { Secrets: [{ SecretName: 'n' }] } }), 'INVALID_ARGUMENT', 'no target provided'],
    [
      bodyOf('x', { container: { Secrets: [{ SecretName: 'n', File: {} }] } }),
      'INVALID_ARGUMENT',
      'secret not found: n',
    ],
    [
      bodyOf('x', { container: { Configs: [{ ConfigName: 'n', File: {} }] } }),
      'INVALID_ARGUMENT',
      'config not found: n',
    ],
    [bodyOf('x', { UpdateConfig: { MaxFailureRatio: 2 } }), 'INVALID_ARGUMENT', 'maxfailureratio'],
    [bodyOf('x', { Mode: { GlobalJob: {} }, UpdateConfig: {} }), 'INVALID_ARGUMENT', 'Jobs may not'],
    [
      bodyOf('x', { EndpointSpec: { Mode: 'dnsrr', Ports: [{ TargetPort: 80 }] } }),
      'INVALID_ARGUMENT',
      "can't be used with dnsrr",
    ],
    [
      bodyOf('x', { EndpointSpec: { Ports: [{ PublishedPort: 1 }, { PublishedPort: 1 }] } }),
      'INVALID_ARGUMENT',
      'duplicate published ports',
    ],
    [
      bodyOf('x', { EndpointSpec: { Ports: Array.from({ length: 1001 }, (_, i) => ({ TargetPort: i })) } }),
      'INVALID_ARGUMENT',
      'at most 1000 ports',
    ],
    [bodyOf(`${'0'.repeat(60)}-`), 'INVALID_ARGUMENT', 'valid as a DNS name'],
    [
      bodyOf('x', { TaskTemplate: { ContainerSpec: { Image: 'x', Env: ['a={{constructor}}'] } } }),
      'INVALID_ARGUMENT',
      'function "constructor" not defined',
    ],
  ];
  for (const [body, code, text] of refused)
    it(`are refused with ${code}: ${text}`, async () => {
      const [found, message] = await why(body);
      expect(found).to.equal(code);
      expect(message).to.contain(text);
    });

  it('have a name of their own, in whatever case', async () => {
    await create(context, 'web');
    expect((await why(bodyOf('WEB')))[0]).to.equal('ALREADY_EXISTS');
    const { ID: id } = createService(context, read(bodyOf(''))) as { ID: string };
    expect(inspected(context, id).Spec.Name).to.match(/^[a-z]+_[a-z]+$/);
  });

  it('are listed through filters, with counts where those are asked for', async () => {
    await create(context, 'one', { Labels: { a: 'b' }, Mode: { Replicated: { Replicas: 2 } } });
    await create(context, 'all', { Mode: { Global: {} } });
    await create(context, 'job', { Mode: { ReplicatedJob: { TotalCompletions: 2 } } });
    const names = (filters: object): string[] =>
      parsed(listServices(context, parseFilters(JSON.stringify(filters)), false))
        .map((service: { Spec: { Name: string } }) => service.Spec.Name)
        .sort();
    expect(names({ mode: ['global'] })).to.deep.equal(['all']);
    expect(names({ mode: ['replicated-job'] })).to.deep.equal(['job']);
    expect(names({ name: ['on'] })).to.deep.equal(['one']);
    expect(names({ label: ['a=b'] })).to.deep.equal(['one']);
    expect(names({ runtime: ['container'] })).to.deep.equal(['all', 'job', 'one']);
    expect(names({ runtime: ['plugin'] })).to.deep.equal([]);
    expect((await refusal(() => names({ bogus: ['a'] })))[0]).to.equal('INVALID_ARGUMENT');
    const counts = Object.fromEntries(
      parsed(listServices(context, noFilters, true)).map(
        ({ Spec, ServiceStatus }: { Spec: { Name: string }; ServiceStatus: object }) => [
          Spec.Name,
          Object.values(ServiceStatus).join(' '),
        ],
      ),
    );
    expect(counts).to.deep.equal({ one: '2 2 0', all: '1 1 0', job: '1 1 0' });
  });

  it('get ports of which none is another’s, and say so once they have them', async () => {
    await create(context, 'web', {
      EndpointSpec: { Ports: [{ TargetPort: 80 }, { TargetPort: 81, PublishedPort: 8080 }] },
    });
    const { Endpoint, Version } = inspected(context, 'web');
    expect(Version.Index).to.equal(12);
    expect(Endpoint.Spec).to.deep.equal({
      Mode: 'vip',
      Ports: [
        { Protocol: 'tcp', TargetPort: 80, PublishMode: 'ingress' },
        { Protocol: 'tcp', TargetPort: 81, PublishedPort: 8080, PublishMode: 'ingress' },
      ],
    });
    expect(Endpoint.Ports.map((port: { PublishedPort: number }) => port.PublishedPort)).to.deep.equal([30_000, 8080]);
    const [code, text] = await why(bodyOf('b', { EndpointSpec: { Ports: [{ PublishedPort: 8080 }] } }));
    expect(code).to.equal('INVALID_ARGUMENT');
    expect(text).to.contain("port '8080' is already in use by service 'web'");
  });

  it('are answered at their ports by their tasks in turn', async () => {
    const Mode = { Replicated: { Replicas: 2 } };
    await create(context, 'web', { Mode, EndpointSpec: { Ports: [{ TargetPort: 80 }] } });
    const { sandboxes } = engine.model;
    for (const [at, sandbox] of sandboxes.entries())
      sandbox.connect = (port, socket) => {
        socket.end(`${port} ${at}`);
        return true;
      };
    const [{ PublishedPort: port }] = inspected(context, 'web').Endpoint.Ports;
    const ask = async (): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      return Buffer.concat(await all(socket)).toString();
    };
    // Another process may have the port; then nobody answers there.
    let answered = false;
    for (let attempt = 0; attempt < 50 && !answered; attempt++) answered = await ask().then(Boolean, () => false);
    expect(new Set([await ask(), await ask()])).to.deep.equal(new Set(['80 0', '80 1']));
    removeService(context, 'web');
    await calm();
    expect(await ask().then(Boolean, () => false)).to.equal(false);
  });

  it('run no more tasks than the daemon bears, and repeat no more bytes', async () => {
    expect((await why(bodyOf('x', { Mode: { Replicated: { Replicas: 1001 } } })))[0]).to.equal('INVALID_ARGUMENT');
    const large = { container: { Env: ['A'.repeat(100_000)] }, Mode: { Replicated: { Replicas: 1000 } } };
    expect((await why(bodyOf('x', large)))[0]).to.equal('INVALID_ARGUMENT');
    expect(states(context)).to.deep.equal([]);
  });

  it('take their tasks and containers with them', async () => {
    await create(context, 'web', { Mode: { Replicated: { Replicas: 2 } } });
    removeService(context, 'web');
    await calm();
    expect([states(context), context.containers.list()]).to.deep.equal([[], []]);
    await create(context, 'web');
    leaveSwarm(context, true);
    await calm();
    expect(context.containers.list()).to.deep.equal([]);
  });

  it('tell each change as an event of the swarm', async () => {
    const seen: string[] = [];
    context.events.observe(({ type, action, actor, scope }) => {
      if (type === 'service') seen.push([scope, action, ...Object.entries(actor.attributes).flat()].join(' '));
    });
    await create(context, 'web');
    await update(context, 'web', { Mode: { Replicated: { Replicas: 2 } } });
    await update(context, 'web', { container: { Env: ['A=b'] }, Mode: { Replicated: { Replicas: 2 } } });
    await pass(engine, 20_000);
    removeService(context, 'web');
    expect(seen).to.deep.equal([
      'swarm create name web',
      'swarm update name web replicas.new 2 replicas.old 1',
      'swarm update name web',
      'swarm update name web updatestate.new updating',
      'swarm update name web updatestate.new completed updatestate.old updating',
      'swarm remove name web',
    ]);
  });

  it('are updated from the present version only, and keep name and mode', async () => {
    await create(context, 'web');
    const { Version } = inspected(context, 'web');
    const attempt = async (body: object, more: object = {}): Promise<string> => {
      const wanted = { version: Version.Index, rollback: '', registryAuthFrom: '', ...more };
      return (await refusal(() => updateService(context, 'web', read(body), wanted)))[0];
    };
    expect(await attempt(bodyOf('web'), { version: 1 })).to.equal('INTERNAL');
    expect(await attempt(bodyOf('other'))).to.equal('NOT_IMPLEMENTED');
    expect(await attempt(bodyOf('web', { Mode: { Global: {} } }))).to.equal('NOT_IMPLEMENTED');
    expect(await attempt(bodyOf('web'), { rollback: 'bogus' })).to.equal('INTERNAL');
    expect(await attempt(bodyOf('web'), { rollback: 'previous' })).to.equal('INVALID_ARGUMENT');
    expect(await attempt(bodyOf('web'), { registryAuthFrom: 'bogus' })).to.equal('INVALID_ARGUMENT');
    expect(await attempt(bodyOf('web'), { registryAuthFrom: 'previous-spec' })).to.equal('INTERNAL');
    expect(tasks(context)).to.have.lengthOf(1);
  });
});
