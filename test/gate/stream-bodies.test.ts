import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type Gate, startGate } from '../../src/gate/index.js';
import { privateSocket } from '../../src/server/address.js';
import { attested, listAudit, send, sendRaw } from './support.js';

const hello = 'HTTP/1.1 200 OK\r\nApi-Version: 1.55\r\nContent-Length: 0\r\n\r\n';
const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('large bodies through the gate', function () {
  this.timeout(60_000);
  let path: string;
  let remove: () => Promise<void>;
  let gate: Gate;
  let daemon: net.Server | http.Server;

  before(async () => {
    const { address, remove: drop } = await privateSocket();
    path = address.kind === 'unix' ? address.path : '';
    remove = drop;
  });
  after(() => remove());
  afterEach(async () => {
    await gate.close();
    daemon.close();
    await rm(`${path}.daemon`, { force: true });
  });

  async function stand(before: net.Server | http.Server): Promise<void> {
    daemon = before.listen(`${path}.daemon`);
    await once(daemon, 'listening');
    const host = `unix://${path}.daemon`;
    gate = await startGate({ listen: [`unix://${path}`], host, judge: attested, audit: listAudit() });
  }

  /** A daemon that greets, and answers requests for archives with bytes as they stand here. */
  const saying = (answer: string | ((heard: string) => string)): net.Server =>
    net.createServer({ allowHalfOpen: true }, (socket) => {
      let heard = '';
      socket.on('error', () => undefined);
      socket.on('data', (piece) => {
        heard += piece.toString('latin1');
        if (!heard.includes('/archive')) socket.write(hello);
        else if (heard.includes('\r\n\r\n')) socket.end(typeof answer === 'string' ? answer : answer(heard));
      });
    });

  const get = 'GET /containers/x/archive?path=/ HTTP/1.1\r\nHost: x\r\nX-Kept: yes\r\n\r\n';

  for (const framing of ['in chunks', 'with a length'] as const)
    it(`come to the daemon as they were sent, ${framing}, and its answer while they do`, async () => {
      const heard: Buffer[] = [];
      await stand(
        http.createServer((request, response) => {
          response.setHeader('Api-Version', '1.55');
          if (request.method !== 'PUT') return void response.end();
          response.write('begun ');
          request.on('data', (piece: Buffer) => heard.push(piece));
          request.on('end', () => response.end(`${request.headers['content-length']} ${request.headers.connection}`));
        }),
      );
      const body = Buffer.alloc(3_000_001, 'some bytes ');
      const headers = framing === 'in chunks' ? {} : { 'Content-Length': body.length };
      const request = http.request({ socketPath: path, method: 'PUT', path: '/containers/x/archive?path=/', headers });
      request.write(body.subarray(0, 70_000));
      const [incoming] = (await once(request, 'response')) as [http.IncomingMessage];
      request.write(body.subarray(70_000, 70_001));
      request.end(body.subarray(70_001));
      let text = '';
      for await (const piece of incoming) text += String(piece);
      expect(text).to.equal(`begun ${framing === 'in chunks' ? undefined : body.length} close`);
      expect(sum(Buffer.concat(heard))).to.equal(sum(body));
    });

  it('come to the client byte for byte, with the daemon’s head, and end the connection', async () => {
    const body = '5;x=y\r\nhello\r\n0\r\nTrailer: kept\r\n\r\n';
    await stand(
      saying(
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Fine\r\nX-Two: 1\r\nX-Two: 2\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n${body}`,
      ),
    );
    expect(await sendRaw(path, get, 2000)).to.equal(
      `HTTP/1.1 200 Fine\r\nX-Two: 1\r\nX-Two: 2\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${body}`,
    );
  });

  it('go with the headers of the client, and the gate’s own of the connection', async () => {
    await stand(saying((heard) => `HTTP/1.1 200 OK\r\nContent-Length: ${heard.length}\r\n\r\n${heard}`));
    const text = await sendRaw(path, `${get.slice(0, -2)}Connection: keep-alive, X-Gone\r\nX-Gone: 1\r\n\r\n`, 2000);
    expect(text).to.match(
      /GET \/containers\/x\/archive\?path=\/ HTTP\/1\.1\r\nHost: docker\r\nX-Kept: yes\r\nConnection: close\r\n\r\n$/,
    );
  });

  for (const [what, answer] of [
    ['what is no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['nothing', ''],
    ['a connection that nobody asked for', 'HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n'],
  ] as const)
    it(`are 503 when the daemon answers ${what}`, async () => {
      await stand(saying(answer));
      expect((await send(path, 'GET', '/containers/x/archive?path=/')).status).to.equal(503);
    });

  it('break off where the daemon breaks off', async () => {
    await stand(saying('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'));
    const error = await send(path, 'GET', '/containers/x/archive?path=/').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
  });

  it('of which the daemon wants no more leave room for its answer', async () => {
    await stand(
      http.createServer((request, response) => {
        response.writeHead(404, { 'Api-Version': '1.55', Connection: 'close' });
        response.end('no such container');
        if (request.method === 'PUT') setTimeout(() => request.socket.destroy(), 300);
      }),
    );
    const body = Buffer.alloc(8 * 1024 * 1024);
    expect(await send(path, 'PUT', '/containers/x/archive?path=/', body)).to.include({
      status: 404,
      body: 'no such container',
    });
  });

  /** A daemon that takes uploads, slowly, and tells their hash. */
  const hashing = (): http.Server =>
    http.createServer(async (request, response) => {
      response.setHeader('Api-Version', '1.55');
      if (request.method !== 'PUT') return void response.end();
      const hash = createHash('sha256');
      let pieces = 0;
      for await (const piece of request as AsyncIterable<Buffer>) {
        hash.update(piece);
        pieces += 1;
        if (pieces % 40 === 0) await sleep(5);
      }
      response.end(hash.digest('hex'));
    });

  const put = 'PUT /containers/x/archive?path=/ HTTP/1.1\r\nHost: x\r\n';
  const random = randomBytes(9_000_001);
  const inChunks = (size: number): Buffer => {
    const pieces: (Buffer | string)[] = [];
    for (let at = 0; at < random.length; at += size) {
      const piece = random.subarray(at, at + size);
      pieces.push(`${piece.length.toString(16)}\r\n`, piece, '\r\n');
    }
    return Buffer.concat([...pieces, '0\r\n\r\n'].map((piece) => Buffer.from(piece as string, 'latin1')));
  };

  for (const [what, head, body, split] of [
    ['of an announced length', `${put}Content-Length: ${random.length}\r\n\r\n`, random, 0],
    ['in large chunks', `${put}Transfer-Encoding: chunked\r\n\r\n`, inChunks(1_000_000), 0],
    ['in small chunks', `${put}Transfer-Encoding: chunked\r\n\r\n`, inChunks(333), 0],
    ['behind a head that comes in two pieces', `${put}Content-Length: ${random.length}\r\n\r\n`, random, 30],
    [
      'behind another request',
      `GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n${put}Content-Length: ${random.length}\r\n\r\n`,
      random,
      0,
    ],
  ] as const)
    it(`${what} reach a slow daemon whole`, async () => {
      await stand(hashing());
      const bytes = Buffer.concat([Buffer.from(head), body, Buffer.from('GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n')]);
      const socket = net.connect({ path, allowHalfOpen: true });
      let answer = '';
      socket.on('data', (piece) => {
        answer += piece.toString('latin1');
      });
      if (split > 0) {
        socket.write(bytes.subarray(0, split));
        await sleep(50);
      }
      socket.write(bytes.subarray(split));
      await once(socket, 'end');
      socket.destroy();
      expect(answer.match(/[0-9a-f]{64}/)?.[0]).to.equal(sum(random));
      expect(answer).to.match(/Connection: close\r\n/);
    });

  it('come whole to a client that reads slowly', async () => {
    await stand(
      http.createServer((_request, response) => {
        response.setHeader('Api-Version', '1.55');
        response.end(random);
      }),
    );
    const [incoming] = (await once(
      http.get({ socketPath: path, path: '/containers/x/archive?path=/' }),
      'response',
    )) as [http.IncomingMessage];
    const hash = createHash('sha256');
    let pieces = 0;
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      hash.update(piece);
      pieces += 1;
      if (pieces % 20 === 0) await sleep(5);
    }
    expect(hash.digest('hex')).to.equal(sum(random));
  });

  it('whose chunks could be read in two ways are 400, and what is in them gets nowhere', async () => {
    let heard = '';
    await stand(
      saying((text) => {
        heard = text;
        return '';
      }),
    );
    const answer = await sendRaw(
      path,
      `${put}Transfer-Encoding: chunked\r\n\r\n3;x\nPOST /evil HTTP/1.1\r\n\r\n`,
      2000,
    );
    expect(answer).to.match(/^HTTP\/1\.1 400 /);
    expect(heard).not.to.include('evil');
  });

  it('are not lost on connections whose many requests wait for a client that reads nothing', async () => {
    await stand(
      http.createServer((request, response) => {
        response.setHeader('Api-Version', '1.55');
        request.resume();
        response.end(request.url === '/_ping' ? '' : random.subarray(0, 500_000));
      }),
    );
    const list = 'GET /images/json HTTP/1.1\r\nHost: x\r\n\r\n';
    const socket = net.connect(path);
    let length = 0;
    socket.pause();
    for (let at = 0; at < 60; at += 1) socket.write(list);
    await sleep(200);
    socket.write(list.replace('Host', 'Connection: close\r\nHost'));
    socket.on('data', (piece) => {
      length += piece.length;
    });
    socket.resume();
    await once(socket, 'end');
    expect(length).to.be.above(61 * 500_000);
  });

  it('come in turn where answers wait for a client that reads nothing', async () => {
    await stand(
      http.createServer((request, response) => {
        response.setHeader('Api-Version', '1.55');
        request.resume();
        request.on('end', () => response.end(request.url === '/_ping' ? '' : random.subarray(0, 300_000)));
      }),
    );
    const socket = net.connect(path);
    socket.pause();
    const list = 'GET /images/json HTTP/1.1\r\nHost: x\r\n\r\n';
    for (let at = 0; at < 3; at += 1) {
      socket.write(list);
      await sleep(30);
    }
    socket.write(`${put}Content-Length: 5\r\n\r\nhello`);
    await sleep(50);
    let length = 0;
    socket.on('data', (piece) => {
      length += piece.length;
    });
    socket.resume();
    await once(socket, 'end');
    expect(length).to.be.above(4 * 300_000);
  });

  it('that a client gives up are given up', async () => {
    const gone = new Promise<void>((resolve) => {
      stand(
        http.createServer((request, response) => {
          response.setHeader('Api-Version', '1.55');
          if (request.method !== 'PUT') return void response.end();
          request.on('error', () => undefined);
          request.once('close', () => resolve());
          request.resume();
        }),
      ).then(async () => {
        const request = http.request({ socketPath: path, method: 'PUT', path: '/containers/x/archive?path=/' });
        request.on('error', () => undefined);
        request.write('x');
        await sleep(100);
        request.destroy();
      });
    });
    await gone;
  });
});
