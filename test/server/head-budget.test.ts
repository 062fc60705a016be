import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { HeadBudget } from '../../src/server/head-budget.js';

describe('the budget of request heads', () => {
  const refused: Socket[] = [];
  const budget = new HeadBudget((socket) => {
    refused.push(socket);
    socket.destroy();
  }, 10_000);
  const server = createServer((request, response) => {
    budget.complete(request, response);
    response.end('OK');
  }).on('connection', (socket) => budget.add(socket));
  const clients: Socket[] = [];

  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    refused.length = 0;
  });
  after(() => server.close());

  const open = async (head: string): Promise<Socket> => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    clients.push(client);
    await once(client, 'connect');
    await new Promise<void>((resolve) => client.write(head, () => resolve()));
    return client;
  };

  const unfinished = (bytes: number): string => `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(bytes)}`;

  it('refuses the longest heads beyond the limit, and keeps the others', async () => {
    const long = await Promise.all(Array.from({ length: 4 }, () => open(unfinished(4_000))));
    const short = await Promise.all(Array.from({ length: 40 }, () => open(unfinished(10))));
    const closed = Promise.any(long.map((client) => once(client.resume(), 'close')));
    await closed;
    expect(refused.length).to.be.within(1, 4);
    const answer = once(short[0] as Socket, 'data');
    short[0]?.write('\r\n\r\n');
    expect(String((await answer)[0])).to.match(/^HTTP\/1\.1 200/);
  });

  it('counts no complete head', async () => {
    const kept = await Promise.all(Array.from({ length: 40 }, () => open(`${unfinished(1_000)}\r\n\r\n`)));
    await Promise.all(kept.map((client) => once(client, 'data')));
    budget.check();
    expect(refused).to.deep.equal([]);
  });
});
