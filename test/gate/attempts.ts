import type { OutgoingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { send, sendRaw, statuses } from './support.js';

/** What an attempt has to work with. */
export interface Stage {
  /** The gate's socket. */
  readonly gate: string;
  /** The daemon's socket, as the gate was given it; no attempt sends anything there. */
  readonly daemon: string;
  /** Ids of the images, and of containers that were made past the gate. */
  readonly ids: { readonly good: string; readonly bad: string };
  readonly elsewhere: { readonly bad: string; readonly other: string };
}

/** A way past the gate that somebody may try. */
export interface Attempt {
  readonly what: string;
  /** Statuses of the answers. */
  readonly answers: readonly number[];
  readonly send: (stage: Stage) => Promise<number[]>;
}

const createPath = '/v1.55/containers/create';
const bad = { Image: 'gate/bad:1' };

type Body = object | string | Buffer;

/** One request. */
const by =
  (method: string, path: string | ((stage: Stage) => string), body?: Body | ((stage: Stage) => Body), headers = {}) =>
  async (stage: Stage): Promise<number[]> => {
    const target = typeof path === 'string' ? path : path(stage);
    const content = typeof body === 'function' ? body(stage) : body;
    return [(await send(stage.gate, method, target, content, headers as OutgoingHttpHeaders)).status];
  };

const create = (body: Body | ((stage: Stage) => Body), query = '', headers = {}) =>
  by('POST', `${createPath}${query}`, body, headers);

/** A request as bytes: what the library would not send. */
const raw =
  (text: string | Buffer, silence?: number) =>
  async ({ gate }: Stage): Promise<number[]> =>
    statuses(await sendRaw(gate, text, silence));

const json = JSON.stringify(bad);
const head = (line: string, ...headers: string[]): string =>
  `${[`${line} HTTP/1.1`, 'Host: docker', ...headers].join('\r\n')}\r\n\r\n`;
const whole = (path: string): string =>
  `${head(`POST ${path}`, 'Content-Type: application/json', `Content-Length: ${json.length}`, 'Connection: close')}${json}`;
const atPath = (path: string): Attempt['send'] => raw(whole(path));
const chunked = `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`;
const typed = 'Content-Type: application/json';
const upgrade = ['Connection: Upgrade', 'Upgrade: tcp'];

const mounts = (mount: object): object => ({ Image: 'gate/good:1', HostConfig: { Mounts: [mount] } });

const one = (what: string, answer: number, attempt: Attempt['send']): Attempt => ({
  what,
  answers: [answer],
  send: attempt,
});

/** Ways to name an image that is not allowed, or a platform that is not. */
const names: readonly Attempt[] = [
  one('the image by its name', 403, create(bad)),
  one(
    'by its id',
    403,
    create(({ ids }) => ({ Image: ids.bad })),
  ),
  one(
    'by the beginning of its id',
    403,
    create(({ ids }) => ({ Image: ids.bad.slice(7, 19) })),
  ),
  one(
    'by its digest',
    403,
    create(({ ids }) => ({ Image: `gate/bad@${ids.bad}` })),
  ),
  one(
    "by its digest with an allowed image's tag",
    404,
    create(({ ids }) => ({ Image: `gate/good:1@${ids.bad}` })),
  ),
  one('a platform of the image that is not attested', 403, create({ Image: 'gate/mixed:1' }, '?platform=linux/386')),
  one('the platform by another name', 403, create({ Image: 'gate/mixed:1' }, '?platform=linux/i386')),
  one(
    'the platform at an API version without platforms',
    403,
    by('POST', '/v1.40/containers/create?platform=linux/386', { Image: 'gate/mixed:1' }),
  ),
  one('two platforms', 400, create({ Image: 'gate/mixed:1' }, '?platform=linux/amd64&platform=linux/386')),
  one('a platform behind a semicolon', 400, create({ Image: 'gate/mixed:1' }, '?x=1;platform=linux/386')),
  one('a platform by half its name', 400, create({ Image: 'gate/mixed:1' }, '?platform=386')),
  one('an image that is mounted', 403, create(mounts({ Type: 'image', Source: 'gate/bad:1', Target: '/x' }))),
];

/** Bodies that can be read in two ways. */
const bodies: readonly Attempt[] = [
  one('no image', 400, create({ Cmd: ['x'] })),
  one('an image without a name', 400, create({ Image: '' })),
  one('a list as the name', 400, create({ Image: ['gate/bad:1'] })),
  one('`image` in place of `Image`', 400, create({ image: 'gate/bad:1' })),
  one('`IMAGE` beside `Image`', 400, create({ Image: 'gate/good:1', IMAGE: 'gate/bad:1' })),
  one('`Image` twice', 400, create('{"Image":"gate/good:1","Image":"gate/bad:1"}')),
  one('`Image` twice, once with an escape', 400, create('{"Image":"gate/good:1","\\u0049mage":"gate/bad:1"}')),
  one(
    '`HoſtConfig`, which Go takes for `HostConfig`',
    400,
    create('{"Image":"gate/good:1","HoſtConfig":{"Privileged":true}}'),
  ),
  one('`privileged` within `HostConfig`', 400, create({ Image: 'gate/good:1', HostConfig: { privileged: true } })),
  one('a second document after the first', 400, create(`{"Image":"gate/good:1"}${json}`)),
  one('a byte order mark', 400, create(`\ufeff${json}`)),
  one('bytes that are no UTF-8', 400, create(Buffer.from('{"Image":"gate/good:1","Env":["\xff"]}', 'latin1'))),
  one('a body in gzip', 400, create(gzipSync(json), '', { 'Content-Encoding': 'gzip' })),
  one(
    'a form as the body',
    400,
    create('platform=linux/386', '', { 'Content-Type': 'application/x-www-form-urlencoded' }),
  ),
  one('a body of unknown type', 400, create(json, '', { 'Content-Type': 'text/plain' })),
  one('a body of more than 4 MiB', 400, create({ ...bad, Env: ['x'.repeat(5 * 1024 * 1024)] })),
];

/** Paths that a daemon decodes, cleans or takes for another. */
const paths: readonly Attempt[] = [
  one('`/containers/%63reate`', 400, atPath('/containers/%63reate')),
  one('`/containers/%2563reate`, encoded twice', 400, atPath('/containers/%2563reate')),
  one('`/containers%2Fcreate`', 403, atPath('/containers%2Fcreate')),
  one('`/containers/create%00`', 400, atPath('/containers/create%00')),
  one('`//containers/create`', 400, atPath('//containers/create')),
  one('`/containers/create/`', 400, atPath('/containers/create/')),
  one('`/containers/./create`', 400, atPath('/containers/./create')),
  one('`/images/../containers/create`', 400, atPath('/images/../containers/create')),
  one('`/images/x%2F..%2F..%2Fcontainers/create`', 400, atPath('/images/x%2F..%2F..%2Fcontainers/create')),
  one('`/containers\\create`', 400, atPath('/containers\\create')),
  one('`/CONTAINERS/create`', 403, atPath('/CONTAINERS/create')),
  one('`/containers/create/x`', 403, atPath('/containers/create/x')),
  one('`/v1.55/v1.55/containers/create`', 403, atPath('/v1.55/v1.55/containers/create')),
  one('`/v1.55.1/containers/create`', 400, atPath('/v1.55.1/containers/create')),
  one('`/V1.55/containers/create`', 400, atPath('/V1.55/containers/create')),
  one('`http://docker/containers/create`, the absolute form', 400, atPath('http://docker/containers/create')),
  one(
    'another method, with the right one in `X-HTTP-Method-Override`',
    403,
    by('PUT', createPath, bad, { 'X-HTTP-Method-Override': 'POST' }),
  ),
];

/** Requests within requests. */
const framing: readonly Attempt[] = [
  one(
    '`Content-Length` and `Transfer-Encoding`',
    400,
    raw(head(`POST ${createPath}`, typed, 'Content-Length: 4', 'Transfer-Encoding: chunked') + chunked),
  ),
  one(
    'two `Content-Length`',
    400,
    raw(
      `${head('POST /build/prune', 'Content-Length: 0', `Content-Length: ${whole(createPath).length}`)}${whole(createPath)}`,
    ),
  ),
  one(
    '`Transfer-Encoding: xchunked`',
    400,
    raw(head(`POST ${createPath}`, typed, 'Transfer-Encoding: xchunked') + chunked),
  ),
  one(
    'a space before the colon of `Transfer-Encoding`',
    400,
    raw(head(`POST ${createPath}`, typed, 'Transfer-Encoding : chunked') + chunked),
  ),
  one('a line feed alone in the head', 400, raw(`GET /_ping HTTP/1.1\nHost: docker\n\n${whole(createPath)}`)),
  {
    what: 'a create right behind another request',
    answers: [200, 403],
    send: raw(head('GET /_ping') + whole(createPath), 1500),
  },
  {
    what: 'a create as the body of another request',
    answers: [200],
    send: raw(
      `${head('GET /_ping', `Content-Length: ${whole(createPath).length}`, 'Connection: close')}${whole(createPath)}`,
    ),
  },
  one(
    'a body in chunks',
    403,
    raw(head(`POST ${createPath}`, typed, 'Transfer-Encoding: chunked', 'Connection: close') + chunked, 1500),
  ),
  one(
    '`Upgrade` on create',
    400,
    raw(head(`POST ${createPath}`, typed, `Content-Length: ${json.length}`, ...upgrade) + json),
  ),
  {
    what: 'a create right behind an archive',
    answers: [404],
    send: raw(head('GET /containers/nobody/archive?path=/') + whole(createPath), 1500),
  },
  {
    what: 'a create behind the last chunk of an archive',
    answers: [404],
    send: raw(
      `${head('PUT /containers/nobody/archive?path=/', 'Transfer-Encoding: chunked')}1\r\nx\r\n0\r\n\r\n${whole(createPath)}`,
      1500,
    ),
  },
  {
    what: 'a create within the chunks of an archive',
    answers: [404],
    send: raw(
      `${head('PUT /containers/nobody/archive?path=/', 'Transfer-Encoding: chunked')}${whole(createPath).length.toString(16)}\r\n${whole(createPath)}\r\n0\r\n\r\n`,
      1500,
    ),
  },
  {
    what: 'a create behind an attach that the daemon refuses',
    answers: [404],
    send: raw(head('POST /containers/nobody/attach?stream=1', ...upgrade) + whole(createPath)),
  },
  {
    what: 'a create behind an exec that the daemon refuses',
    answers: [404],
    send: raw(`${head('POST /exec/nobody/start', typed, 'Content-Length: 2', ...upgrade)}{}${whole(createPath)}`),
  },
  {
    what: 'HTTP/2 from the first byte',
    answers: [400],
    send: raw(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0`),
  },
  { what: '`CONNECT`', answers: [404], send: raw(head('CONNECT docker:2375') + whole(createPath)) },
];

/** Containers and images that come about in other ways. */
const ways: readonly Attempt[] = [
  one(
    'to start a container that was made past the gate',
    403,
    by('POST', ({ elsewhere }) => `/v1.55/containers/${elsewhere.bad}/start`),
  ),
  one(
    'by the beginning of its id',
    403,
    by('POST', ({ elsewhere }) => `/containers/${elsewhere.bad.slice(0, 12)}/start`),
  ),
  one(
    'one of a platform that is not attested',
    403,
    by('POST', ({ elsewhere }) => `/v1.55/containers/${elsewhere.other}/start`),
  ),
  one(
    'to restart it',
    403,
    by('POST', ({ elsewhere }) => `/v1.55/containers/${elsewhere.bad}/restart`),
  ),
  one(
    'to have the daemon restart it',
    403,
    by('POST', ({ elsewhere }) => `/v1.55/containers/${elsewhere.bad}/update`, { RestartPolicy: { Name: 'always' } }),
  ),
  one(
    'to start it as `/containers/x%2F..%2F…/start`',
    400,
    by('POST', ({ elsewhere }) => `/containers/x%2F..%2F${elsewhere.bad}/start`),
  ),
  one(
    'to start from a checkpoint',
    403,
    by('POST', ({ elsewhere }) => `/v1.55/containers/${elsewhere.bad}/start?checkpoint=x`),
  ),
  one(
    'a privileged exec',
    403,
    by('POST', ({ elsewhere }) => `/v1.55/containers/${elsewhere.bad}/exec`, { Cmd: ['x'], Privileged: true }),
  ),
  one('the classic builder', 403, by('POST', '/v1.55/build?remote=https://example.com/x.git')),
  one('BuildKit by `/session`', 403, raw(head('POST /session', 'Connection: Upgrade', 'Upgrade: h2c'))),
  one('BuildKit by `/grpc`', 403, raw(head('POST /grpc', 'Connection: Upgrade', 'Upgrade: h2c'))),
  one(
    'a commit',
    403,
    by('POST', ({ elsewhere }) => `/v1.55/commit?container=${elsewhere.bad}`),
  ),
  one('a swarm', 403, by('POST', '/v1.55/swarm/init', { ListenAddr: '127.0.0.1' })),
  one('a service', 403, by('POST', '/v1.55/services/create', { TaskTemplate: { ContainerSpec: bad } })),
  one('a plugin', 403, by('POST', '/v1.55/plugins/pull?remote=x', [])),
  one('an operation that nobody knows', 403, by('POST', '/v1.55/containers/clone', bad)),
];

/** Ways to the daemon's own socket. */
const sockets: readonly Attempt[] = [
  one(
    "a bind of the daemon's socket",
    403,
    create(({ daemon }) => ({ Image: 'gate/good:1', HostConfig: { Binds: [`${daemon}:/s`] } })),
  ),
  one(
    'a mount of it',
    403,
    create(({ daemon }) => mounts({ Type: 'bind', Source: daemon, Target: '/s' })),
  ),
  one(
    'a bind of the folder that it is in',
    403,
    create(({ daemon }) => ({ Image: 'gate/good:1', HostConfig: { Binds: [`${daemon}/..:/s`] } })),
  ),
  one('a bind of the root', 403, create({ Image: 'gate/good:1', HostConfig: { Binds: ['/:/host'] } })),
  one(
    "a bind of containerd's socket",
    403,
    create({ Image: 'gate/good:1', HostConfig: { Binds: ['/var/run/containerd/containerd.sock:/s'] } }),
  ),
  one(
    'a volume that is its folder',
    403,
    by('POST', '/v1.55/volumes/create', ({ daemon }) => ({
      Name: 'x',
      DriverOpts: { type: 'none', o: 'bind', device: `${daemon}/..` },
    })),
  ),
  one(
    'such a volume in a create request',
    403,
    create(({ daemon }) =>
      mounts({
        Type: 'volume',
        Target: '/s',
        VolumeOptions: {
          DriverConfig: { Name: 'local', Options: { type: 'none', o: 'bind', device: `${daemon}/..` } },
        },
      }),
    ),
  ),
];

/** Every attempt, by what it is about; docs/reference/gate.md has the same table. */
export const attempts: Readonly<Record<string, readonly Attempt[]>> = {
  'Image and platform': names,
  Bodies: bodies,
  Paths: paths,
  'Requests in requests': framing,
  'Other ways to run something': ways,
  "The daemon's socket": sockets,
};
