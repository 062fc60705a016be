import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Connection } from '../../src/client/connection.js';
import { parseHost } from '../../src/client/target.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';

describe('an answer that closes, before the body of the request has come', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await startDaemon();
  });

  after(() => daemon.close());

  /** A refused request whose head alone is sent; what became of its connection. */
  async function ask(header: string): Promise<{ socket: Socket; answer: () => string; errors: string[] }> {
    const target = parseHost(daemon.host);
    const socket = connect(target.kind === 'unix' ? { path: target.path } : { port: target.port, host: target.host });
    const parts: Buffer[] = [];
    const errors: string[] = [];
    socket.on('data', (bytes) => parts.push(bytes));
    socket.on('error', ({ message }) => errors.push(message));
    const head = `POST /v1.51/volumes/create HTTP/1.1\r\nHost: docker\r\nContent-Type: text/plain\r\n${header}\r\n\r\n`;
    socket.write(head);
    const answer = (): string => Buffer.concat(parts).toString();
    while (!answer().includes('}')) await sleep(5);
    return { socket, answer, errors };
  }

  const closed = (socket: Socket): Promise<void> =>
    new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));

  it('lets it come', async () => {
    const { socket, answer, errors } = await ask('Connection: close\r\nTransfer-Encoding: chunked');
    await sleep(50);
    socket.write(`10000\r\n${'x'.repeat(65_536)}\r\n`);
    await sleep(50);
    expect(socket.readyState).to.equal('open');
    socket.write('0\r\n\r\n');
    await closed(socket);
    expect(errors).to.deep.equal([]);
    expect(answer()).to.match(/^HTTP\/1\.1 400 [\s\S]*\r\nConnection: close\r\n/i);
  });

  it('does not wait for more than it would read', async () => {
    const { socket } = await ask('Connection: close\r\nTransfer-Encoding: chunked');
    for (let sent = 0; !socket.destroyed && sent < 1000; sent += 1) {
      socket.write(`10000\r\n${'x'.repeat(65_536)}\r\n`);
      await sleep(5);
    }
    expect(socket.destroyed).to.equal(true);
  });

  it('does not wait for a body that has a length', async () => {
    const { socket } = await ask('Connection: close\r\nContent-Length: 10');
    await closed(socket);
  });

  it('closes for whom leaves instead', async () => {
    const { socket } = await ask('Connection: close\r\nTransfer-Encoding: chunked');
    socket.destroy();
    await closed(socket);
    const client = new Connection(parseHost(daemon.host));
    expect((await client.send({ method: 'GET', path: '/_ping', timeout: 5000 })).status).to.equal(200);
    client.close();
  });
});
