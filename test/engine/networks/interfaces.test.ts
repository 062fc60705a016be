import { expect } from 'chai';
import type { Container } from '../../../src/engine/containers/container.js';
import { connectContainer, disconnectContainer } from '../../../src/engine/networks/connect.js';
import { type EndpointSettings, emptyEndpoint } from '../../../src/engine/networks/endpoint.js';
import { networkView } from '../../../src/engine/networks/interfaces.js';
import { createNetworkType } from '../../../src/engine/networks/network.js';
import { createNetwork } from '../../../src/engine/networks/operations.js';
import { decodeJson } from '../../../src/support/go/json.js';
import { type ContainerEngine, create, openContainers, run } from '../containers/support.js';
import { refusal } from '../support.js';

describe('Network cards of a container', () => {
  let engine: ContainerEngine;
  beforeEach(async () => {
    engine = await openContainers();
  });
  afterEach(() => engine.close());

  const network = (Name: string, more: object = {}): void => {
    const request = decodeJson(Buffer.from(JSON.stringify({ Name, ...more })), createNetworkType);
    createNetwork(engine.context, request, '1.55');
  };
  const cards = (container: Container): string[] =>
    networkView(engine.context, container)
      .interfaces()
      .map(({ name, ipv4, mtu, gateway4 }) => `${name} ${ipv4?.address} ${mtu}${gateway4 ? ` via ${gateway4}` : ''}`);
  const called = (name: string): EndpointSettings => ({
    ...emptyEndpoint(),
    DriverOpts: { 'com.docker.network.endpoint.ifname': name },
  });
  const on = (mode: string, more: object = {}): object => ({ HostConfig: { NetworkMode: mode }, ...more });

  it('are called as was asked for, or by the first number that is free', async () => {
    for (const [at, name] of ['n0', 'n1', 'n2'].entries())
      network(name, { IPAM: { Config: [{ Subnet: `10.0.${at}.0/24` }] } });
    const container = await run(
      engine.context,
      on('n0', { NetworkingConfig: { EndpointsConfig: { n0: called('eth1'), n1: {} } } }),
    );
    connectContainer(engine.context, 'n2', container.id, undefined);
    const names = (): string[] => cards(container).map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(names().sort()).to.deep.equal(['eth0 10.0.1.2', 'eth1 10.0.0.2', 'eth2 10.0.2.2']);
    disconnectContainer(engine.context, 'n1', container.id, false);
    disconnectContainer(engine.context, 'n2', container.id, false);
    connectContainer(engine.context, 'n2', container.id, undefined);
    expect(names().sort()).to.deep.equal(['eth0 10.0.2.2', 'eth1 10.0.0.2']);
  });

  it('have the prefix and the MTU of their network, and one leads out', async () => {
    network('foo', {
      Options: { 'com.docker.network.container_iface_prefix': 'foo', 'com.docker.network.driver.mtu': '1234' },
    });
    network('alone', { Internal: true });
    const container = await run(engine.context, on('foo'));
    connectContainer(engine.context, 'alone', container.id, undefined);
    connectContainer(engine.context, 'bridge', container.id, undefined);
    expect(cards(container)).to.deep.equal([
      'foo0 172.18.0.2 1234',
      'eth0 172.19.0.2 1500',
      'eth1 172.17.0.2 1500 via 172.17.0.1',
    ]);
  });

  it('are refused for what cannot be asked before they are there already, and for links that cannot be', async () => {
    const { context } = engine;
    network('n');
    const { id } = await run(context, on('bridge'));
    const again = (settings: object): Promise<readonly [string, string]> =>
      refusal(() => connectContainer(context, 'bridge', id, { ...emptyEndpoint(), ...settings }));
    expect((await again({}))[0]).to.equal('FORBIDDEN');
    expect((await again({ Aliases: ['x'] }))[0]).to.equal('INVALID_ARGUMENT');
    expect(
      await refusal(() => connectContainer(context, 'n', id, { ...emptyEndpoint(), Links: ['a:b:c'] })),
    ).to.deep.equal(['INTERNAL', 'bad format for links: a:b:c']);
  });

  for (const [name, why] of [
    ['eth0', 'file exists'],
    ['bad/name', 'invalid argument'],
    ['averyveryverylongname', 'numerical result out of range'],
  ] as const)
    it(`are not called ${name}: ${why}`, async () => {
      network('n');
      const container = await run(engine.context, on('bridge'));
      const [code, message] = await refusal(() => connectContainer(engine.context, 'n', container.id, called(name)));
      expect(code).to.equal('INTERNAL');
      expect(message).to.match(
        new RegExp(
          `^failed to add interface (veth\\w+) to sandbox: error renaming interface "\\1" to "${name}": ${why}$`,
        ),
      );
      expect(cards(container)).to.have.length(1);
      expect([...container.networks.keys()]).to.deep.equal(['bridge']);
    });

  it('are those of the container whose network is shared, and none without one', async () => {
    const owner = await run(engine.context, on('bridge'));
    const sharing = await run(engine.context, on(`container:${owner.id}`));
    expect(cards(sharing)).to.deep.equal(cards(owner));
    expect(cards(await run(engine.context, on('none')))).to.deep.equal([]);
  });

  it('lead to containers by name, alias and link, in networks that users made', async () => {
    network('n');
    const aliases = { NetworkingConfig: { EndpointsConfig: { n: { Aliases: ['database'] } } } };
    const other = await run(engine.context, on('n', { Hostname: 'host', ...aliases }), 'aa');
    await run(engine.context, on('bridge'), 'elsewhere');
    const links = { NetworkingConfig: { EndpointsConfig: { n: { Links: ['aa:linked'] } } } };
    const view = networkView(engine.context, await run(engine.context, on('n', links)));
    for (const name of ['aa', 'aa.n', 'database', 'host', 'linked', other.id.slice(0, 12)])
      expect(view.resolve(name), name).to.deep.equal(['172.18.0.2']);
    expect(view.resolve('elsewhere')).to.deep.equal([]);
    expect(view.nameOf('172.18.0.2')).to.equal('aa.n');
    expect(['172.18.0.2', '172.18.0.1', '172.17.0.1', '172.17.0.2'].map((each) => view.answers(each))).to.deep.equal([
      true,
      true,
      true,
      false,
    ]);
    expect(view.resolver).to.equal('127.0.0.11');
  });

  it('are missed by force: the network before the endpoint, and without force the container before both', async () => {
    network('n1');
    const leave = (term: string, force: boolean) =>
      refusal(() => disconnectContainer(engine.context, term, 'nobody', force));
    expect(await leave('nosuch', true)).to.deep.equal(['NOT_FOUND', 'network nosuch not found']);
    expect(await leave('n1', true)).to.deep.equal(['NOT_FOUND', 'endpoint nobody not found']);
    expect(await leave('nosuch', false)).to.deep.equal(['NOT_FOUND', 'No such container: nobody']);
  });

  it('have no network before the container has started, however it came to be connected', async () => {
    network('n1');
    const container = await create(engine.context, { HostConfig: { NetworkMode: 'bridge' } });
    connectContainer(engine.context, 'n1', container.id, undefined);
    expect([...container.networks].map(([name, { NetworkID: id }]) => [name, id])).to.deep.equal([
      ['bridge', ''],
      ['n1', ''],
    ]);
  });
});
