import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http, { type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { connect, type EngineClient } from '../../src/client/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { unpack } from './programs.js';

const builder = 'https://attestd.example/builder';

interface Policy {
  readonly builder: string;
  readonly publicKey?: string;
}

interface Programs {
  judge(client: EngineClient, image: string, policy: Policy): Promise<{ digest: string; reasons: string[] }>;
  createGate(socketPath: string, client: EngineClient, policy: Policy): Server;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

describe('the programs of docs/policy.md', () => {
  let folder: string;
  let server: RunningServer;
  let client: EngineClient;
  let programs: Programs;
  let socketPath: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-policy-'));
    await unpack(folder);
    server = await startServer({ platform: 'linux/amd64' });
    client = await connect({ host: server.hosts[0] as string, env: {} });
    socketPath = (server.hosts[0] as string).replace('unix://', '');
    const load = (name: string): Promise<object> => import(pathToFileURL(join(folder, name)).href);
    programs = { ...(await load('policy.mjs')), ...(await load('gate.mjs')) } as Programs;
  });
  after(async () => {
    client.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  for (const [image, policy, reasons] of [
    ['attestd/provenance-and-sbom', { builder }, []],
    ['attestd/provenance-and-sbom', { builder: 'https://other.example' }, [/its builder is/]],
    ['attestd/layer-without-predicate-type', { builder }, [/no SBOM/]],
    ['attestd/no-attestations', { builder }, [/no provenance/, /no SBOM/]],
    ['hello:signed', { builder }, [/its builder is ''/]],
  ] as const) {
    it(`judge ${image} built by ${policy.builder}: ${reasons.length === 0 ? 'allowed' : 'refused'}`, async () => {
      const judged = await programs.judge(client, image, policy);
      expect(judged.reasons).to.have.lengthOf(reasons.length);
      for (const [at, reason] of reasons.entries()) expect(judged.reasons[at]).to.match(reason);
    });
  }

  it('judge by a key', async () => {
    const publicKey = await readFile(new URL('../../fixtures/keys/signer.pub', import.meta.url), 'utf8');
    const judge = async (image: string): Promise<string[]> =>
      (await programs.judge(client, image, { builder, publicKey })).reasons;
    expect(await judge('attestd/signed')).to.deep.equal([]);
    expect(await judge('attestd/signed-by-stranger')).to.have.lengthOf(1);
    expect(await judge('attestd/provenance-and-sbom')).to.have.lengthOf(1);
  });

  it('work on the command line', async () => {
    const run = (image: string): Promise<{ code: unknown; stdout: string; stderr: string }> =>
      new Promise((resolve) => {
        const env = { ...process.env, DOCKER_HOST: server.hosts[0] as string };
        const cwd = fileURLToPath(new URL('../..', import.meta.url));
        const args = ['--import', 'tsx', join(folder, 'check.mjs'), image, builder];
        execFile(process.execPath, args, { env, cwd }, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : error.code, stdout, stderr });
        });
      });
    const allowed = await run('attestd/provenance-and-sbom');
    expect(allowed).to.include({ code: 0, stderr: '' });
    expect(allowed.stdout).to.match(/^sha256:[0-9a-f]{64}\n$/);
    expect(await run('attestd/layer-without-predicate-type')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'attestd/layer-without-predicate-type: it has no SBOM\n',
    });
  });

  describe('as a gate in front of the daemon', () => {
    let gate: Server;
    let gatePath: string;
    /** Bodies that reached the daemon. */
    const created: { Image: string }[] = [];
    let daemon: Server;

    before(async () => {
      // Creates containers on paper; everything else goes to the reference server.
      daemon = http.createServer((request, response) => {
        if (!/create$/.test(decodeURIComponent(request.url?.split('?')[0] ?? ''))) {
          const { method, headers } = request;
          const onward = http.request({ socketPath, path: request.url, method, headers }, (incoming) => {
            response.writeHead(incoming.statusCode as number, incoming.rawHeaders);
            incoming.pipe(response);
          });
          request.pipe(onward);
          return;
        }
        let text = '';
        request.on('data', (piece) => {
          text += String(piece);
        });
        request.on('end', () => {
          created.push(JSON.parse(text) as { Image: string });
          response.writeHead(201, { 'Content-Type': 'application/json' });
          response.end('{"Id":"x","Warnings":[]}\n');
        });
      });
      const daemonPath = join(folder, 'daemon.sock');
      gatePath = join(folder, 'gate.sock');
      gate = programs.createGate(daemonPath, client, { builder });
      await Promise.all([
        new Promise<void>((resolve) => {
          daemon.listen(daemonPath, resolve);
        }),
        new Promise<void>((resolve) => {
          gate.listen(gatePath, resolve);
        }),
      ]);
    });
    after(() => {
      for (const one of [gate, daemon]) {
        one.close();
        one.closeAllConnections();
      }
    });
    beforeEach(() => {
      created.length = 0;
    });

    const send = (method: string, path: string, body?: object): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const headers = body ? { 'Content-Type': 'application/json' } : {};
        const request = http.request({ socketPath: gatePath, method, path, headers }, (incoming) => {
          let text = '';
          incoming.on('data', (piece) => {
            text += String(piece);
          });
          incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }));
        });
        request.on('error', reject);
        request.end(body && JSON.stringify(body));
      });

    it('creates a container of an allowed image, by its digest', async () => {
      const Image = 'attestd/provenance-and-sbom';
      const { status } = await send('POST', '/v1.55/containers/create?name=x', { Image, Cmd: ['x'] });
      expect(status).to.equal(201);
      const { digest } = await programs.judge(client, Image, { builder });
      expect(created).to.deep.equal([{ Image: digest, Cmd: ['x'] }]);
    });

    for (const path of ['/containers/create', '/v1.44/containers/create?name=y', '/v1.55/containers/%63reate']) {
      it(`creates none of a refused image by ${path}`, async () => {
        const { status, body } = await send('POST', path, { Image: 'attestd/no-attestations' });
        expect(status).to.equal(403);
        expect(JSON.parse(body)).to.have.property('message').that.includes('it has no provenance; it has no SBOM');
        expect(created).to.deep.equal([]);
      });
    }

    it('answers as the daemon would when there is no such image', async () => {
      expect((await send('POST', '/containers/create', { Image: 'nope' })).status).to.equal(404);
    });

    it('refuses a body that is not JSON, and a platform that the image lacks', async () => {
      expect((await send('POST', '/containers/create')).status).to.equal(400);
      const Image = 'attestd/provenance-and-sbom';
      expect((await send('POST', '/containers/create?platform=linux/riscv64', { Image })).status).to.equal(403);
      expect(created).to.deep.equal([]);
    });

    it('lets everything else through', async () => {
      expect(await send('GET', '/_ping')).to.deep.equal({ status: 200, body: 'OK' });
      expect((await send('GET', '/v1.55/images/hello:signed/attestations')).body).to.include('spdx.dev');
    });
  });
});
