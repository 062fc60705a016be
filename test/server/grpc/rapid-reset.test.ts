import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { frame, frames, preface } from '../../helpers/http2-frames.js';
import { contextWithoutStore, serveContext, type TestService } from '../support.js';

const { headers, reset, settings, goaway } = frames;
/** INTERNAL_ERROR and ENHANCE_YOUR_CALM: which one depends on the release of nghttp2 in Node (RFC 9113, section 7). */
const refusals = [2, 11];

/** `GET /info` by HPACK's static table, each stream reset at once. */
function takenBack(count: number): Buffer {
  // :method GET, :scheme http, :path and :authority.
  const block = Buffer.concat([Buffer.from([0x82, 0x86, 0x04, 5]), Buffer.from('/info'), Buffer.from([0x01, 1, 0x78])]);
  const frames = Array.from({ length: count }, (_, i) => [
    frame(headers, 0x05, i * 2 + 1, block),
    frame(reset, 0, i * 2 + 1, Buffer.from([0, 0, 0, 8])),
  ]);
  return Buffer.concat(frames.flat());
}

/** The error codes of all GOAWAY frames in what a server sent. */
function farewells(bytes: Buffer): number[] {
  const codes: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3))
    if (bytes[at + 3] === goaway) codes.push(bytes.readUInt32BE(at + 13));
  return codes;
}

describe('a client of HTTP/2 that takes its requests back', () => {
  let server: TestService;
  before(async () => {
    server = await serveContext(contextWithoutStore());
  });
  after(() => server.close());

  for (const count of [900, 5000])
    it(`loses its connection after ${count}`, async () => {
      const socket = connect(server.path);
      const pieces: Buffer[] = [];
      socket.on('data', (piece: Buffer) => pieces.push(piece)).on('error', () => undefined);
      socket.write(Buffer.concat([preface, frame(settings, 0, 0), takenBack(count)]));
      await once(socket, 'close');
      const codes = farewells(Buffer.concat(pieces));
      expect(codes).to.have.length.above(0);
      expect(refusals).to.include.members(codes);
    });

  it('keeps it while it lets some be answered', async () => {
    const socket = connect(server.path);
    socket.on('error', () => undefined);
    socket.write(Buffer.concat([preface, frame(settings, 0, 0), takenBack(300)]));
    await once(socket, 'data');
    const ping = frame(6, 0, 0, Buffer.from('pingping'));
    socket.write(ping);
    for (;;) {
      const [piece] = (await once(socket, 'data')) as [Buffer];
      if (piece.includes('pingping')) break;
    }
    socket.destroy();
  });
});
