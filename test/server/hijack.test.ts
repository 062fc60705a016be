import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import type { Context } from 'koa';
import { WebSocket } from 'ws';
import { hijack } from '../../src/server/hijack.js';
import type { OperationHandlers } from '../../src/server/operation.js';
import { contextWithoutStore, serveContext, type TestService } from './support.js';

/** Waits until something is so, which the test's time limit bounds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('hijacking a connection', () => {
  let service: TestService;
  let body = '';
  const served: { connection: Duplex; closed: boolean; finish: () => void }[] = [];

  const run = (connection: Duplex): Promise<void> =>
    new Promise((finish) => {
      const one = { connection, closed: false, finish };
      served.push(one);
      connection.once('close', () => {
        one.closed = true;
      });
      connection.on('data', (piece: Buffer) => connection.write(`[${piece}]`));
      connection.once('end', () => connection.write('<end>'));
    });
  const handlers: OperationHandlers = {
    ContainerAttach: () => ({
      kind: 'hijack',
      statusLine: '200 OK',
      headers: { 'Content-Type': 'a/b' },
      bare: true,
      run,
      abandon: () => undefined,
    }),
    async ExecStart(request) {
      for await (const piece of request.body) body += piece;
      return {
        kind: 'hijack',
        statusLine: '101 UPGRADED',
        headers: { Connection: 'Upgrade', Upgrade: 'tcp' },
        run,
        abandon: () => undefined,
      };
    },
    ContainerAttachWebsocket: () => ({
      kind: 'hijack',
      statusLine: '101 Switching Protocols',
      webSocket: true,
      run,
      abandon: () => undefined,
    }),
    SystemPing: () => ({ kind: 'json', value: { body } }),
  };

  before(async () => {
    service = await serveContext(contextWithoutStore(), { handlers });
  });

  after(() => service.close());

  beforeEach(() => {
    body = '';
    served.length = 0;
  });

  function dial(): { socket: Socket; text: () => string } {
    const socket = connect({ path: service.path, allowHalfOpen: true });
    let text = '';
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
    });
    socket.on('error', () => undefined);
    return { socket, text: () => text };
  }

  const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';

  for (const [name, headers] of [
    ['with an upgrade', upgrade],
    ['without one', ''],
  ] as const) {
    it(`carries bytes both ways ${name}, each side closed for itself`, async () => {
      const { socket, text } = dial();
      socket.write(`POST /containers/a/attach HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n${headers}\r\n{}`);
      await until(() => text() === 'HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n');
      socket.write('GET / HTTP/1.1\r\n\r\n');
      await until(() => text().endsWith('[GET / HTTP/1.1\r\n\r\n]'));
      socket.end('x');
      await until(() => text().endsWith('[x]<end>'));
      served[0]?.finish();
      await once(socket, 'end');
    });

    it(`reads the body of the request first ${name}`, async () => {
      const { socket, text } = dial();
      socket.write(`POST /exec/a/start HTTP/1.1\r\nHost: d\r\nContent-Length: 8\r\n${headers}\r\n{"a"`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.write(': 1}');
      await until(() => text().includes('\r\n\r\n'));
      expect(text()).to.match(/^HTTP\/1\.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n/);
      expect(text()).to.include('\r\nApi-Version: 1.55\r\n');
      expect(body).to.equal('{"a": 1}');
      socket.destroy();
    });

    it(`lets go of a client that leaves ${name}`, async () => {
      const { socket, text } = dial();
      socket.write(`POST /containers/a/attach HTTP/1.1\r\nHost: d\r\n${headers}\r\n`);
      await until(() => text() !== '');
      socket.destroy();
      await until(() => served[0]?.closed === true);
    });
  }

  it('takes what comes with an upgrade right after the body for the operation', async () => {
    const { socket, text } = dial();
    socket.write(`POST /exec/a/start HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n${upgrade}\r\n{}early`);
    await until(() => text().endsWith('[early]'));
    expect(body).to.equal('{}');
    socket.destroy();
  });

  it('takes an empty body in chunks for none', async () => {
    const { socket, text } = dial();
    socket.write(
      `POST /containers/a/attach HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n${upgrade}\r\n0\r\n\r\n`,
    );
    await until(() => text() !== '');
    socket.write('x');
    await until(() => text().endsWith('\r\n\r\n[x]'));
    socket.destroy();
  });

  it('answers other requests that ask for an upgrade as any, with their bodies', async () => {
    const { socket, text } = dial();
    socket.write(`GET /_ping HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`);
    await once(socket, 'end');
    expect(text()).to.match(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('makes a WebSocket of it, whose messages are the bytes', async () => {
    const socket = new WebSocket(`ws+unix://${service.path}:/containers/a/attach/ws`);
    await once(socket, 'open');
    socket.send('hello');
    const [message, binary] = await once(socket, 'message');
    expect(message.toString()).to.equal('[hello]');
    expect(binary).to.equal(true);
    const gone = once(socket, 'close');
    served[0]?.finish();
    await gone;
  });

  it('abandons a WebSocket whose client is gone before the protocol is there', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const accepted = once(listener, 'connection');
    const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
    const [socket] = (await accepted) as [Socket];
    const headers = { upgrade: 'websocket', 'sec-websocket-key': `${'a'.repeat(22)}==`, 'sec-websocket-version': '13' };
    const req = { readableEnded: true, method: 'GET', headers, socket };
    let abandoned = 0;
    const abandon = (): void => void abandoned++;
    const result = { kind: 'hijack', statusLine: '101 Switching Protocols', webSocket: true, run, abandon } as const;
    // The last of what is done to the connection before the protocol is loaded.
    socket.setTimeout = () => socket.destroy();
    await hijack({ req, res: { socket }, response: { headers: {} } } as unknown as Context, result);
    expect(abandoned).to.equal(1);
    client.destroy();
    listener.close();
  });

  it('ends a WebSocket whose message is longer than what is passed on at once', async () => {
    const socket = new WebSocket(`ws+unix://${service.path}:/containers/a/attach/ws`);
    await once(socket, 'open');
    socket.send(Buffer.alloc(1 << 20));
    const [code] = await once(socket, 'close');
    expect(code).to.equal(1009);
  });

  it('answers pings of a WebSocket in turns of their own, and no more than its client reads', async () => {
    const socket = connect(service.path);
    const key = Buffer.alloc(16).toString('base64');
    const lines = ['Host: docker', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    socket.write(`GET /containers/a/attach/ws HTTP/1.1\r\n${lines.join('\r\n')}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
    await once(socket, 'readable');
    const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)]);
    const pings = Buffer.concat(Array(40_000).fill(ping));
    let turns = 0;
    let count = setImmediate(function next() {
      turns++;
      count = setImmediate(next);
    });
    // All of them are taken, whether anything of the answers is or not.
    await new Promise((resolve) => socket.write(pings, resolve));
    const text = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78]);
    await new Promise((resolve) => socket.write(text, resolve));
    await until(() => served.at(-1)?.connection.readableDidRead === true);
    clearImmediate(count);
    // Each in a turn of its own, so that others have theirs between any two.
    expect(turns).to.be.above(40_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    let read = 0;
    for (let piece: Buffer | null = socket.read(); piece !== null || read === 0; piece = socket.read()) {
      read += piece?.length ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    socket.destroy();
    expect(read).to.be.within(1, 2 << 20);
  });

  it('refuses a WebSocket to a client that does not speak it', async () => {
    const { socket, text } = dial();
    socket.write('GET /containers/a/attach/ws HTTP/1.1\r\nHost: d\r\n\r\n');
    await once(socket, 'end');
    expect(text()).to.equal('HTTP/1.1 400 Bad Request\r\n\r\nnot websocket protocol');
    expect(served).to.deep.equal([]);
  });

  it('refuses one that asks for a WebSocket without a key', async () => {
    const { socket, text } = dial();
    const lines = ['Host: d', 'Connection: Upgrade', 'Upgrade: websocket'];
    socket.write(`GET /containers/a/attach/ws HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    await once(socket, 'end');
    expect(text()).to.equal('HTTP/1.1 400 Bad Request\r\n\r\nmismatch challenge/response');
    expect(served).to.deep.equal([]);
  });
});
