import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connect, type EngineClient, type ImageAccess } from '../../src/client/index.js';
import {
  type Audit,
  exceptions,
  fileAudit,
  type Gate,
  type GateJudge,
  type GateOptions,
  startGate,
} from '../../src/gate/index.js';
import { privateSocket } from '../../src/server/address.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';
import { attested, images, listAudit, send, sendRaw } from './support.js';

describe('the gate', function () {
  this.timeout(60_000);
  let daemon: Daemon;
  let client: EngineClient;
  let path: string;
  let remove: () => Promise<void>;
  let gate: Gate | undefined;
  let audit: ReturnType<typeof listAudit>;

  before(async () => {
    daemon = await startDaemon({ images: Object.values(images), platform: 'linux/amd64' });
    client = await connect({ host: daemon.host, env: {} });
    const { address, remove: drop } = await privateSocket();
    path = address.kind === 'unix' ? address.path : '';
    remove = drop;
  });
  after(async () => {
    client.close();
    await daemon.close();
    await remove();
  });
  beforeEach(async () => {
    await daemon.reset();
    audit = listAudit();
  });
  afterEach(async () => {
    await gate?.close();
    gate = undefined;
  });

  const open = async (more: Partial<GateOptions> = {}): Promise<Gate> => {
    gate = await startGate({ listen: [`unix://${path}`], host: daemon.host, judge: attested, audit, ...more });
    return gate;
  };
  const create = (body: object | string, query = ''): ReturnType<typeof send> =>
    send(path, 'POST', `/v1.55/containers/create${query}`, body);
  const idOf = async (name: string): Promise<string> => (await client.inspectImage(name)).Id ?? '';
  const containers = async (): Promise<{ Id: string; ImageID: string; State: string }[]> =>
    JSON.parse((await client.request('GET', '/containers/json', { all: '1' })).body.toString());

  describe('at create', () => {
    it('puts the id that was judged in the place of the name, and changes no other byte', async () => {
      await open();
      const id = await idOf('gate/good:1');
      const body = '{ "Image":"gate/good:1", "StopTimeout": 9007199254740993, "Labels":{"image":"x","IMAGE":"y"} }';
      expect(await create(body, '?name=kept&platform=linux/x86_64')).to.include({ status: 201 });
      const entry = daemon.requests.find(({ operationId }) => operationId === 'ContainerCreate');
      expect(String(entry?.body)).to.equal(body.replace('gate/good:1', id));
      expect(entry?.url).to.equal('/v1.55/containers/create?name=kept&platform=linux%2Famd64');
      expect(audit.decisions).to.have.lengthOf(1);
      expect(audit.decisions[0]).to.include({
        decision: 'allow',
        operation: 'ContainerCreate',
        image: 'gate/good:1',
        id,
      });
      expect(audit.decisions[0]?.manifest).to.match(/^sha256:/);
    });

    it('passes on no parameter but those of the operation: docker-modem repeats the body in the query', async () => {
      await open();
      const { status, body } = await create({ Image: 'gate/good:1' }, '?Image=gate%2Fbad:1&Cmd=a&Cmd=b&name=modem');
      expect(status, body).to.equal(201);
      const { url } = daemon.requests.find(({ operationId }) => operationId === 'ContainerCreate') ?? {};
      expect(url).to.equal('/v1.55/containers/create?name=modem');
    });

    it('is not moved by a tag that moves meanwhile', async () => {
      const judge = async (access: ImageAccess): Promise<GateJudge> => {
        const ask = await attested(access);
        return async (question) => {
          const verdict = await ask(question);
          await client.request('POST', '/images/gate/bad:1/tag', { repo: 'gate/good', tag: '1' });
          return verdict;
        };
      };
      const id = await idOf('gate/good:1');
      await open({ judge });
      expect((await create({ Image: 'gate/good:1' })).status).to.equal(201);
      expect(await idOf('gate/good:1')).to.equal(await idOf('gate/bad:1'));
      expect((await containers()).map(({ ImageID }) => ImageID)).to.deep.equal([id]);
    });

    it('tells every reason, and creates nothing', async () => {
      await open();
      const { status, body } = await create({ Image: 'gate/bad:1' });
      expect(status).to.equal(403);
      expect(JSON.parse(body)).to.deep.equal({ message: 'gate/bad:1 may not run: it has no attestations' });
      expect(await containers()).to.deep.equal([]);
      expect(audit.decisions[0]).to.deep.include({ decision: 'deny', reasons: ['it has no attestations'] });
    });

    it('removes a container that the daemon made of another manifest than was judged', async () => {
      const other = `sha256:${'0'.repeat(64)}`;
      const judge = async (access: ImageAccess): Promise<GateJudge> => {
        const ask = await attested(access);
        return async (question) => ({ ...(await ask(question)), manifest: other });
      };
      await open({ judge });
      expect((await create({ Image: 'gate/good:1' })).status).to.equal(403);
      expect(await containers()).to.deep.equal([]);
      expect(audit.decisions.map(({ decision }) => decision)).to.deep.equal(['allow', 'deny']);
    });

    it('answers 404 as the daemon does, so that clients pull', async () => {
      await open();
      const direct = await send(daemon.host.replace('unix://', ''), 'POST', '/v1.55/containers/create', {
        Image: 'nope',
      });
      const { status, body } = await create({ Image: 'nope' });
      expect({ status, body }).to.deep.equal({ status: direct.status, body: direct.body });
    });

    it('mounts an allowed image by its id', async () => {
      await open();
      const Mounts = [{ Type: 'image', Source: 'gate/good:1', Target: '/x' }];
      expect((await create({ Image: 'gate/good:1', HostConfig: { Mounts } })).status).to.equal(201);
      const { body } = daemon.requests.find(({ operationId }) => operationId === 'ContainerCreate') ?? {};
      const sent = JSON.parse(String(body)) as { HostConfig: { Mounts: { Source: string }[] } };
      expect(sent.HostConfig.Mounts[0]?.Source).to.equal(await idOf('gate/good:1'));
    });

    it('adds what the policy warns of', async () => {
      const judge = async (access: ImageAccess): Promise<GateJudge> => {
        const ask = await attested(access);
        return async (question) => ({ ...(await ask(question)), warnings: ['soon refused'] });
      };
      await open({ judge });
      const { body } = await create({ Image: 'gate/good:1' });
      expect(JSON.parse(body)).to.have.property('Warnings').that.includes('soon refused');
    });
  });

  describe('at start', () => {
    for (const [what, name] of [
      ['the name that the container was created with', 'gate/good:1'],
      ['a name whose tag is a commit, which is no digest', `app:${'c0ffee'.repeat(7).slice(2)}`],
    ] as const)
      it(`judges by ${what}`, async () => {
        const [repo, tag] = name.split(':') as [string, string];
        await client.request('POST', '/images/gate/good:1/tag', { repo, tag });
        const asked: string[] = [];
        const judge = async (access: ImageAccess): Promise<GateJudge> => {
          const ask = await attested(access);
          return (question) => {
            asked.push(`${question.moment} ${question.image} ${question.containerName}`);
            return ask(question);
          };
        };
        await open({ judge });
        await create({ Image: name }, '?name=first');
        await send(path, 'POST', '/v1.55/containers/first/start');
        expect(asked).to.deep.equal([`create ${name} first`, `start ${name} first`]);
        expect(audit.decisions.map(({ decision }) => decision)).to.deep.equal(['allow', 'allow']);
      });

    it('refuses what the policy no longer allows', async () => {
      let allows = true;
      const judge = async (access: ImageAccess): Promise<GateJudge> => {
        const ask = await attested(access);
        return async (question) => ({ ...(await ask(question)), allowed: allows });
      };
      await open({ judge });
      await create({ Image: 'gate/good:1' }, '?name=second');
      allows = false;
      expect((await send(path, 'POST', '/v1.55/containers/second/start')).status).to.equal(403);
      expect((await containers())[0]?.State).to.equal('created');
    });
  });

  describe('fails closed', () => {
    const refuses = async (more: Partial<GateOptions>, decision = 'error'): Promise<void> => {
      await open(more);
      expect((await create({ Image: 'gate/good:1' })).status).to.equal(503);
      expect(await containers()).to.deep.equal([]);
      if (!more.audit) expect(audit.decisions.map((one) => one.decision)).to.deep.equal([decision]);
    };

    it('when the policy fails', () => refuses({ judge: () => async () => Promise.reject(new Error('broken')) }));
    it('when the policy does not answer', () =>
      refuses({ judge: () => () => new Promise(() => undefined), timeout: 50 }));
    it('when the policy answers nothing that is a verdict', () => refuses({ judge: () => async () => ({}) as never }));
    it('when what it decides cannot be written down', () => {
      const broken: Audit = { write: () => Promise.reject(new Error('full')), close: async () => undefined };
      return refuses({ audit: broken });
    });

    it('when the daemon is gone', async () => {
      const gone = http.createServer((_request, response) => response.end()).listen(`${path}.gone`);
      await once(gone, 'listening');
      await open({ host: `unix://${path}.gone` });
      gone.close();
      gone.closeAllConnections();
      expect((await create({ Image: 'gate/good:1' })).status).to.equal(503);
      expect((await send(path, 'GET', '/_ping')).status).to.equal(503);
    });
  });

  describe('passes on', () => {
    it('what it has no rule for', async () => {
      await open();
      expect(await send(path, 'GET', '/_ping')).to.include({ status: 200, body: 'OK' });
      expect((await send(path, 'HEAD', '/_ping')).headers).to.have.property('api-version', '1.55');
      expect((await send(path, 'GET', '/v1.55/images/gate%2Fgood:1/attestations')).body).to.include('spdx.dev');
      expect((await send(path, 'DELETE', '/v1.55/images/gate/mixed:1')).status).to.equal(200);
      expect(audit.decisions).to.deep.equal([]);
    });

    it('what an exception lets through', async () => {
      await open({ allow: ['commit'] });
      await create({ Image: 'gate/good:1' }, '?name=third');
      expect((await send(path, 'POST', '/v1.55/commit?container=third')).status).to.equal(201);
    });

    it('events as they come', async () => {
      await open();
      const request = http.get({ socketPath: path, path: '/v1.55/events', agent: false });
      const [incoming] = (await once(request, 'response')) as [http.IncomingMessage];
      await client.request('POST', '/images/gate/good:1/tag', { repo: 'gate/event', tag: '1' });
      const [piece] = (await once(incoming, 'data')) as [Buffer];
      expect(JSON.parse(piece.toString())).to.include({ Action: 'tag' });
      request.destroy();
    });

    it('an attached connection, each side closed for itself', async () => {
      const echo = net.createServer({ allowHalfOpen: true }, (socket) => {
        let text = '';
        socket.on('data', (piece) => {
          if (text === '') socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly ');
          text += String(piece);
        });
        // Only when the client has closed its side does it hear what it has said.
        socket.on('end', () => socket.end(text.slice(text.indexOf('\r\n\r\n') + 4)));
        socket.on('error', () => undefined);
      });
      const hidden = http.createServer((request, response) => {
        response.setHeader('Api-Version', '1.55');
        response.end(request.url);
      });
      // The gate first says hello by HTTP, and then attaches.
      const front = net.createServer({ allowHalfOpen: true }, (socket) => {
        socket.once('readable', () => {
          const head = socket.read() as Buffer | null;
          if (head === null) return;
          socket.unshift(head);
          (head.toString().includes('/attach') ? echo : hidden).emit('connection', socket);
        });
      });
      front.listen(`${path}.echo`);
      await once(front, 'listening');
      await open({ host: `unix://${path}.echo` });
      const socket = net.connect({ path, allowHalfOpen: true });
      socket.write('POST /containers/x/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      let text = '';
      socket.on('data', (piece) => {
        text += String(piece);
      });
      while (!text.includes('early')) await once(socket, 'data');
      socket.end('over and out');
      await once(socket, 'end');
      expect(text).to.match(/^HTTP\/1\.1 101 UPGRADED\r\n/);
      expect(text.slice(text.indexOf('early'))).to.equal('early over and out');
      front.close();
    });

    it('no more than the client reads', async () => {
      let written = 0;
      const piece = Buffer.alloc(256 * 1024);
      const flood = http.createServer((request, response) => {
        response.setHeader('Api-Version', '1.55');
        if (request.url !== '/v1.55/images/get') return response.end();
        const pour = (): void => {
          while (written < 512 * piece.length) {
            written += piece.length;
            if (!response.write(piece)) return void response.once('drain', pour);
          }
          response.end();
        };
        pour();
        return undefined;
      });
      flood.listen(`${path}.flood`);
      await once(flood, 'listening');
      await open({ host: `unix://${path}.flood` });
      const request = http.get({ socketPath: path, path: '/v1.55/images/get', agent: false });
      const [incoming] = (await once(request, 'response')) as [http.IncomingMessage];
      incoming.pause();
      await sleep(300);
      expect(written).to.be.below(16 * 1024 * 1024);
      let read = 0;
      incoming.on('data', (some: Buffer) => {
        read += some.length;
      });
      incoming.resume();
      await once(incoming, 'end');
      expect(read).to.equal(512 * piece.length);
      flood.close();
    });

    it('the end of a client, so that the daemon does not go on', async () => {
      let closed: (() => void) | undefined;
      const ended = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const endless = http.createServer((request, response) => {
        response.setHeader('Api-Version', '1.55');
        if (request.url !== '/v1.55/containers/x/logs') return response.end();
        response.write('x');
        response.once('close', () => closed?.());
        return undefined;
      });
      endless.listen(`${path}.endless`);
      await once(endless, 'listening');
      await open({ host: `unix://${path}.endless` });
      const request = http.get({ socketPath: path, path: '/v1.55/containers/x/logs', agent: false });
      const [incoming] = (await once(request, 'response')) as [http.IncomingMessage];
      incoming.on('error', () => undefined);
      request.on('error', () => undefined);
      request.destroy();
      await ended;
      endless.close();
    });
  });

  describe('remembers what the daemon says of images', () => {
    const inspections = (): number =>
      daemon.requests.filter(({ operationId }) => operationId === 'ImageInspect').length;

    it('and does not ask again', async () => {
      await open();
      while (daemon.requests.length === 0) await sleep(10);
      await create({ Image: 'gate/good:1' });
      const asked = inspections();
      for (let time = 0; time < 3; time++) await create({ Image: 'gate/good:1' });
      expect(inspections()).to.equal(asked);
    });

    it('and does not look at what it makes of the same image again, but before a start it does', async () => {
      const looks = (): number =>
        daemon.requests.filter(({ operationId }) => operationId === 'ContainerInspect').length;
      await open();
      while (daemon.requests.length === 0) await sleep(10);
      const counts: number[] = [];
      for (let time = 0; time < 3; time++) {
        await create({ Image: 'gate/good:1' });
        counts.push(looks());
      }
      await send(path, 'POST', '/v1.55/images/gate/bad:1/tag?repo=gate/other&tag=1');
      const { Id } = JSON.parse((await create({ Image: 'gate/good:1' })).body) as { Id: string };
      counts.push(looks());
      await send(path, 'POST', `/v1.55/containers/${Id}/start`);
      counts.push(looks());
      expect(counts).to.deep.equal([1, 1, 1, 2, 3]);
    });

    for (const [who, socket] of [
      ['the gate', () => path],
      ['somebody else', () => daemon.host.replace('unix://', '')],
    ] as const)
      it(`until ${who} moves a tag`, async () => {
        await open();
        await create({ Image: 'gate/good:1' });
        expect((await send(socket(), 'POST', '/v1.55/images/gate/bad:1/tag?repo=gate/good&tag=1')).status).to.equal(
          201,
        );
        // The event of somebody else's request comes by itself.
        if (who !== 'the gate') await sleep(100);
        expect((await create({ Image: 'gate/good:1' })).status).to.equal(403);
      });
  });

  it('knows nothing any more of what a daemon had before it began anew', async () => {
    await open();
    for (const [first, second, status] of [
      [images.good, images.bad, 403],
      [images.bad, images.good, 201],
    ] as const) {
      while (daemon.requests.length === 0) await sleep(10);
      const tag = async (id: string): Promise<unknown> =>
        client.request('POST', `/images/${id}/tag`, { repo: 'gate/moved', tag: '1' });
      await tag(first.digest);
      await sleep(50);
      await create({ Image: 'gate/moved:1' });
      await daemon.reset();
      await tag(second.digest);
      expect((await create({ Image: 'gate/moved:1' })).status).to.equal(status);
    }
  });

  it('has no web page drive it over TCP', async () => {
    const { hosts } = await open({ listen: ['tcp://127.0.0.1:0'] });
    const base = (hosts[0] as string).replace('tcp:', 'http:');
    expect((await fetch(`${base}/_ping`)).status).to.equal(200);
    expect((await fetch(`${base}/_ping`, { headers: { Origin: 'http://evil.example' } })).status).to.equal(403);
  });

  it('does not listen beyond the machine, nor at the daemon’s own address', async () => {
    for (const listen of ['tcp://0.0.0.0:0', daemon.host]) {
      const error = await startGate({ listen: [listen], host: daemon.host, judge: attested, audit }).catch((e) => e);
      expect(error).to.have.property('code', 'USAGE');
    }
  });

  it('writes a line for each decision', async () => {
    const file = join(dirname(path), 'audit.jsonl');
    await open({ audit: await fileAudit(file) });
    await create({ Image: 'gate/good:1' });
    await create({ Image: 'gate/bad:1' });
    await sendRaw(path, 'GET //_ping HTTP/1.1\r\nHost: x\r\n\r\n');
    const lines = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ decision }) => decision)).to.deep.equal(['allow', 'deny', 'refuse']);
    for (const line of lines) expect(line.time).to.match(/^\d{4}-.*Z$/);
    await rm(file);
  });

  it('has an exception for every rule that the command line names', async () => {
    const { command } = await import('../../src/cli/gate.js');
    expect(command.line.flags.allow?.choices).to.deep.equal(Object.keys(exceptions));
  });
});
