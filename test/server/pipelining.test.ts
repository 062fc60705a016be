import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { privateSocket } from '../../src/server/address.js';
import { createHttp1Server } from '../../src/server/http1.js';
import { listen } from '../../src/server/listener.js';
import type { OperationHandlers } from '../../src/server/operation.js';
import { contextWithoutStore, exchange, serveContext, type TestService } from './support.js';

describe('requests that a client sends without waiting for answers', () => {
  let service: TestService;
  let underWay = 0;
  let most = 0;
  const bodies: string[] = [];
  const handlers: OperationHandlers = {
    async SystemInfo(request) {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
      return { kind: 'json', value: { n: (await request.form()).get('n') } };
    },
    async ContainerCreate(request) {
      let body = '';
      for await (const piece of request.body) body += String(piece);
      bodies.push(body);
      return { kind: 'json', status: 201, value: { n: 'created' } };
    },
  };
  before(async () => {
    service = await serveContext(contextWithoutStore(), { handlers });
  });
  after(() => service.close());

  const info = (n: number, more = ''): string => `GET /info?n=${n} HTTP/1.1\r\nHost: docker\r\n${more}\r\n`;

  it('are answered one after the other, in their order', async () => {
    const count = 300;
    const requests = Array.from({ length: count }, (_, n) => info(n, n === count - 1 ? 'Connection: close\r\n' : ''));
    const answers = (await exchange(service.path, requests.join(''))).toString('latin1');
    const order = [...answers.matchAll(/"n":"(\d+)"/g)].map(([, n]) => Number(n));
    expect(order).to.deep.equal(Array.from({ length: count }, (_, n) => n));
    expect(most).to.equal(1);
  });

  it('may have bodies, which arrive whole', async () => {
    const body = JSON.stringify({ Image: 'x'.repeat(300_000) });
    const create = `POST /containers/create HTTP/1.1\r\nHost: docker\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const requests = [
      ...Array.from({ length: 40 }, (_, n) => info(n)),
      create,
      info(41),
      create,
      info(42, 'Connection: close\r\n'),
    ];
    const answers = (await exchange(service.path, requests.join(''))).toString('latin1');
    const order = [...answers.matchAll(/"n":"(\w+)"/g)].map(([, n]) => n);
    expect(order.slice(-4)).to.deep.equal(['created', '41', 'created', '42']);
    expect(bodies).to.deep.equal([body, body]);
  });

  it('are not read while many of them wait', async () => {
    let read = 0;
    const answers: (() => void)[] = [];
    const http1 = createHttp1Server({ handle: (_request, response) => answers.push(() => response.end('x')) });
    http1.on('request', () => read++);
    const { address, remove } = await privateSocket();
    const listener = await listen(address, {
      http1: (socket) => http1.emit('connection', socket),
      http2: (socket) => socket.destroy(),
    });
    const socket = connect(address.kind === 'unix' ? address.path : '');
    try {
      const count = 20_000;
      socket.write('GET / HTTP/1.1\r\nHost: docker\r\n\r\n'.repeat(count));
      socket.resume();
      for (let before = -1; read === 0 || before !== read; await sleep(30)) before = read;
      expect(read).to.be.within(1, 5000);
      expect(answers).to.have.lengthOf(1);
      while (read < count) {
        for (const answer of answers.splice(0)) answer();
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      socket.destroy();
      http1.close();
      await listener.close();
      await remove();
    }
  });
});
