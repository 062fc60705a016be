import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { privateSocket } from '../../src/server/address.js';
import { createHttp1Server } from '../../src/server/http1.js';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { listen } from '../../src/server/listener.js';

function pem(name: string): string {
  return readFileSync(new URL(`tls/${name}`, import.meta.url), 'utf8');
}

describe('a client that goes away', () => {
  let server: RunningServer;
  let port: number;
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  let others: NodeJS.UncaughtExceptionListener[];

  before(async () => {
    server = await startServer({ listen: ['tcp://127.0.0.1:0'], logLevel: 'none' });
    port = Number((server.hosts[0] as string).split(':').at(-1));
    others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', note);
  });
  beforeEach(() => {
    unhandled.length = 0;
  });
  after(async () => {
    process.off('uncaughtException', note);
    for (const other of others) process.on('uncaughtException', other);
    await server.close();
  });

  /** Send a request and reset the connection at once, before or while it is answered. */
  const leave = async (head: string): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    socket.write(`${head}\r\nHost: x\r\n\r\n`, () => socket.resetAndDestroy());
    await once(socket, 'close');
  };

  for (const head of [
    'CONNECT /images/x HTTP/1.1',
    'POST /session HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nX-Docker-Expose-Session-Uuid: a',
    'POST /grpc HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c',
    'GET /info HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket',
    'GET /info HTTP/1.1',
    'GET /events HTTP/1.1',
    'POST /images/load HTTP/1.1\r\nContent-Type: application/x-tar\r\nContent-Length: 100000',
    'POST /containers/create HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked',
    'POST /images/create?fromSrc=-&repo=x HTTP/1.1\r\nContent-Length: 100000\r\nExpect: 100-continue',
    'NONSENSE',
  ]) {
    it(`takes nothing with it after ${head.replace(/\r\n.*/s, '')}${head.includes('Upgrade') ? ' with an upgrade' : ''}`, async () => {
      for (let round = 0; round < 12; round++) await Promise.all(Array.from({ length: 12 }, () => leave(head)));
      await sleep(30);
      expect(unhandled).to.deep.equal([]);
      expect((await fetch(`http://127.0.0.1:${port}/_ping`)).status).to.equal(200);
    });
  }
});

describe('a client that sends more than is read, and goes away', () => {
  const more = 'x'.repeat(200_000);
  for (const [what, head] of [
    ['an upgrade that is refused', 'POST /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a request without a host', 'POST / HTTP/1.1\r\nContent-Length: 200000\r\n\r\n'],
  ] as const)
    it(`leaves no connection behind after ${what}`, async () => {
      const http1 = createHttp1Server({ handle: (_request, response) => response.end('x'), upgrade: () => false });
      const { address, remove } = await privateSocket();
      const served: Promise<unknown>[] = [];
      const listener = await listen(address, {
        http1: (socket) => {
          served.push(once(socket, 'close'));
          http1.emit('connection', socket);
        },
        http2: (socket) => socket.destroy(),
      });
      const socket = connect(address.kind === 'unix' ? address.path : '');
      socket.on('error', () => undefined).write(head + more);
      await once(socket, 'data');
      socket.destroy();
      await Promise.all(served);
      expect(served).to.have.lengthOf(1);
      http1.close();
      await listener.close();
      await remove();
    });
});

describe('a client that says nothing', () => {
  const closed = (socket: Socket): Promise<unknown> => once(socket.resume(), 'close');

  it('loses its connection, before the first byte and within the head', async () => {
    const http1 = createHttp1Server({ handle: (_request, response) => response.end(), headersTimeout: 100 });
    const listener = await listen(
      { kind: 'tcp', host: '127.0.0.1', port: 0 },
      {
        http1: (socket) => http1.emit('connection', socket),
        http2: (socket) => socket.destroy(),
        firstBytesTimeout: 100,
      },
    );
    try {
      const port = listener.address.kind === 'tcp' ? listener.address.port : 0;
      const silent = connect(port, '127.0.0.1');
      const slow = connect(port, '127.0.0.1');
      slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
      await Promise.all([closed(silent), closed(slow)]);
      expect(slow.bytesRead).to.equal(0);
    } finally {
      http1.close();
      await listener.close();
    }
  });

  it('does not keep a TLS server from ending by a handshake that never ends', async () => {
    const tls = { cert: pem('server.pem'), key: pem('server.key'), verify: false };
    const server = await startServer({ listen: ['tcp://127.0.0.1:0'], tls });
    const socket = connect(Number((server.hosts[0] as string).split(':').at(-1)), '127.0.0.1');
    await once(socket, 'connect');
    // A server that had not read yet what it was sent resets the connection.
    const gone = new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
    socket.write(Buffer.from([0x16, 0x03, 0x01]));
    await sleep(20);
    await server.close();
    await gone;
  });
});
