import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import fc from 'fast-check';
import { Content, InfoRequest, ReadContentRequest, type ReadContentResponse } from '../../../src/generated/content.js';
import type { LayoutStore } from '../../../src/oci/layout-store.js';
import type { TestService } from '../support.js';
import { grpcClient, h2Request, serveStore, upgrade } from './support.js';

const path = (method: keyof typeof Content.methods): string => Content.methods[method].path;

function frame(body: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

const headers = (method: keyof typeof Content.methods, extra: Record<string, string> = {}): Record<string, string> => ({
  ':method': 'POST',
  ':path': path(method),
  'content-type': 'application/grpc',
  te: 'trailers',
  ...extra,
});

describe('the content service under bad and big input', () => {
  let server: TestService & { store: LayoutStore };
  let client: Client;
  let small: string;
  let big: string;
  const bigSize = 48 * 1024 * 1024;

  before(async () => {
    server = await serveStore(async (store) => {
      small = (await store.content.ingest(Buffer.from('small'))).digest;
      big = (await store.content.ingest(randomBytes(bigSize))).digest;
    });
    client = grpcClient(server.path);
  });
  after(async () => {
    client.close();
    await server.close();
  });

  /** That the server still answers. */
  const alive = async (): Promise<void> => {
    const answer = await h2Request(connect(server.path), headers('Info'), frame(InfoRequest.encode({ digest: small })));
    expect(answer.trailers?.['grpc-status']).to.equal('0');
  };

  const read = (digest: string, metadata = new Metadata()) => {
    const { request, response } = Content.methods.Read;
    return client.makeServerStreamRequest(path('Read'), request.encode, response.decode, { digest }, metadata);
  };

  it('answers every method’s broken messages with a status', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...(Object.keys(Content.methods) as (keyof typeof Content.methods)[])),
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom(0, 1, 2, 255),
        fc.boolean(),
        async (method, bytes, flag, framed) => {
          const body = framed ? frame(bytes, flag) : Buffer.from(bytes);
          const { trailers } = await h2Request(connect(server.path), headers(method), body);
          expect(Number(trailers?.['grpc-status'])).to.be.within(0, 16);
        },
      ),
      { numRuns: 300 },
    );
    await alive();
  });

  it('refuses an Update without info, which ends the daemon', async () => {
    const { trailers } = await h2Request(connect(server.path), headers('Update'), frame(new Uint8Array(0)));
    expect(trailers?.['grpc-status']).to.equal(String(status.INVALID_ARGUMENT));
    await alive();
  });

  it('refuses a message of more than 16 MiB before it reads it', async () => {
    const head = Buffer.from([0, 0x01, 0, 0, 1]);
    const { trailers } = await h2Request(connect(server.path), headers('Info'), head);
    expect(trailers?.['grpc-status']).to.equal(String(status.RESOURCE_EXHAUSTED));
  });

  it('takes and gives compressed messages', async () => {
    const body = frame(gzipSync(ReadContentRequest.encode({ digest: small })), 1);
    const answer = await h2Request(connect(server.path), headers('Read', { 'grpc-encoding': 'gzip' }), body);
    expect(answer.headers['grpc-encoding']).to.equal('gzip');
    expect(answer.body[0]).to.equal(1);
    expect(answer.trailers?.['grpc-status']).to.equal('0');
  });

  it('refuses a compression that it does not know', async () => {
    const body = frame(Buffer.from('x'), 1);
    const { trailers } = await h2Request(connect(server.path), headers('Info', { 'grpc-encoding': 'br' }), body);
    expect(trailers?.['grpc-status']).to.equal(String(status.UNIMPLEMENTED));
  });

  for (const [method, hex, code, message] of [
    ['Read', '0000000002ffff', 13, 'grpc: failed to unmarshal the received message: proto:%C2%A0cannot parse'],
    ['List', '0000000002ffff', 13, 'grpc: failed to unmarshal the received message: proto:%C2%A0cannot parse'],
    ['Write', '0000000002ffff', 13, 'grpc: failed to unmarshal the received message: proto:%C2%A0cannot parse'],
    ['Info', '00000000030a01ff', 13, 'grpc: error unmarshalling request: string field contains invalid UTF-8'],
    ['Read', '00000000030a01ff', 13, 'grpc: failed to unmarshal the received message: string field contains'],
    ['Read', '000000000901', 13, 'unexpected EOF'],
    ['Read', '', 13, 'cardinality violation: received no request message from non-client-streaming RPC'],
  ] as const) {
    it(`answers ${method} of ${hex || 'nothing'} as dockerd 29.7.2 does`, async () => {
      const { trailers } = await h2Request(connect(server.path), headers(method), Buffer.from(hex, 'hex'));
      expect(trailers?.['grpc-status']).to.equal(String(code));
      expect(trailers?.['grpc-message']).to.include(message);
    });
  }

  it('lets a client go that breaks off in the middle of everything', async () => {
    for (const bytes of [
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
      'PRI * HTTP/2',
    ]) {
      const socket = connect(server.path);
      socket.on('error', () => {});
      await new Promise<void>((resolve) => {
        socket.write(bytes, 'latin1', () => resolve());
      });
      socket.destroy();
    }
    const socket = await upgrade(server.path, '/grpc');
    socket.destroy();
    await alive();
  });

  it('answers calls side by side on one connection', async () => {
    const sizes = await Promise.all(
      Array.from({ length: 20 }, async (_unused, at) => {
        let size = 0;
        for await (const message of read(at % 2 ? big : small)) size += (message as ReadContentResponse).data.length;
        return size;
      }),
    );
    expect(sizes).to.deep.equal(sizes.map((_size, at) => (at % 2 ? bigSize : 5)));
  });

  it('stops reading when the client cancels', async () => {
    const call = read(big);
    const error = await new Promise<ServiceError>((resolve) => {
      call.once('data', () => call.cancel());
      call.once('error', resolve);
    });
    expect(error.code).to.equal(status.CANCELLED);
    await alive();
  });

  it('holds a client to its deadline', async () => {
    const { request, response } = Content.methods.Read;
    const call = client.makeServerStreamRequest(
      path('Read'),
      request.encode,
      response.decode,
      { digest: big },
      { deadline: Date.now() + 30 },
    );
    call.on('data', () => call.pause());
    const error = await new Promise<ServiceError>((resolve) => {
      call.once('error', resolve);
    });
    expect(error.code).to.equal(status.DEADLINE_EXCEEDED);
    await alive();
  });

  it('holds back when the client does not read', async () => {
    let taken = 0;
    const { content } = server.store;
    const original = content.stream;
    const counted = async (...args: Parameters<typeof original>): Promise<Readable> => {
      const source = await original(...args);
      return Readable.from(
        (async function* () {
          for await (const chunk of source) {
            taken += (chunk as Buffer).length;
            yield chunk;
          }
        })(),
      );
    };
    Object.assign(content, { stream: counted });
    const idle = grpcClient(server.path);
    try {
      const { request, response } = Content.methods.Read;
      const call = idle.makeServerStreamRequest(path('Read'), request.encode, response.decode, { digest: big });
      call.on('error', () => {});
      await new Promise<void>((resolve) => {
        call.once('data', () => {
          call.pause();
          resolve();
        });
      });
      for (let before = -1; before !== taken; ) {
        before = taken;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(taken).to.be.within(1, bigSize / 2);
    } finally {
      idle.close();
      Object.assign(content, { stream: original });
    }
    await alive();
  });

  it('lists in the order of digests, a hundred to a message', async () => {
    for (let at = 0; at < 230; at++) await server.store.content.ingest(Buffer.from(`blob ${at}`));
    const { request, response } = Content.methods.List;
    const counts: number[] = [];
    const digests: string[] = [];
    for await (const message of client.makeServerStreamRequest(path('List'), request.encode, response.decode, {})) {
      const { info } = message as { info: { digest: string }[] };
      counts.push(info.length);
      digests.push(...info.map(({ digest }) => digest));
    }
    expect(counts).to.deep.equal([100, 100, 32]);
    expect(digests).to.deep.equal([...digests].sort());
  });
});
