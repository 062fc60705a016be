import { createServer as createHttp1 } from 'node:http';
import { createServer as createHttp2, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { expect } from 'chai';
import { type CallOptions, GrpcConnection, type GrpcStatus, statusNames } from '../../src/client/grpc.js';
import { parseHost } from '../../src/client/target.js';
import { startDaemon } from '../../src/testing/server.js';

type Outcome = { status: string; details: string; messages: string[] };

/** A server whose streams are answered by an act, and what a call to it comes to. */
async function against(
  act: (stream: ServerHttp2Stream) => void,
  options: CallOptions = {},
  server: Server = createHttp2().on('stream', (stream) => {
    stream.on('error', () => undefined);
    act(stream as ServerHttp2Stream);
  }),
): Promise<Outcome> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connection = new GrpcConnection(parseHost(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`));
  try {
    return await outcome(connection.call('/test.Service/Method', Buffer.from('ask'), options));
  } finally {
    connection.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function outcome(call: AsyncGenerator<Buffer, GrpcStatus>): Promise<Outcome> {
  const messages: string[] = [];
  let step = await call.next();
  for (; step.done !== true; step = await call.next()) messages.push(step.value.toString());
  return { status: String(statusNames[step.value.code]), details: step.value.details, messages };
}

const framed = (text: string, flag = 0): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
};

/** Answers with pieces and trailers. */
const answering =
  (pieces: readonly Buffer[], trailers: Record<string, string>) =>
  (stream: ServerHttp2Stream): void => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    for (const piece of pieces) stream.write(piece);
    stream.end();
  };

describe('a gRPC call', () => {
  it('gives the messages of the answer, however they are cut', async () => {
    const bytes = Buffer.concat([framed('one'), framed(''), framed('three')]);
    const pieces = [...bytes].map((byte) => Buffer.from([byte]));
    for (const cut of [[bytes], pieces, [bytes.subarray(0, 9), bytes.subarray(9)]]) {
      const { messages, status } = await against(answering(cut, { 'grpc-status': '0' }));
      expect({ messages, status }).to.deep.equal({ messages: ['one', '', 'three'], status: 'OK' });
    }
  });

  it('sends its message and says what it is', async () => {
    let asked = Buffer.alloc(0);
    let headers: Record<string, unknown> = {};
    const server = createHttp2().on('stream', (stream, sent) => {
      headers = sent;
      stream.on('data', (piece: Buffer) => {
        asked = Buffer.concat([asked, piece]);
      });
      stream.on('end', () => answering([], { 'grpc-status': '0' })(stream as ServerHttp2Stream));
    });
    await against(() => undefined, { metadata: { 'containerd-namespace': 'moby' } }, server);
    expect(asked.equals(framed('ask'))).to.equal(true);
    expect(headers).to.include({ ':method': 'POST', te: 'trailers', 'containerd-namespace': 'moby' });
  });

  it('ends with the status of the trailers or of the headers, its message decoded', async () => {
    const trailers = { 'grpc-status': '5', 'grpc-message': 'caf%C3%A9 not found' };
    const inTrailers = await against(answering([framed('x')], trailers));
    expect(inTrailers).to.deep.equal({ status: 'NOT_FOUND', details: 'café not found', messages: ['x'] });
    const inHeaders = await against((stream) => stream.respond({ ':status': 200, ...trailers }, { endStream: true }));
    expect(inHeaders).to.deep.equal({ status: 'NOT_FOUND', details: 'café not found', messages: [] });
  });

  it('ends with a status whatever goes wrong', async () => {
    const cases: [string, (stream: ServerHttp2Stream) => void, CallOptions?][] = [
      ['UNIMPLEMENTED', (stream) => stream.respond({ ':status': 404 }, { endStream: true })],
      ['UNAVAILABLE', (stream) => stream.respond({ ':status': 503 }, { endStream: true })],
      ['UNKNOWN', answering([], {})],
      ['INTERNAL', answering([framed('long').subarray(0, 7)], { 'grpc-status': '0' })],
      ['UNIMPLEMENTED', answering([framed('packed', 1)], { 'grpc-status': '0' })],
      ['RESOURCE_EXHAUSTED', answering([framed('0123456789')], { 'grpc-status': '0' }), { maximumMessage: 9 }],
      ['UNAVAILABLE', (stream) => stream.session?.destroy()],
      ['UNAVAILABLE', (stream) => stream.close(7)],
      ['INTERNAL', (stream) => stream.close(2)],
      ['DEADLINE_EXCEEDED', () => undefined, { timeout: 50 }],
    ];
    for (const [status, act, options] of cases)
      expect(await against(act, options), `${act}`).to.deep.include({ status, messages: [] });
  });

  it('finds no gRPC at a server of HTTP/1.1, and none where nobody listens', async () => {
    const http1 = createHttp1((_request, response) => response.end());
    expect((await against(() => undefined, {}, http1)).status).to.equal('UNAVAILABLE');
    const connection = new GrpcConnection(parseHost('unix:///nowhere/docker.sock'));
    const { status, details } = await outcome(connection.call('/test.Service/Method', Buffer.alloc(0)));
    expect(status).to.equal('UNAVAILABLE');
    expect(details).to.contain('/nowhere/docker.sock');
  });

  it('is made again on a new connection when the one before is gone', async () => {
    const daemon = await startDaemon({ listen: 'tcp' });
    const { port } = new URL(daemon.host);
    const connection = new GrpcConnection(parseHost(daemon.host));
    const path = '/containerd.services.content.v1.Content/Nothing';
    expect((await outcome(connection.call(path, Buffer.alloc(0)))).status).to.equal('UNIMPLEMENTED');
    await daemon.close();
    expect((await outcome(connection.call(path, Buffer.alloc(0)))).status).to.equal('UNAVAILABLE');
    await using again = await startDaemon({ listen: [`tcp://127.0.0.1:${port}`] });
    expect((await outcome(connection.call(path, Buffer.alloc(0)))).status).to.equal('UNIMPLEMENTED');
    expect(again.requests).to.have.length(0);
    connection.close();
  });
});
