import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect } from 'chai';
import { readDaemonConfig } from '../../src/server/daemon-config.js';
import { startServer } from '../../src/server/index.js';
import { image } from '../../src/testing/image.js';
import { refusal } from '../engine/support.js';

interface Answer {
  readonly builder: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  readonly body: any;
}

describe('A file like daemon.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'attestd-test-config-'));
  const socketPath = join(folder, 's');
  const store = join(folder, 'store');
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Ask a server that a file sets up. */
  async function withServer(text: string, act: (ask: typeof asked) => Promise<void>): Promise<void> {
    const { settings } = await readDaemonConfig(text, 'daemon.json');
    const server = await startServer({
      listen: [`unix://${socketPath}`],
      store,
      settings,
      platform: 'linux/amd64',
      logLevel: 'none',
    });
    try {
      await act(asked);
    } finally {
      await server.close();
    }
  }

  async function asked(method: string, path: string, body?: object | Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json';
      const sent = request(
        { socketPath, method, path, headers: body && { 'Content-Type': type } },
        async (response) => {
          const builder = response.headers['builder-version'] as string | undefined;
          resolve({ builder, body: await json(response).catch(() => undefined) });
        },
      );
      sent.on('error', reject);
      sent.end(Buffer.isBuffer(body) ? body : body && JSON.stringify(body));
    });
  }

  it('says where a swarm is reached', async () => {
    await withServer('{"swarm-default-advertise-addr":"lo"}', async (ask) => {
      await ask('POST', '/swarm/init', { ListenAddr: '0.0.0.0:2377' });
      expect((await ask('GET', '/info')).body.Swarm).to.include({ NodeAddr: '127.0.0.1', LocalNodeState: 'active' });
    });
  });

  it('says below which folder volumes and containers are', async () => {
    await withServer('{"data-root":"/srv//docker/"}', async (ask) => {
      expect((await ask('GET', '/info')).body.DockerRootDir).to.equal('/srv/docker');
      const made = await ask('POST', '/volumes/create', { Name: 'rooted' });
      expect(made.body.Mountpoint).to.equal('/srv/docker/volumes/rooted/_data');
      expect((await ask('GET', '/volumes/rooted')).body.Mountpoint).to.equal(made.body.Mountpoint);
    });
  });

  it('says what /info and /_ping tell, and where networks get their addresses', async () => {
    const pools = [
      { base: '10.10.0.0/16', size: 16 },
      { base: '10.20.0.0/23', size: 24 },
    ];
    const config = { features: { buildkit: false }, labels: ['a=b'], 'default-address-pools': pools };
    await withServer(JSON.stringify(config), async (ask) => {
      expect((await ask('GET', '/_ping')).builder).to.equal('1');
      expect((await ask('GET', '/info')).body).to.deep.include({
        Labels: ['a=b'],
        LiveRestoreEnabled: false,
        DefaultAddressPools: pools.map(({ base, size }) => ({ Base: base, Size: size })),
      });
      const subnet = async (name: string): Promise<unknown> =>
        (await ask('GET', `/networks/${name}`)).body.IPAM.Config[0].Subnet;
      for (const Name of ['one', 'two']) await ask('POST', '/networks/create', { Name });
      expect(await Promise.all(['bridge', 'one', 'two'].map(subnet))).to.deep.equal([
        '10.10.0.0/16',
        '10.20.0.0/24',
        '10.20.1.0/24',
      ]);
      expect((await ask('POST', '/networks/create', { Name: 'three' })).body.message).to.contain('fully subnetted');
    });
  });

  it('lets containers go on over a restart, with their addresses and their network', async () => {
    const config = '{"live-restore":true}';
    const seen = async (ask: typeof asked): Promise<unknown> => {
      const { State, NetworkSettings } = (await ask('GET', '/containers/one/json')).body;
      const { NetworkID, IPAddress, MacAddress } = NetworkSettings.Networks.bridge;
      return { status: State.Status, started: State.StartedAt, NetworkID, IPAddress, MacAddress };
    };
    let before: unknown;
    await withServer(config, async (ask) => {
      expect((await ask('GET', '/info')).body.LiveRestoreEnabled).to.equal(true);
      const program = { '/bin/sleep': { content: '\x7fELF', mode: 0o755 } };
      await ask('POST', '/images/load', image('app:1').layer(program).platform('linux/amd64').toArchive());
      // The first one's address is free again, and the second does not get it.
      for (const name of ['none', 'one']) {
        await ask('POST', `/containers/create?name=${name}`, { Image: 'app:1', Cmd: ['sleep', '1000'] });
        await ask('POST', `/containers/${name}/start`);
      }
      await ask('DELETE', '/containers/none?force=1');
      before = await seen(ask);
      expect(before).to.include({ status: 'running' });
    });
    await withServer(config, async (ask) => {
      expect(await seen(ask)).to.deep.equal(before);
      expect((await ask('GET', '/containers/one/top')).body.Processes).to.have.length(1);
      expect(Object.keys((await ask('GET', '/networks/bridge')).body.Containers)).to.have.length(1);
    });
    await withServer('', async (ask) => {
      expect(await seen(ask)).to.include({ status: 'exited' });
    });
  });

  it('is refused for what attestd does not follow, and for what cannot be', async () => {
    for (const [text, why] of [
      ['{', 'JSON'],
      ['[]', 'must be object'],
      ['{"storage-driver":"overlay2"}', 'storage-driver'],
      ['{"features":{"other":true}}', 'other'],
      ['{"labels":["x"]}', 'labels'],
      ['{"default-address-pools":[{"base":"10.0.0.0/16","size":8}]}', 'do not fit'],
      ['{"default-address-pools":[{"base":"300.0.0.0/16","size":24}]}', 'no network'],
    ] as const) {
      const [code, message] = await refusal(() => readDaemonConfig(text, 'daemon.json'));
      expect(code, text).to.equal('INVALID_ARGUMENT');
      expect(message, text)
        .to.match(/^daemon\.json: /)
        .and.to.contain(why);
    }
  });
});
