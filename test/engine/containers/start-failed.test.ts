import { expect } from 'chai';
import type { Container } from '../../../src/engine/containers/container.js';
import { inspectContainer } from '../../../src/engine/containers/inspect.js';
import { listContainers } from '../../../src/engine/containers/list.js';
import { startContainer } from '../../../src/engine/containers/run/start.js';
import { killContainer } from '../../../src/engine/containers/run/stop.js';
import { parsed, refusal } from '../support.js';
import { type ContainerEngine, create, openContainers, run, settled } from './support.js';

describe('the start of a container', () => {
  let engine: ContainerEngine;
  let seen: string[];
  beforeEach(async () => {
    engine = await openContainers();
    seen = [];
    const collect = async (): Promise<void> => {
      for await (const { type, action } of engine.context.events.subscribe({})) seen.push(`${type} ${action}`);
    };
    void collect();
    await settled();
  });
  afterEach(() => engine.close());

  const bridged = { HostConfig: { NetworkMode: 'bridge', Binds: ['vol:/v'] } };

  it('that failed leaves it in its network without names and id, and tells of no arrival there', async () => {
    const message = 'exec: "program": executable file not found in $PATH';
    engine.model.refuse = () => ({ reason: 'not-found', message, exitCode: 127 });
    expect((await refusal(() => run(engine.context, bridged, 'web')))[0]).to.equal('INVALID_ARGUMENT');
    const [endpoint] = engine.context.containers.resolve('web').networks.values();
    expect([endpoint?.NetworkID, endpoint?.DNSNames]).to.deep.equal(['', undefined]);
    await settled();
    expect(seen).to.deep.equal([
      'volume create',
      'container create',
      'volume mount',
      'network disconnect',
      'volume unmount',
    ]);
  });

  it('that failed takes it out of the network whose ports were taken', async () => {
    const published = (port: string): object => ({
      HostConfig: { NetworkMode: 'bridge', PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: port }] } },
    });
    const { ports }: Container = await run(engine.context, published(''), 'one');
    const port = ports['80/tcp']?.[0]?.HostPort ?? '';
    expect((await refusal(() => run(engine.context, published(port), 'two')))[0]).to.equal('INTERNAL');
    expect(engine.context.containers.resolve('two').networks.size).to.equal(0);
  });

  it('keeps the hardware address that was asked for, over stops too, and tells older clients of it', async () => {
    const mac = '02:42:ac:11:00:22';
    const wanted = { NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: mac } } } };
    const { id } = await run(engine.context, { HostConfig: { NetworkMode: 'bridge' }, ...wanted });
    const told = async (): Promise<unknown> =>
      parsed(await inspectContainer(engine.context, id, { apiVersion: '1.51', size: false })).Config.MacAddress;
    expect(await told()).to.equal(mac);
    await killContainer(engine.context, id, '');
    await settled();
    expect(await told()).to.equal(mac);
    const other = await run(engine.context, { HostConfig: { NetworkMode: 'bridge' } });
    const inspected = await inspectContainer(engine.context, other.id, { apiVersion: '1.51', size: false });
    expect(parsed(inspected).Config).not.to.have.property('MacAddress');
  });

  it('refuses a folder of checkpoints, unless the container runs', async () => {
    const checkpoint = { name: '', directory: '/x' };
    const { id } = await create(engine.context);
    expect((await refusal(() => startContainer(engine.context, id, checkpoint)))[0]).to.equal('FORBIDDEN');
    await startContainer(engine.context, id);
    expect((await refusal(() => startContainer(engine.context, id, checkpoint)))[0]).to.equal('NOT_MODIFIED');
  });

  it('mounts its volumes before it joins its networks', async () => {
    await run(engine.context, bridged, 'web');
    await settled();
    expect(seen.slice(2)).to.deep.equal(['volume mount', 'network connect', 'container start']);
  });

  it('gives a port that is not published an empty address in lists', async () => {
    await run(engine.context, { ExposedPorts: { '80/tcp': {} }, HostConfig: { NetworkMode: 'bridge' } });
    const options = { apiVersion: '1.55', all: true, size: false, limit: 0, filters: new Map() };
    const [{ Ports }] = parsed(await listContainers(engine.context, options));
    expect(Ports).to.deep.equal([{ IP: '', PrivatePort: 80, Type: 'tcp' }]);
  });
});
