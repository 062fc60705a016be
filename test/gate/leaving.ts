import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const digest = `sha256:${'a'.repeat(64)}`;
const ok = (body = ''): string =>
  `HTTP/1.1 200 OK\r\nApi-Version: 1.55\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const inspected = JSON.stringify({ Id: 'x', Image: digest, Config: {}, HostConfig: {} });

const piece = Buffer.alloc(64 * 1024, 'x');

/** Write as long as somebody reads. */
function pour(socket: net.Socket): void {
  while (socket.writable) if (!socket.write(piece)) return void socket.once('drain', () => pour(socket));
}

/** What a daemon does with a request, by a word in its path. */
const behaviours: Readonly<Record<string, (socket: net.Socket) => void>> = {
  stalls: () => undefined,
  dies: (socket) => socket.destroy(),
  'half-head': (socket) => socket.write('HTTP/1.1 200 OK\r\nApi-'),
  'half-head-dies': (socket) => socket.end('HTTP/1.1 200 OK\r\nApi-'),
  'half-body': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\nhalf'),
  'half-body-dies': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhalf', () => socket.destroy()),
  pours: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 90000000000\r\n\r\n');
    pour(socket);
  },
  upgrades: (socket) => socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello'),
  'upgrades-pours': (socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    pour(socket);
  },
  'upgrades-dies': (socket) =>
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello', () => socket.destroy()),
  'upgrades-ends': (socket) => socket.end('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello'),
  answers: () => undefined,
};

/** A daemon that behaves as the path of the first request of a connection says; nothing of a body is read before. */
export function daemonThat(held: Map<net.Socket, string>): net.Server {
  return net.createServer({ allowHalfOpen: true }, (socket) => {
    let known: ((socket: net.Socket) => void) | undefined;
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('data', (bytes) => {
      if (known) return;
      const head = bytes.toString('latin1');
      if (!head.includes(' HTTP/1.1\r\n')) return;
      const word = /does-([a-z-]+)/.exec(head)?.[1];
      if (/^GET \S*\/json/.test(head)) socket.write(ok(inspected));
      else if (head.includes('/events')) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      else if (word === undefined || word === 'answers') socket.write(ok());
      else {
        known = behaviours[word];
        held.set(socket, head.split('\r\n', 1)[0] ?? '');
        socket.once('close', () => held.delete(socket));
        known?.(socket);
      }
    });
  });
}

const head = (line: string, ...headers: string[]): string =>
  `${[`${line} HTTP/1.1`, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;
const json = JSON.stringify({ Image: 'x' });

/** What a client sends before it leaves; the last piece after a while. */
const requests = (word: string): Readonly<Record<string, readonly (string | Buffer)[]>> => ({
  'half a head': [`GET /containers/does-${word}/logs HTTP/1.1\r\nHost: x\r\nX-`],
  'a request for much': [head(`GET /containers/does-${word}/archive?path=/`)],
  'a request for little': [head(`GET /containers/does-${word}/top`)],
  'two requests at once': [head(`GET /containers/does-${word}/top`) + head(`GET /containers/does-${word}/logs`)],
  'the head of an upload': [head(`PUT /containers/does-${word}/archive?path=/`, 'Content-Length: 9000000')],
  'a part of an upload': [head(`PUT /containers/does-${word}/archive?path=/`, 'Content-Length: 9000000'), piece],
  'a chunk of an upload': [
    head(`PUT /containers/does-${word}/archive?path=/`, 'Transfer-Encoding: chunked'),
    '10\r\nx',
  ],
  'bad chunks': [head(`PUT /containers/does-${word}/archive?path=/`, 'Transfer-Encoding: chunked'), 'zz\r\n'],
  'a whole upload': [head(`PUT /containers/does-${word}/archive?path=/`, 'Content-Length: 5'), 'hello'],
  'an upload and more behind': [
    `${head(`PUT /containers/does-${word}/archive?path=/`, 'Content-Length: 5')}hello`,
    piece,
    piece,
  ],
  'half a head of an upload, then the rest': [
    `PUT /containers/does-${word}/archive?path=/ HTTP/1.1\r\nHost: x\r\n`,
    `Transfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n`,
  ],
  'a part of a create': [
    head(`POST /containers/create?name=does-${word}`, 'Content-Type: application/json', 'Content-Length: 500'),
    '{',
  ],
  'a create': [
    head(
      `POST /containers/create?name=does-${word}`,
      'Content-Type: application/json',
      `Content-Length: ${json.length}`,
    ),
    json,
  ],
  'an attach': [head(`POST /containers/does-${word}/attach?stream=1`, 'Connection: Upgrade', 'Upgrade: tcp'), 'input'],
  'an attach by a client that does not ask for it': [head(`POST /containers/does-${word}/attach?stream=1`)],
  'an attach with much input': [
    head(`POST /containers/does-${word}/attach?stream=1`, 'Connection: Upgrade', 'Upgrade: tcp'),
    piece,
    piece,
  ],
});

/** Come, say something, and leave after some milliseconds. @param way one of many ways to leave, a number */
async function visit(path: string, said: readonly (string | Buffer)[], way: number): Promise<void> {
  const socket = net.connect({ path, allowHalfOpen: true });
  socket.on('error', () => undefined);
  if (way % 2 === 0) socket.resume();
  for (const [at, part] of said.entries()) {
    if (at > 0) await sleep(way % 4);
    if (socket.writable) socket.write(part);
  }
  await sleep((way * 7) % 30);
  if (way % 3 === 0) socket.end();
  if (way % 3 !== 2) await sleep(5);
  socket.destroy();
}

/** All that clients do before every kind of daemon, three ways each; all at once, but for a pause now and then. @returns how many came */
export async function visitAll(path: string): Promise<number> {
  const visits: Promise<void>[] = [];
  let way = 0;
  for (const word of Object.keys(behaviours))
    for (const said of Object.values(requests(word)))
      for (let time = 0; time < 3; time += 1) {
        way += 1;
        visits.push(visit(path, said, way));
        if (way % 50 === 0) await sleep(20);
      }
  await Promise.all(visits);
  return visits.length;
}
