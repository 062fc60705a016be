import { expect } from 'chai';
import type { Container } from '../../../src/engine/containers/container.js';
import { restartContainer } from '../../../src/engine/containers/run/restart.js';
import { connectContainer, disconnectContainer } from '../../../src/engine/networks/connect.js';
import { type EndpointSettings, emptyEndpoint } from '../../../src/engine/networks/endpoint.js';
import { type ContainerEngine, openContainers, run, settled } from '../containers/support.js';
import { refusal } from '../support.js';

const taken = '10.77.0.5';
const asking = (more: Partial<EndpointSettings>): EndpointSettings => ({ ...emptyEndpoint(), ...more });
const wanted = { IPAMConfig: { IPv4Address: taken } };
const inNetwork = {
  HostConfig: { NetworkMode: 'net' },
  NetworkingConfig: { EndpointsConfig: { net: wanted } },
};

describe('Connecting a container that runs', () => {
  let engine: ContainerEngine;
  let container: Container;
  beforeEach(async () => {
    engine = await openContainers();
    engine.context.networks.create({
      Name: 'net',
      IPAM: { Driver: '', Config: [{ Subnet: '10.77.0.0/24' }], Options: undefined },
      Scope: '',
      ConfigOnly: false,
    } as Parameters<typeof engine.context.networks.create>[0]);
    await run(engine.context, inNetwork, 'first');
    container = await run(engine.context, { HostConfig: { NetworkMode: 'bridge' } }, 'second');
  });
  afterEach(() => engine.close());

  const connect = (more: Partial<EndpointSettings>): Promise<readonly [code: string, message: string]> =>
    refusal(() => connectContainer(engine.context, 'net', 'second', asking(more)));

  it('keeps what was asked for first when its address is taken, without a place in the network', async () => {
    for (const alias of ['x', 'y'])
      expect(await connect({ ...wanted, Aliases: [alias] })).to.deep.equal(['FORBIDDEN', 'Address already in use']);
    const noted = container.networks.get('net');
    expect([noted?.Aliases, noted?.IPAMConfig, noted?.NetworkID, noted?.EndpointID]).to.deep.equal([
      ['x'],
      wanted.IPAMConfig,
      '',
      '',
    ]);
    expect(noted?.DNSNames).to.deep.equal(['second', 'x', container.id.slice(0, 12)]);
    const [code, message] = await refusal(() => disconnectContainer(engine.context, 'net', 'second', false));
    expect([code, message]).to.deep.equal(['INTERNAL', `container ${container.id} is not connected to network net`]);
    connectContainer(engine.context, 'net', 'second', undefined);
    expect(container.networks.get('net')?.IPAddress).to.equal('10.77.0.2');
  });

  it('gives back the address of the one family where that of the other is taken', async () => {
    const both = (v4: string): EndpointSettings =>
      asking({ IPAMConfig: { IPv4Address: v4, IPv6Address: 'fd00:77::5' } });
    engine.context.networks.create({
      Name: 'both',
      EnableIPv6: true,
      IPAM: { Driver: '', Config: [{ Subnet: '10.78.0.0/24' }, { Subnet: 'fd00:77::/64' }], Options: undefined },
      Scope: '',
      ConfigOnly: false,
    } as Parameters<typeof engine.context.networks.create>[0]);
    connectContainer(engine.context, 'both', 'first', both('10.78.0.5'));
    const failed = await refusal(() => connectContainer(engine.context, 'both', 'second', both('10.78.0.9')));
    expect(failed).to.deep.equal(['FORBIDDEN', 'Address already in use']);
    await run(engine.context, { HostConfig: { NetworkMode: 'bridge' } }, 'third');
    connectContainer(engine.context, 'both', 'third', asking({ IPAMConfig: { IPv4Address: '10.78.0.9' } }));
    expect(engine.context.containers.resolve('third').networks.get('both')?.IPAddress).to.equal('10.78.0.9');
  });

  it('keeps nothing, and no address, when its card cannot have the name', async () => {
    const options = { DriverOpts: { 'com.docker.network.endpoint.ifname': 'eth0' } };
    expect((await connect(options))[1]).to.match(/file exists$/);
    expect(container.networks.has('net')).to.equal(false);
    connectContainer(engine.context, 'net', 'second', undefined);
    expect(container.networks.get('net')?.IPAddress).to.equal('10.77.0.2');
  });

  it('lets it fail to start again, which tells of the networks that it came to and left', async () => {
    await connect(wanted);
    const seen: string[] = [];
    const collect = async (): Promise<void> => {
      for await (const { type, action, actor } of engine.context.events.subscribe({}))
        if (type === 'network') seen.push(`${action} ${actor.attributes.name}`);
    };
    void collect();
    await settled();
    const [code, message] = await refusal(() =>
      restartContainer(engine.context, 'second', { signal: 'SIGKILL' } as never),
    );
    expect([code, message]).to.deep.equal([
      'INTERNAL',
      'Cannot restart container second: failed to set up container networking: Address already in use',
    ]);
    await settled();
    const left = ['disconnect bridge', 'disconnect net'];
    expect(seen).to.deep.equal([...left, 'connect bridge', ...left]);
    expect(container.networks.get('bridge')?.NetworkID).to.equal(engine.context.networks.resolve('bridge').id);
  });
});
