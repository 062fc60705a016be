/** Floods: many connections, many requests, frames without end. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { frame, frames, preface } from '../../test/helpers/http2-frames.js';
import { manyFiles, zstdRuns } from './archives.js';
import { ask, dial, dialMany, type Target, tally } from './client.js';
import type { HostileInput } from './inputs.js';

const { headers, reset, settings, ping, continuation } = frames;
const endHeaders = 4;
const endStream = 1;

/** `GET /v1.51/images/json` as HPACK has it without a table: literals with new names. */
function head(path: string): Buffer {
  const literal = (name: string, value: string): Buffer => {
    // Paths here are shorter than 127 bytes, so that their length is one byte.
    return Buffer.concat([
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]);
  };
  return Buffer.concat([
    literal(':method', 'GET'),
    literal(':path', path),
    literal(':scheme', 'http'),
    literal(':authority', 'docker'),
  ]);
}

/** Write pieces one after the other, as fast as the server takes them, until it hangs up or the time is over. */
async function pour(target: Target, pieces: Iterable<Buffer>): Promise<string> {
  const socket = await dial(target);
  if (socket === undefined) return 'refused';
  socket.resume();
  let closed = false;
  const close = new Promise<void>((resolve) => {
    socket.once('close', () => {
      closed = true;
      resolve();
    });
  });
  socket.write(Buffer.concat([preface, frame(settings, 0, 0)]));
  let sent = 0;
  for (const piece of pieces) {
    if (closed || target.signal.aborted) break;
    sent++;
    if (!socket.write(piece))
      await Promise.race([close, once(socket, 'drain', { signal: AbortSignal.timeout(2000) })]).catch(() => undefined);
  }
  await Promise.race([close, sleep(500)]);
  socket.destroy();
  return closed ? `hung up after about ${sent} pieces` : `${sent} pieces taken`;
}

function* rapidReset(count: number): Generator<Buffer> {
  const block = head('/v1.51/images/json');
  const cancel = Buffer.from([0, 0, 0, 8]);
  for (let i = 0; i < count; i += 100) {
    const frames: Buffer[] = [];
    for (let j = 0; j < 100; j++) {
      const stream = (i + j) * 2 + 1;
      frames.push(frame(headers, endHeaders | endStream, stream, block), frame(reset, 0, stream, cancel));
    }
    yield Buffer.concat(frames);
  }
}

function* repeated(piece: Buffer, count: number): Generator<Buffer> {
  for (let i = 0; i < count; i++) yield piece;
}

function* endlessHead(count: number): Generator<Buffer> {
  yield frame(headers, 0, 1, head('/v1.51/images/json'));
  const more = Buffer.concat([Buffer.from([0, 1, 0x78, 100]), Buffer.alloc(100, 'y')]);
  const block = Buffer.concat(Array(100).fill(more));
  yield* repeated(frame(continuation, 0, 1, block), count);
}

const pouring = (connections: number, pieces: () => Iterable<Buffer>): HostileInput['prepare'] => {
  return (target) => {
    // Made before, so that the measuring sees the server's work and not the sender's.
    const made = [...pieces()];
    return async () => tally(await Promise.all(Array.from({ length: connections }, () => pour(target, made))));
  };
};

/** Connections that send some bytes of a request and then a little now and then. */
function slowHeads(count: number): HostileInput['prepare'] {
  return (target) => async () => {
    const sockets = await dialMany(target, count);
    for (const socket of sockets) socket.write('GET /v1.51/images/json HTTP/1.1\r\nHost: docker\r\n');
    for (let round = 0; round < 4; round++) {
      await sleep(800);
      for (const socket of sockets) socket.write(`X-${round}: y\r\n`);
    }
    const open = sockets.filter(({ destroyed }) => !destroyed).length;
    for (const socket of sockets) socket.destroy();
    return `${open} of ${count} held`;
  };
}

/** Connections that are reset in the middle of a body, or of an answer. */
function resets(count: number, request: string | Buffer): HostileInput['prepare'] {
  return (target) => async () => {
    for (let done = 0; done < count && !target.signal.aborted; done += 50) {
      const sockets = await dialMany(target, 50);
      for (const socket of sockets) socket.write(request, () => socket.destroy());
      await sleep(5);
    }
    return 'none';
  };
}

/** Uploads that stop in the middle and stay. */
function heldUploads(count: number, request: Buffer): HostileInput['prepare'] {
  return (target) => async () => {
    const sockets = await dialMany(target, count);
    for (const socket of sockets) socket.write(request);
    await sleep(4000, undefined, { signal: target.signal }).catch(() => undefined);
    for (const socket of sockets) socket.destroy();
    return `${sockets.length} of ${count} held`;
  };
}

/** Event streams that are never read. */
function deafListeners(count: number): HostileInput['prepare'] {
  return (target) => async () => {
    const sockets = await dialMany(target, count);
    for (const socket of sockets) {
      socket.pause();
      socket.write('GET /v1.51/events HTTP/1.1\r\nHost: docker\r\n\r\n');
    }
    const long = 'x'.repeat(100);
    const answers: string[] = [];
    for (let i = 0; i < 300 && !target.signal.aborted; i++)
      answers.push(await ask(target, 'POST', `/images/${target.image}/tag?repo=deaf&tag=${long}${i}`));
    for (const socket of sockets) socket.destroy();
    return tally(answers);
  };
}

/** Requests in one write, whose answers are not read. */
function pipelined(count: number): HostileInput['prepare'] {
  return (target) => {
    const one = 'GET /v1.51/images/json?all=1 HTTP/1.1\r\nHost: docker\r\n\r\n';
    const bytes = Buffer.from(one.repeat(count));
    return async () => {
      const socket = await dial(target);
      socket?.pause();
      socket?.write(bytes);
      await sleep(4000);
      socket?.destroy();
      return 'not read';
    };
  };
}

/** Inputs that are many. */
export const floods: readonly HostileInput[] = [
  { name: 'HTTP/2 rapid reset, 4 × 50,000 streams', safe: true, prepare: pouring(4, () => rapidReset(50_000)) },
  {
    name: 'HTTP/2 SETTINGS, 200,000 frames',
    safe: true,
    prepare: pouring(1, () => repeated(Buffer.concat(Array(100).fill(frame(settings, 0, 0))), 2000)),
  },
  {
    name: 'HTTP/2 PING, 200,000 frames',
    safe: true,
    prepare: pouring(1, () => repeated(Buffer.concat(Array(100).fill(frame(ping, 0, 0, Buffer.alloc(8)))), 2000)),
  },
  { name: 'HTTP/2 CONTINUATION without end', safe: true, prepare: pouring(1, () => endlessHead(5000)) },
  { name: '2,000 connections with slow heads', safe: true, prepare: slowHeads(2000) },
  {
    name: '1,000 uploads cut in the middle',
    safe: true,
    prepare: resets(
      1000,
      `POST /v1.51/images/load HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-tar\r\nContent-Length: 9999999\r\n\r\n${'x'.repeat(2048)}`,
    ),
  },
  {
    name: '100 loads of zstd, 8 MiB of window each',
    safe: false,
    prepare: heldUploads(
      100,
      Buffer.concat([
        Buffer.from(
          'POST /v1.51/images/load HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-tar\r\nContent-Length: 9999999\r\n\r\n',
        ),
        zstdRuns(100, 23, 128 << 10),
      ]),
    ),
  },
  {
    name: '200 contexts of a build cut in the middle',
    safe: true,
    prepare: resets(
      200,
      Buffer.concat([
        Buffer.from(
          'POST /v1.51/build?version=1 HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-tar\r\nContent-Length: 9999999\r\n\r\n',
        ),
        manyFiles(200, (i) => Buffer.from(String(i))),
      ]),
    ),
  },
  {
    name: '1,000 upgrades cut at once',
    safe: true,
    prepare: resets(
      1000,
      'POST /v1.51/session HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nX-Docker-Expose-Session-Uuid: a\r\n\r\n',
    ),
  },
  { name: '200 event streams that are never read', safe: true, prepare: deafListeners(200) },
  { name: '20,000 requests in one write, answers not read', safe: true, prepare: pipelined(20_000) },
];
