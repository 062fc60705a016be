import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import Docker from 'dockerode';
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/testing/server.js';
import { ask, tags } from './support.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const busybox = join(root, 'test/golden/images/busybox-like.tar');
const archive = join(root, 'fixtures/images/buildkit/buildkit-attested.tar');
const layout = join(root, 'fixtures/layouts/statement-empty');

async function withDaemon(options: DaemonOptions, act: (daemon: Daemon) => Promise<void>): Promise<void> {
  await using daemon = await startDaemon(options);
  await act(daemon);
}

/** The code of the error that a promise rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );
}

describe('a daemon started from a test', () => {
  it('has the images of a scenario, a layout folder and an archive, and no others', () =>
    withDaemon({ images: ['attestd/five-platforms', 'hello:plain', layout, archive] }, async ({ connection }) => {
      expect(await tags(connection)).to.deep.equal([
        'attestd/five-platforms:latest',
        'attestd/statement-empty:latest',
        'hello:attested',
        'hello:plain',
      ]);
    }));

  it('has none when none is asked for', () =>
    withDaemon({}, async ({ connection }) => {
      expect(await tags(connection)).to.deep.equal([]);
    }));

  it('answers dockerode on a unix socket and on TCP', async () => {
    for (const listen of ['unix', 'tcp'] as const)
      await withDaemon({ images: ['five-platforms'], listen }, async ({ connection, host, dockerHost }) => {
        expect(host).to.match(listen === 'unix' ? /^unix:\/\/\// : /^tcp:\/\/127\.0\.0\.1:\d+$/);
        expect(dockerHost).to.deep.equal({ DOCKER_HOST: host });
        const docker = new Docker(connection);
        const images = await docker.listImages();
        expect(images.map(({ RepoTags }) => RepoTags)).to.deep.equal([['attestd/five-platforms:latest']]);
      });
  });

  it('runs beside others, each with its own images', async () => {
    await using one = await startDaemon({ images: ['five-platforms'] });
    await using other = await startDaemon({ images: ['no-attestations'], listen: 'tcp' });
    expect(await tags(one.connection)).to.deep.equal(['attestd/five-platforms:latest']);
    expect(await tags(other.connection)).to.deep.equal(['attestd/no-attestations:latest']);
  });

  it('loads archives and says what it loaded', () =>
    withDaemon({}, async (daemon) => {
      expect(await daemon.load(archive, readFileSync(archive))).to.deep.equal(['hello:attested', 'hello:attested']);
      expect(await tags(daemon.connection)).to.deep.equal(['hello:attested']);
      expect(daemon.requests.map(({ path }) => path)).to.deep.equal(['/images/json']);
    }));

  it('passes the channel, the platform and the clock on', async () => {
    const clock = (): Date => new Date('2030-01-02T03:04:05Z');
    await withDaemon(
      { images: ['provenance-and-sbom'], channel: 'standard', platform: 'linux/s390x', clock },
      async (daemon) => {
        const { body } = await ask(daemon.connection, '/v1.55/images/attestd%2Fprovenance-and-sbom/json?manifests=1');
        expect(body).not.to.contain('"Statements"');
        const info = JSON.parse((await ask(daemon.connection, '/v1.55/info')).body) as Record<string, string>;
        expect(info.Architecture).to.equal('s390x');
        expect(info.SystemTime).to.match(/^2030-01-02T03:04:05/);
      },
    );
  });

  it('refuses what is no image with a code', async () => {
    expect(await codeOf(startDaemon({ images: ['no-such-scenario'] }))).to.equal('INVALID_ARGUMENT');
    expect(await codeOf(startDaemon({ images: ['./no/such/path'] }))).to.equal('NOT_FOUND');
    expect(await codeOf(startDaemon({ images: [busybox.replace('busybox-like', 'none')] }))).to.equal('NOT_FOUND');
    expect(await codeOf(startDaemon({ images: [Buffer.from('garbage')] }))).to.equal('INVALID_ARCHIVE');
    expect(await codeOf(startDaemon({ images: ['five-platforms'], store: '/nowhere' }))).to.equal('INVALID_ARGUMENT');
    expect(await codeOf(startDaemon({ listen: ['pigeon://roof'] }))).to.equal('USAGE');
    await withDaemon({}, async (daemon) => {
      expect(await codeOf(daemon.load(Buffer.from('garbage')))).to.equal('INVALID_ARCHIVE');
      expect(await codeOf(daemon.load(layout))).to.equal('INVALID_ARGUMENT');
      expect(await codeOf(daemon.load(42 as unknown as string))).to.equal('INVALID_ARGUMENT');
    });
  });

  it('keeps changes in a store, and is not reset then', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'attestd-test-'));
    try {
      const store = join(folder, 'store');
      await withDaemon({ store }, async (daemon) => {
        await daemon.load(archive);
        expect(await codeOf(daemon.reset())).to.equal('CONFLICT');
      });
      await withDaemon({ store }, async ({ connection }) => {
        expect(await tags(connection)).to.deep.equal(['hello:attested']);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the reset of a daemon', () => {
  it('brings back what was removed and forgets what came', () =>
    withDaemon({ images: ['five-platforms', archive] }, async (daemon) => {
      const { connection } = daemon;
      const before = await ask(connection, '/v1.55/images/json?manifests=1&shared-size=1');
      const usage = await ask(connection, '/v1.55/system/df');
      await ask(connection, '/v1.55/images/attestd%2Ffive-platforms?force=1', { method: 'DELETE' });
      await ask(connection, '/v1.55/images/hello:attested/tag?repo=other&tag=name', { method: 'POST' });
      await ask(connection, '/v1.55/images/prune', { method: 'POST' });
      expect(await tags(connection)).to.deep.equal(['hello:attested', 'other:name']);
      await daemon.reset();
      expect(await ask(connection, '/v1.55/images/json?manifests=1&shared-size=1')).to.deep.equal(before);
      expect(await ask(connection, '/v1.55/system/df')).to.deep.equal(usage);
      const events = await ask(connection, '/v1.55/events?since=0&until=1');
      expect(events.body).to.equal('');
    }));

  it('keeps connections and the daemon’s identity, and ends event streams', () =>
    withDaemon({ images: ['five-platforms'] }, async (daemon) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const options = { agent };
      const id = JSON.parse((await ask(daemon.connection, '/v1.55/info', options)).body).ID as string;
      const stream = new Promise<void>((resolve, reject) => {
        request({ ...daemon.connection, path: '/v1.55/events', agent: false }, (answer) => {
          answer.resume().on('end', resolve);
          void daemon.reset();
        })
          .on('error', reject)
          .end();
      });
      await stream;
      let reused = false;
      const answered = new Promise<string>((resolve, reject) => {
        const asked = request({ ...daemon.connection, path: '/v1.55/info', agent }, (answer) => {
          reused = asked.reusedSocket;
          let text = '';
          answer.on('data', (piece) => {
            text += piece;
          });
          answer.on('end', () => resolve(text));
        });
        asked.on('error', reject).end();
      });
      expect(JSON.parse(await answered).ID).to.equal(id);
      expect(reused).to.equal(true);
      agent.destroy();
    }));

  it('survives requests that are under way', () =>
    withDaemon({ images: ['five-platforms'] }, async (daemon) => {
      const tar = readFileSync(archive);
      const asked = Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? ask(daemon.connection, '/v1.55/images/json')
          : ask(daemon.connection, '/v1.55/images/load', { method: 'POST', body: tar }),
      );
      for (let i = 0; i < 5; i++) await daemon.reset();
      const answers = await Promise.all(asked);
      expect(answers.every(({ status }) => status > 0)).to.equal(true);
      await daemon.reset();
      expect(await tags(daemon.connection)).to.deep.equal(['attestd/five-platforms:latest']);
    }));
});

describe('the journal of a daemon', () => {
  it('has each request with its operation and what became of it', () =>
    withDaemon({ images: ['five-platforms'] }, async (daemon) => {
      const { connection } = daemon;
      const path = '/v1.55/images/attestd%2Ffive-platforms/attestations?type=a&type=b';
      for (const _ of [1, 2, 3]) await ask(connection, path, { headers: { 'X-Test': 'yes' } });
      await ask(connection, '/images/none/json');
      await ask(connection, '/v1.55/auth', {
        method: 'POST',
        body: '{"username":"me"}',
        headers: { 'Content-Type': 'application/json' },
      });
      await ask(connection, '/nonsense%zz');
      const [first, , third, missing, auth, nonsense] = daemon.requests;
      for (const entry of [first, third]) {
        expect(entry).to.include({
          method: 'GET',
          url: path,
          path: '/images/attestd/five-platforms/attestations',
          apiVersion: '1.55',
          operationId: 'ImageAttestations',
          status: 200,
          answered: true,
        });
        expect(entry?.query.getAll('type')).to.deep.equal(['a', 'b']);
        expect(entry?.headers['x-test']).to.equal('yes');
      }
      expect(missing).to.include({ operationId: 'ImageInspect', apiVersion: undefined, status: 404 });
      expect(auth?.body?.toString()).to.equal('{"username":"me"}');
      expect(nonsense).to.include({ operationId: undefined, path: '/nonsense%zz', status: 400 });
      expect(daemon.requests).to.have.length(6);
      await daemon.reset();
      expect(daemon.requests).to.have.length(0);
    }));

  it('keeps no body that is large or no text', () =>
    withDaemon({}, async (daemon) => {
      const headers = { 'Content-Type': 'application/json' };
      await ask(daemon.connection, '/v1.55/auth', { method: 'POST', body: `"${'x'.repeat(70_000)}"`, headers });
      await daemon.load(archive);
      await ask(daemon.connection, '/v1.55/images/load', {
        method: 'POST',
        body: readFileSync(archive),
        headers: { 'Content-Type': 'application/x-tar' },
      });
      expect(daemon.requests.map(({ body }) => body)).to.deep.equal([undefined, undefined]);
    }));
});

describe('the end of a daemon', () => {
  it('removes its folder and socket, whatever is under way, and may be asked for twice', async () => {
    const daemon = await startDaemon({ images: ['five-platforms', archive] });
    const folder = dirname(daemon.host.slice('unix://'.length));
    expect(existsSync(folder)).to.equal(true);
    const ended = new Promise<void>((resolve) => {
      request({ ...daemon.connection, path: '/v1.55/events', agent: false }, (answer) => {
        answer
          .resume()
          .on('close', resolve)
          .on('error', () => undefined);
        void daemon.close();
      })
        .on('error', () => undefined)
        .end();
    });
    await ended;
    await daemon.close();
    expect(existsSync(folder)).to.equal(false);
  });
});
