import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { frame, frames, preface } from '../helpers/http2-frames.js';
import { contextWithoutStore, serveContext, type TestService } from './support.js';

const { headers, settings } = frames;

/** `GET /events` by HPACK's static table: a stream that stays open. */
const openStream = (id: number): Buffer => {
  const path = Buffer.from('/events');
  const block = Buffer.concat([Buffer.from([0x82, 0x86, 0x04, path.length]), path, Buffer.from([0x01, 1, 0x78])]);
  return frame(headers, 0x05, id, block);
};

const http2 = Buffer.concat([preface, frame(settings, 0, 0)]);
const upgrade = 'POST /grpc HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';

/** Bytes of a client before it leaves, and whether the server answers them. */
const states = {
  'a connection without a byte': { sent: '', isAnswered: false },
  'half a preface': { sent: preface.subarray(0, 10), isAnswered: false },
  'half a head': { sent: 'GET /_ping HTTP/1.1\r\nHo', isAnswered: false },
  'half a body': {
    sent: 'POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 1000\r\n\r\nhalf',
    isAnswered: false,
  },
  'a kept-alive connection': { sent: 'GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n', isAnswered: true },
  'an event stream': { sent: 'GET /events HTTP/1.1\r\nHost: d\r\n\r\n', isAnswered: true },
  'HTTP/2 without a stream': { sent: http2, isAnswered: true },
  'HTTP/2 with open streams': { sent: Buffer.concat([http2, openStream(1), openStream(3)]), isAnswered: true },
  'HTTP/2 by upgrade': { sent: Buffer.concat([Buffer.from(upgrade), http2]), isAnswered: true },
} as const;

const departures = {
  FIN: (socket: Socket) => socket.end(),
  RST: (socket: Socket) => socket.destroy(),
} as const;

const rounds = 100;
const socketsOf = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /PipeWrap|TCPSocketWrap/.test(kind)).length;

describe('a server whose clients leave', () => {
  let server: TestService;
  before(async () => {
    server = await serveContext(contextWithoutStore());
  });
  after(() => server.close());

  for (const [state, { sent, isAnswered }] of Object.entries(states))
    for (const [way, leave] of Object.entries(departures))
      it(`closes ${state} after ${way}, ${rounds} times`, async () => {
        const before = socketsOf();
        const closed: Promise<unknown>[] = [];
        for (let round = 0; round < rounds; round++) {
          const socket = connect(server.path).on('error', () => undefined);
          await once(socket, 'connect');
          const answer = once(socket, 'data');
          if (sent.length > 0) socket.write(sent);
          if (isAnswered) await answer;
          else answer.catch(() => undefined);
          closed.push(once(socket, 'close'));
          leave(socket.resume());
        }
        await Promise.all(closed);
        while (socketsOf() > before) await new Promise(setImmediate);
      });
});
