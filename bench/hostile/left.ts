/** What clients leave with the server or make it wade through: large objects, filters, streams that nobody reads, odd images. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../src/oci/digest.js';
import { tarOf } from '../../src/oci/tar-write.js';
import { manyFiles, manyLayers } from './archives.js';
import { ask, dialMany, type Target, tally } from './client.js';
import type { HostileInput } from './inputs.js';

const json = { 'content-type': 'application/json' };
const tar = { 'content-type': 'application/x-tar' };

const post = (target: Target, path: string, body: object): Promise<string> =>
  ask(target, 'POST', path, { headers: json, body: Buffer.from(JSON.stringify(body)) });

const numbered = (count: number, text: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => text(i));

/** Do something with a container, which goes whatever becomes of it. */
function withContainer(
  name: string,
  more: object,
  act: (target: Target) => Promise<string>,
  starts = true,
): HostileInput['prepare'] {
  return (target) => async () => {
    const made = await post(target, `/containers/create?name=${name}`, { Image: target.image, ...more });
    const started = starts ? await ask(target, 'POST', `/containers/${name}/start`) : made;
    const answer = started.startsWith('20') ? await act(target) : started;
    await ask({ ...target, signal: AbortSignal.timeout(8000) }, 'DELETE', `/containers/${name}?force=1&v=1`);
    return answer;
  };
}

const script = (text: string): object => ({ Cmd: ['sh', '-c', text] });

/** A program of a container for so many milliseconds. */
const program = (name: string, text: string, ms: number): HostileInput['prepare'] =>
  withContainer(name, script(text), async ({ signal }) => {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    return 'started';
  });

/** A folder of an image, with very many long names beyond ASCII, moved, listed and copied by a container. */
function longNames(count: number): HostileInput['prepare'] {
  const named = (i: number): string => `d/${'é'.repeat(60)}${digestOf(Buffer.from(String(i))).slice('sha256:'.length)}`;
  return (target) => {
    const file = Buffer.from(`FROM ${target.image}\nUSER 0\nCOPY d /d\n`);
    const files = [
      { name: 'Dockerfile', bytes: file },
      ...numbered(count, named).map((name) => ({ name, bytes: Buffer.from('x') })),
    ];
    const body = gzipSync(tarOf(files.map((one) => ({ ...one, mode: 0o644, size: one.bytes.length }))), { level: 1 });
    const run = script('mv /d /e; ls -laR /e | tail -n 1; cp -r /e /d; rm -r /e; find /d | wc -l; echo /d/* | wc -c');
    return async () => {
      const built = await ask(target, 'POST', '/build?t=hostile/long:1&version=1', { headers: tar, body });
      const waited = withContainer('long', run, (to) => ask(to, 'POST', '/containers/long/wait'));
      return `${built}, ${await waited({ ...target, image: 'hostile/long:1' })()}`;
    };
  };
}

/** Connections that ask for something and do not read it. */
async function unread(target: Target, count: number, head: string, ms: number): Promise<string> {
  const sockets = await dialMany(target, count);
  for (const socket of sockets) {
    socket.pause();
    socket.write(head);
  }
  await sleep(ms, undefined, { signal: target.signal }).catch(() => undefined);
  for (const socket of sockets) socket.destroy();
  return `${sockets.length} of ${count} held`;
}

async function listeners(target: Target, count: number, names: number): Promise<string> {
  const filter = `{"container":[${numbered(names, (i) => `"c${i}"`).join(',')}]}`;
  const sockets = await dialMany(target, count);
  for (const socket of sockets) {
    socket.resume();
    socket.write(`GET /v1.51/events?filters=${filter} HTTP/1.1\r\nHost: docker\r\n\r\n`);
  }
  await sleep(1000);
  const answers: string[] = [];
  for (let i = 0; i < 20 && !target.signal.aborted; i++)
    answers.push(await ask(target, 'POST', `/images/${target.image}/tag?repo=heard&tag=t${i}`));
  for (const socket of sockets) socket.destroy();
  return tally(answers);
}

const webSocket = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`;

/** Write as fast as it is taken. */
async function pump(socket: Socket, piece: Buffer, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (!socket.destroyed && performance.now() < end)
    if (!socket.write(piece)) await Promise.race([new Promise((go) => socket.once('drain', go)), sleep(100)]);
}

/** WebSockets that send something, and read nothing. */
const webSockets = (name: string, count: number, first: Buffer, piece: Buffer): HostileInput['prepare'] =>
  withContainer(name, { ...script('sleep 1000'), OpenStdin: true }, async (target) => {
    const sockets = await dialMany(target, count);
    const send = async (socket: Socket): Promise<void> => {
      socket.write(webSocket(`/v1.51/containers/${name}/attach/ws?stream=1&stdin=1&stdout=1`));
      await sleep(500);
      socket.pause();
      socket.write(first);
      await pump(socket, piece, 3000);
    };
    await Promise.all(sockets.map(send));
    const open = sockets.filter(({ destroyed }) => !destroyed).length;
    for (const socket of sockets) socket.destroy();
    return `${open} of ${count} held`;
  });

/** The head of a message of 96 MiB, and a ping of 125 bytes. */
const longMessage = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]);

function unreadBuild(target: Target): Promise<string> {
  const bytes = Buffer.from(`FROM ${target.image}\nRUN yes\n`);
  const body = tarOf([{ name: 'Dockerfile', mode: 0o644, size: bytes.length, bytes }]);
  const head = `POST /v1.51/build?version=1&nocache=1 HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-tar\r\nContent-Length: ${body.length}\r\n\r\n`;
  return unread(target, 1, `${head}${body.toString('latin1')}`, 4000);
}

/** An image whose layers are all the same one. */
function layered(count: number, files: number): HostileInput['prepare'] {
  return (target) => {
    const archive = manyLayers(count, files);
    return async () => {
      await ask(target, 'POST', '/images/load', { headers: tar, body: archive });
      return post(target, '/containers/create', { Image: 'layered:1', Cmd: ['sh'] });
    };
  };
}

const create = (more: () => object): HostileInput['prepare'] => {
  return (target) => {
    const body = { Image: target.image, ...more() };
    return () => post(target, '/containers/create', body);
  };
};

/** Inputs that leave something with the server, or make it look at much. */
export const left: readonly HostileInput[] = [
  {
    name: '40 event streams that filter by 40,000 names',
    safe: false,
    prepare: (target) => () => listeners(target, 40, 40_000),
  },
  {
    name: '1,000 paused readers of an inspect of 900 KB',
    safe: false,
    prepare: withContainer(
      'long-label',
      { Cmd: ['sh'], Labels: { a: 'x'.repeat(900_000) } },
      (target) => unread(target, 1000, 'GET /v1.51/containers/long-label/json HTTP/1.1\r\nHost: docker\r\n\r\n', 5000),
      false,
    ),
  },
  {
    name: '20 WebSockets with a message of 96 MiB each',
    safe: false,
    prepare: webSockets('long-messages', 20, longMessage, Buffer.alloc(1 << 20)),
  },
  {
    name: '8 WebSockets that ping and read no answer',
    safe: false,
    prepare: webSockets('pings', 8, ping, Buffer.concat(Array(2000).fill(ping))),
  },
  {
    name: 'a build that nobody reads and that writes without end',
    safe: false,
    prepare: (target) => () => unreadBuild(target),
  },
  {
    name: 'containers/json: 60,000 ranges of ports',
    safe: true,
    prepare: (target) => {
      const ranges = numbered(60_000, (i) => `"${i % 100}-${65_535 - Math.floor(i / 100)}"`);
      return () => ask(target, 'GET', `/containers/json?filters={"publish":[${ranges.join(',')}]}`);
    },
  },
  {
    name: 'create: 50,000 binds',
    safe: false,
    prepare: create(() => ({ Cmd: ['sh'], HostConfig: { Binds: numbered(50_000, (i) => `vol:/b${i}`) } })),
  },
  {
    name: 'networks/create: 20,000 addresses of IPv6',
    safe: true,
    prepare: (target) => {
      const addresses = Object.fromEntries(numbered(20_000, (i) => `fd00:1::1:${i.toString(16)}`).entries());
      const config = [{ Subnet: 'fd00:1::/64', AuxiliaryAddresses: addresses }];
      return () => post(target, '/networks/create', { Name: 'many', EnableIPv6: true, IPAM: { Config: config } });
    },
  },
  {
    name: 'a container that is given 150,000 files, and its changes',
    safe: false,
    prepare: (target) => {
      const files = gzipSync(
        manyFiles(150_000, () => Buffer.alloc(0)),
        { level: 1 },
      );
      const given = async (to: Target): Promise<string> => {
        const put = await ask(to, 'PUT', '/containers/given/archive?path=/', { headers: tar, body: files });
        return `${put}, ${await ask(to, 'GET', '/containers/given/changes')}`;
      };
      return withContainer('given', script('true'), given, false)(target);
    },
  },
  {
    name: 'an image of 50,000 long names beyond ASCII, moved, listed and copied',
    safe: false,
    prepare: longNames(50_000),
  },
  { name: 'a container of an image of 20,000 layers', safe: false, prepare: layered(20_000, 0) },
  {
    name: 'a container of an image of 400 layers that change a folder of 50,000 files',
    safe: false,
    prepare: layered(400, 50_000),
  },
  {
    name: 'a container that makes a file of 1 TB of holes',
    safe: false,
    prepare: program('holes', 'dd if=/dev/zero of=/f bs=1 count=1 seek=1000000000000; sleep 100', 3000),
  },
  {
    name: 'a container that counts with 1,000,000 digits',
    safe: false,
    prepare: program(
      'digits',
      'x=$(yes 1 | head -n 1000000 | tr -d "\\n"); while :; do y=$((2#$x)); y=$(($x)); done',
      4000,
    ),
  },
  {
    name: 'a container with 60,000 here-documents',
    safe: false,
    prepare: program('documents', `cat ${'<<a '.repeat(60_000)}`, 1000),
  },
  {
    name: 'a container that reads lines without end',
    safe: false,
    prepare: program('lines', 'while :; do read a < /dev/zero; head -c 200000000 /dev/zero | tail -n 1; done', 3000),
  },
  {
    name: 'a container that splits texts of 4 MB',
    safe: false,
    prepare: program(
      'texts',
      'x=$(head -c 4000000 /dev/zero | tr "\\0" a); y=$(seq 99999); while :; do for i in $x $y; do :; done; done',
      3000,
    ),
  },
  {
    name: 'a container with a script that is never complete',
    safe: false,
    prepare: program('script', '(echo "if true; then"; yes :) | sh; x=$(yes : | head -n 2000000); eval "$x"', 4000),
  },
  {
    name: 'a container that defines functions without end',
    safe: false,
    prepare: program('functions', 'while :; do eval "f$i() { :; }"; i=$((i+1)); done', 10_000),
  },
  {
    name: 'a container with 60,000 variables that makes children',
    safe: false,
    prepare: program(
      'children',
      'i=0; while [ $i -lt 60000 ]; do eval "export v$i=1"; i=$((i+1)); done; while :; do (sleep 100) & sleep 100 & done',
      8000,
    ),
  },
  {
    name: 'a container whose pattern stands for 3,600 paths',
    safe: false,
    prepare: program(
      'paths',
      'for i in $(seq 60); do mkdir /$i; for j in $(seq 60); do mkdir /$i/$j; done; done; while :; do echo /*/*/. > /dev/null; done',
      4000,
    ),
  },
];
