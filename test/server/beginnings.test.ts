import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import Koa from 'koa';
import { ReadContentRequest } from '../../src/generated/content.js';
import { privateSocket } from '../../src/server/address.js';
import { admission, type RequestState } from '../../src/server/app.js';
import type { CallContext } from '../../src/server/grpc/call.js';
import { type ContentSource, contentService } from '../../src/server/grpc/content.js';
import { createHttp1Server } from '../../src/server/http1.js';
import { listen } from '../../src/server/listener.js';
import { contextWithoutStore, serveContext } from './support.js';

/** Counts what happens in one turn of the event loop. */
class PerTurn {
  all = 0;
  most = 0;
  #now = 0;

  note(): void {
    if (this.#now === 0)
      setImmediate(() => {
        this.#now = 0;
      });
    this.most = Math.max(this.most, ++this.#now);
    this.all++;
  }

  async reached(count: number): Promise<void> {
    while (this.all < count) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** One of those that are begun on the spot, and one whose turn it is. */
const mostPerTurn = 2;
const many = 100;

async function dialAll(path: string): Promise<Socket[]> {
  const sockets = Array.from({ length: many }, () => connect(path).on('error', () => undefined));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

describe('what many clients ask for at the same time', () => {
  it('is not done for all of them in one turn: to be heard', async () => {
    const heard = new PerTurn();
    const { address, remove } = await privateSocket();
    const listener = await listen(address, { http1: () => heard.note(), http2: (socket) => socket.destroy() });
    const sockets = await dialAll(address.kind === 'unix' ? address.path : '');
    try {
      // One is accepted in a turn.
      for (let turn = 0; turn < 2 * many; turn++) await new Promise((resolve) => setImmediate(resolve));
      for (const socket of sockets) socket.write('GET');
      await heard.reached(many);
      expect(heard.most).to.be.at.most(mostPerTurn);
    } finally {
      for (const socket of sockets) socket.destroy();
      await listener.close();
      await remove();
    }
  });

  it('is not done for all of them in one turn: to be told what is wrong with their bytes', async () => {
    const server = createHttp1Server({ handle: () => undefined });
    const told = new PerTurn();
    const sockets = Array.from({ length: many }, () => new PassThrough());
    for (const socket of sockets) {
      socket.once('data', () => told.note());
      server.emit('clientError', new Error('what is no request'), socket);
    }
    await told.reached(many);
    expect(told.most).to.be.at.most(mostPerTurn);
    server.close();
  });

  it('is not done for all of them in one turn: to be answered', async () => {
    const answered = new PerTurn();
    const service = await serveContext(contextWithoutStore(), {
      handlers: {
        async SystemInfo() {
          answered.note();
          return { kind: 'json', value: {} };
        },
      },
    });
    // Over one connection, so that nothing but the answers is in turn.
    const session: ClientHttp2Session = connectHttp2('http://docker', {
      createConnection: () => connect(service.path),
    });
    try {
      for (let i = 0; i < many; i++) session.request({ ':path': `/info?n=${i}` }).resume();
      await answered.reached(many);
      expect(answered.most).to.be.at.most(mostPerTurn);
    } finally {
      session.destroy();
      await service.close();
    }
  });

  it('is not done for all of them in one turn: to read a blob', async () => {
    const opened = new PerTurn();
    const digest = `sha256:${'a'.repeat(64)}`;
    const at = new Date();
    const source = {
      info: async () => ({ digest, size: 1, createdAt: at, updatedAt: at, labels: {} }),
      stream: async () => {
        opened.note();
        return new PassThrough().end('x');
      },
    } as Partial<ContentSource> as ContentSource;
    const read = contentService(source)['containerd.services.content.v1.Content']?.Read;
    const context: CallContext = { signal: new AbortController().signal, compressed: false, connection: {} };
    async function* asked(): AsyncGenerator<Buffer> {
      yield Buffer.from(ReadContentRequest.encode({ digest, offset: 0, size: 0 }));
    }
    await Promise.all(
      Array.from({ length: many }, async () => {
        for await (const _ of read?.(asked(), context) ?? []);
      }),
    );
    expect(opened.all).to.equal(many);
    expect(opened.most).to.be.at.most(mostPerTurn);
  });

  it('does not make one wait for all that another wants over one connection', async () => {
    const order: string[] = [];
    const service = await serveContext(contextWithoutStore(), {
      handlers: {
        async SystemInfo(request) {
          order.push((await request.form()).get('n') ?? '');
          if (order.length === many / 2) other.write('GET /info?n=other HTTP/1.1\r\nHost: docker\r\n\r\n');
          return { kind: 'json', value: {} };
        },
      },
    });
    const other = connect(service.path);
    await once(other, 'connect');
    const session = connectHttp2('http://docker', { createConnection: () => connect(service.path) });
    try {
      for (let i = 0; i < many; i++) session.request({ ':path': `/info?n=${i}` }).resume();
      while (order.length <= many) await new Promise((resolve) => setImmediate(resolve));
      expect(order.at(-1)).to.not.equal('other');
    } finally {
      other.destroy();
      session.destroy();
      await service.close();
    }
  });

  it('is not begun for a client that has gone before its turn', async () => {
    const begun: unknown[] = [];
    const app = new Koa<RequestState>().use(admission).use(({ req }) => void begun.push(req));
    const listener = app.callback();
    const asked = Array.from({ length: 3 }, () => {
      const request = new IncomingMessage(new Socket());
      return { request, response: new ServerResponse(request) };
    });
    for (const { request, response } of asked) listener(request, response);
    asked[1]?.response.destroy();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(begun).to.deep.equal([asked[0]?.request, asked[2]?.request]);
  });
});
