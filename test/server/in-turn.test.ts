import { expect } from 'chai';
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
});
