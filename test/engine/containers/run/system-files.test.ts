import { expect } from 'chai';
import { archivePath } from '../../../../src/engine/containers/io/archive.js';
import { startContainer } from '../../../../src/engine/containers/run/start.js';
import { stopContainer } from '../../../../src/engine/containers/run/stop.js';
import { connectContainer, disconnectContainer } from '../../../../src/engine/networks/connect.js';
import { createNetworkType } from '../../../../src/engine/networks/network.js';
import { createNetwork } from '../../../../src/engine/networks/operations.js';
import { decodeJson } from '../../../../src/support/go/json.js';
import { type ContainerEngine, create, openContainers, run } from '../support.js';

describe('files that the daemon writes for containers', () => {
  let engine: ContainerEngine;
  beforeEach(async () => {
    engine = await openContainers();
  });
  afterEach(() => engine.close());

  const bridged = { HostConfig: { NetworkMode: 'bridge' } };
  const own = (text: string | undefined): string[] =>
    (text ?? '').split('\n').filter((line) => line !== '' && !/^(127|::1|f[ef]0)/.test(line));

  it('name the machine itself, further hosts, and the container under its address', async () => {
    const { fileSystem } = await run(engine.context, {
      Hostname: 'hh',
      Domainname: 'dd.org',
      HostConfig: { NetworkMode: 'bridge', ExtraHosts: ['a.b:1.2.3.4', 'gw:host-gateway'] },
    });
    const hosts = fileSystem?.readFile('/etc/hosts').toString();
    expect(hosts).to.match(/^127\.0\.0\.1\tlocalhost\n::1\t/);
    expect(own(hosts)).to.deep.equal(['1.2.3.4\ta.b', '172.17.0.1\tgw', '172.17.0.2\thh.dd.org hh']);
    expect(fileSystem?.readFile('/etc/hostname').toString()).to.equal('hh\n');
  });

  it('name linked containers by alias, host name and name', async () => {
    await run(engine.context, { ...bridged, Hostname: 'there' }, 'base');
    const linked = { Hostname: 'here', HostConfig: { NetworkMode: 'bridge', Links: ['base:al'] } };
    const { fileSystem } = await run(engine.context, linked);
    expect(own(fileSystem?.readFile('/etc/hosts').toString())).to.deep.equal([
      '172.17.0.2\tal there base',
      '172.17.0.3\there',
    ]);
  });

  it('follow the networks of a container that runs', async () => {
    const request = decodeJson(Buffer.from('{"Name":"extra"}'), createNetworkType);
    createNetwork(engine.context, request, '1.55');
    const container = await run(engine.context, { ...bridged, Hostname: 'hh' });
    const hosts = (): string[] => own(container.fileSystem?.readFile('/etc/hosts').toString());
    connectContainer(engine.context, 'extra', container.id, undefined);
    expect(hosts()).to.deep.equal(['172.17.0.2\thh', '172.18.0.2\thh']);
    disconnectContainer(engine.context, 'bridge', container.id, false);
    expect(hosts()).to.deep.equal(['172.18.0.2\thh']);
  });

  it('say where the resolver comes from', async () => {
    createNetwork(engine.context, decodeJson(Buffer.from('{"Name":"extra"}'), createNetworkType), '1.55');
    const told = async (HostConfig: object): Promise<string[]> => {
      const { fileSystem } = await run(engine.context, { HostConfig });
      return (fileSystem?.readFile('/etc/resolv.conf').toString() ?? '').trimEnd().split('\n').slice(4);
    };
    const own = { Dns: ['9.9.9.9', '8.8.8.8'], DnsSearch: ['s.t'], DnsOptions: ['ndots:3'] };
    const file = "# Based on host file: '/etc/resolv.conf'";
    expect(await told({ NetworkMode: 'extra', ...own })).to.deep.equal([
      'nameserver 127.0.0.11',
      'search s.t',
      'options ndots:3',
      '',
      `${file} (internal resolver)`,
      '# ExtServers: [9.9.9.9 8.8.8.8]',
      '# Overrides: [nameservers search options]',
      '# Option ndots from: override',
    ]);
    expect((await told({ NetworkMode: 'extra' })).slice(-3)).to.deep.equal([
      '# ExtServers: [host(192.0.2.53)]',
      '# Overrides: []',
      '# Option ndots from: internal',
    ]);
    expect(await told({ NetworkMode: 'bridge', DnsSearch: ['.'] })).to.deep.equal([
      'nameserver 192.0.2.53',
      '',
      `${file} (legacy)`,
      '# Overrides: [search]',
    ]);
    expect((await told({ NetworkMode: 'host' })).slice(-2)).to.deep.equal([file, '# Overrides: []']);
  });

  it('say who is asked for addresses', async () => {
    const asked = { NetworkMode: 'bridge', Dns: ['9.9.9.9'], DnsSearch: ['s.t'], DnsOptions: ['ndots:3'] };
    const { fileSystem } = await run(engine.context, { HostConfig: asked });
    const text = fileSystem?.readFile('/etc/resolv.conf').toString();
    expect(text).to.contain('\n\nnameserver 9.9.9.9\nsearch s.t\noptions ndots:3\n');
  });

  it('are in the archive of a container that has ended, and no change of it', async () => {
    const container = await create(engine.context, { ...bridged, Hostname: 'hh' }, 'web');
    await startContainer(engine.context, 'web');
    engine.model.last.deadly.set(15, 143);
    await stopContainer(engine.context, 'web', {});
    const { archive } = await archivePath(engine.context, 'web', '/etc/hostname');
    let bytes = '';
    for await (const piece of archive) bytes += piece;
    expect(bytes).to.contain('hh\n');
    expect(container.fileSystem?.changes()).to.deep.equal([]);
  });

  it('are those of the container whose network is shared', async () => {
    await run(engine.context, { ...bridged, Hostname: 'hh' }, 'base');
    const { fileSystem } = await run(engine.context, { HostConfig: { NetworkMode: 'container:base' } });
    expect(fileSystem?.readFile('/etc/hostname').toString()).to.equal('hh\n');
  });
});
