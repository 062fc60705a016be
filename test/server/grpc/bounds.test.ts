import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import { expect } from 'chai';
import { InfoRequest, ListContentRequest, ReadContentRequest } from '../../../src/generated/content.js';
import type { Range } from '../../../src/oci/content-store.js';
import type { LayoutStore } from '../../../src/oci/layout-store.js';
import { createService } from '../../../src/server/service.js';
import { contextWithoutStore, type TestService } from '../support.js';
import { h2Request, serveStore } from './support.js';

const frame = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};
const callOf = (method: string) => ({
  ':method': 'POST',
  ':path': `/containerd.services.content.v1.Content/${method}`,
  'content-type': 'application/grpc',
  te: 'trailers',
});

describe('what a client of the content service can make it hold', () => {
  let server: TestService & { store: LayoutStore };
  let digest: string;
  const size = 4 << 20;
  before(async () => {
    server = await serveStore(async (store) => {
      digest = (await store.content.ingest(Buffer.alloc(size, 'x'))).digest;
    });
  });
  after(() => server.close());

  const statusOf = async (method: string, message: Uint8Array): Promise<unknown> => {
    const answer = await h2Request(connect(server.path), callOf(method), frame(message));
    return (answer.trailers ?? answer.headers)['grpc-status'];
  };

  it('is two pieces of a blob for each reader that takes nothing, smaller ones where there are many', async () => {
    const { content } = server.store;
    const original = content.stream.bind(content);
    let taken = 0;
    const chunks: number[] = [];
    content.stream = async (name: string, range?: Range) => {
      chunks.push(range?.chunk ?? Number.POSITIVE_INFINITY);
      const source = await original(name, range);
      source.on('data', (piece: Buffer) => {
        taken += piece.length;
      });
      source.pause();
      return source;
    };
    const readers = 300;
    const sessions: ClientHttp2Session[] = [];
    try {
      const answered: Promise<unknown>[] = [];
      for (let i = 0; i < readers; i++) {
        if (i % 150 === 0) {
          const createConnection = () => connect(server.path);
          sessions.push(connectHttp2('http://docker', { createConnection, settings: { initialWindowSize: 1024 } }));
        }
        const stream = (sessions.at(-1) as ClientHttp2Session).request(callOf('Read'));
        stream.on('error', () => undefined).pause();
        answered.push(once(stream, 'response'));
        stream.end(frame(ReadContentRequest.encode({ digest, offset: 0, size: 0 })));
      }
      await Promise.all(answered);
      for (let before = -1; before !== taken; await new Promise((resolve) => setTimeout(resolve, 50))) before = taken;
      expect(chunks).to.have.lengthOf(readers);
      expect(Math.max(...chunks.slice(0, 256))).to.equal(64 * 1024);
      expect(Math.max(...chunks.slice(256))).to.equal(8 * 1024);
      expect(taken).to.be.at.most(2 * chunks.reduce((sum, chunk) => sum + chunk, 0));
    } finally {
      for (const session of sessions) session.destroy();
      content.stream = original;
    }
  });

  it('is no more than 64 MiB of unfinished messages, of all clients together', async () => {
    const sessions: ClientHttp2Session[] = [];
    const unfinished = async (): Promise<unknown> => {
      const session = connectHttp2('http://docker', { createConnection: () => connect(server.path) });
      session.on('error', () => undefined);
      sessions.push(session);
      const stream = session.request(callOf('Info'));
      stream.on('error', () => undefined).resume();
      const long = 15 << 20;
      const head = Buffer.alloc(5);
      head.writeUInt32BE(long + 1, 1);
      stream.write(Buffer.concat([head, Buffer.alloc(long)]));
      return new Promise((resolve) => stream.once('trailers', (trailers) => resolve(trailers['grpc-status'])));
    };
    try {
      expect(await Promise.race(Array.from({ length: 6 }, unfinished))).to.equal('8');
    } finally {
      for (const session of sessions) session.destroy();
    }
    expect(await statusOf('Info', InfoRequest.encode({ digest }))).to.equal('0');
  });

  it('is not the status of an answer that quotes a long request', async () => {
    expect(await statusOf('Info', InfoRequest.encode({ digest: `sha256:${'a'.repeat(1 << 20)}` }))).to.equal('3');
  });

  it('is no more than 16 KiB of filters', async () => {
    const many = (count: number): Uint8Array =>
      ListContentRequest.encode({ filters: Array(count).fill('labels.a~=b') });
    expect(await statusOf('List', many(1000))).to.equal('0');
    expect(await statusOf('List', many(2000))).to.equal('8');
  });
});

describe('an HTTP/2 connection with very many streams', () => {
  it('ends where it takes nearly all of them back, and few of them are begun', async () => {
    let begun = 0;
    const handlers = {
      SystemPing: () => {
        begun++;
        return { kind: 'empty' as const };
      },
    };
    const context = contextWithoutStore();
    const { http2 } = createService({ context: () => context, strict: false, handlers, log: () => undefined });
    const { createServer } = await import('node:net');
    const listener = createServer((socket) => http2.accept(socket));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    const session = connectHttp2('http://docker', { createConnection: () => connect(port, '127.0.0.1') });
    session.on('error', () => undefined);
    try {
      const closed = new Promise((resolve) => session.once('close', resolve));
      const reset = setInterval(() => {
        for (let i = 0; i < 200 && !session.destroyed && !session.closed; i++) {
          const stream = session.request({ ':path': '/_ping' });
          stream.on('error', () => undefined);
          stream.close(constants.NGHTTP2_CANCEL);
        }
      }, 1);
      await closed;
      clearInterval(reset);
      expect(begun).to.be.below(200);
    } finally {
      session.destroy();
      http2.close();
      listener.close();
    }
  });
});
