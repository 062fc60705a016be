/**
 * Records the raw bytes that a server answers with, for every operation, so that two builds can be compared:
 * `tsx scripts/record-raw.ts TREE OUT [ARCHIVE IMAGE]` starts the server of the source tree TREE and writes OUT.
 * ARCHIVE is loaded first; containers are made of IMAGE, which needs a shell. Two records are compared with `diff`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { operations } from '../src/generated/operations.js';

/** One request: method, path, JSON body or bytes, further header lines. */
type Step = readonly [method: string, path: string, body?: unknown, head?: readonly string[]];

/** Milliseconds of silence after which a response counts as complete: one without framing, and one in chunks. */
const silence = 150;
const chunkSilence = 800;

/** Values that one run does not share with the next. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{64}/g, '<id>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/\b[0-9a-f]{12}\b/g, '<short>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/Date: [^\r\n]*/g, 'Date: <date>'],
  [/SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}/g, '<token>'],
  [/SWMKEY-1-[\w+/]{43}/g, '<key>'],
  [/\b[0-9a-z]{25}\b/g, '<swarm id>'],
  [/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g, '<mac>'],
  [
    /"(?:time|timeNano|Created|CreatedAt|MemTotal|MemFree|Pid|NFd|NGoroutines|LastTagTime|Size|system_cpu_usage|usage|limit)":-?\d+/g,
    '"<number>"',
  ],
  [/"(?:system_cpu_usage|total_usage|usage_in_\w+|rx_\w+|tx_\w+|value|usage|max_usage)":\d+/g, '"<number>"'],
  [/attestd-[0-9a-f]{6}-\d+-\w+/g, '<folder>'],
  [/-----BEGIN CERTIFICATE-----[^"]*/g, '<certificate>'],
  [/"(?:CertIssuer\w+|TrustRoot)":"[^"]*"/g, '"<certificate>"'],
];

const container = (image: string, command: string) => ({
  Image: image,
  Cmd: ['sh', '-c', command],
  HostConfig: { NetworkMode: 'none' },
});

const prov = 'attestd%2Fprovenance-and-sbom';

/** A request of every operation that succeeds, in an order in which it does. */
function successes(image: string): Step[] {
  const spec = { Name: 's', TaskTemplate: { ContainerSpec: { Image: image } } };
  return [
    ['GET', '/_ping'],
    ['HEAD', '/_ping'],
    ['GET', '/version'],
    ['GET', '/info'],
    ['POST', '/auth', {}],
    ['GET', '/images/json'],
    ['GET', `/images/${prov}/json`],
    ['GET', `/images/${prov}/history`],
    ['GET', `/images/${prov}/attestations`],
    ['GET', `/images/${prov}/attestations?statement=1`],
    ['GET', `/images/${prov}/get`],
    ['GET', `/images/get?names=${prov}`],
    ['POST', `/images/${prov}/tag?repo=kept&tag=v1`],
    ['POST', `/images/${prov}/tag?repo=kept&tag=v2`],
    ['DELETE', '/images/kept:v2'],
    ['POST', '/images/kept:v1/push'],
    ['GET', '/images/search?term=a'],
    ['POST', '/images/create?fromImage=localhost:1/none'],
    ['POST', '/images/create?fromSrc=-&repo=imported', Buffer.alloc(1024)],
    ['POST', '/images/load', Buffer.alloc(1024)],
    ['POST', '/images/prune'],
    ['POST', '/build?version=1', Buffer.alloc(1024)],
    ['POST', '/build/prune'],
    ['GET', '/distribution/localhost:1%2Fnone/json'],
    ['GET', '/system/df'],
    ['GET', '/events?since=1&until=2'],
    ['POST', '/containers/create?name=c', container(image, 'echo out; echo err >&2; sleep 2')],
    ['GET', '/containers/json?all=1'],
    ['GET', '/containers/c/json'],
    ['POST', '/containers/c/start'],
    ['POST', '/containers/c/start'],
    ['GET', '/containers/c/top'],
    ['GET', '/containers/c/stats?stream=0'],
    ['POST', '/containers/c/resize?h=10&w=20'],
    ['POST', '/containers/c/update', {}],
    ['POST', '/containers/c/pause'],
    ['POST', '/containers/c/unpause'],
    ['POST', '/containers/c/exec', { Cmd: ['echo', 'x'], AttachStdout: true }],
    ['POST', '/exec/{exec}/start', {}],
    ['POST', '/exec/{exec}/resize?h=1&w=1'],
    ['GET', '/exec/{exec}/json'],
    ['POST', '/containers/c/attach?logs=1&stdout=1&stderr=1'],
    ['POST', '/containers/c/attach?logs=1&stdout=1', undefined, ['Upgrade: tcp', 'Connection: Upgrade']],
    ['GET', '/containers/c/attach/ws?logs=1&stdout=1'],
    ['POST', '/containers/c/wait'],
    ['GET', '/containers/c/logs?stdout=1&stderr=1'],
    ['POST', '/containers/c/restart?t=0'],
    ['POST', '/containers/c/kill'],
    ['POST', '/containers/c/wait?condition=not-running'],
    ['POST', '/containers/c/stop'],
    ['GET', '/containers/c/changes'],
    ['GET', '/containers/c/export'],
    ['HEAD', '/containers/c/archive?path=/etc'],
    ['GET', '/containers/c/archive?path=/etc/hostname'],
    ['PUT', '/containers/c/archive?path=/tmp', Buffer.alloc(1024)],
    ['POST', '/commit?container=c&repo=committed', undefined, ['Content-Type: application/json']],
    ['POST', '/containers/c/rename?name=d'],
    ['DELETE', '/containers/d?force=1'],
    ['POST', '/containers/prune'],
    ['POST', '/volumes/create', { Name: 'v' }],
    ['GET', '/volumes'],
    ['GET', '/volumes/v'],
    ['PUT', '/volumes/v?version=1', {}],
    ['DELETE', '/volumes/v'],
    ['POST', '/volumes/prune'],
    ['POST', '/networks/create', { Name: 'n' }],
    ['GET', '/networks'],
    ['GET', '/networks/n'],
    ['POST', '/containers/create?name=e', { Image: image, Cmd: ['sh'] }],
    ['POST', '/networks/n/connect', { Container: 'e' }],
    ['POST', '/networks/n/disconnect', { Container: 'e' }],
    ['DELETE', '/networks/n'],
    ['POST', '/networks/prune'],
    ['GET', '/plugins'],
    ['GET', '/plugins/privileges?remote=a'],
    ['POST', '/plugins/pull?remote=localhost:1/p', []],
    ['POST', '/plugins/p/enable?timeout=0'],
    ['POST', '/plugins/p/set', []],
    ['POST', '/plugins/create?name=p', Buffer.alloc(1024)],
    ['POST', '/swarm/init', { ListenAddr: '127.0.0.1:2377' }],
    ['GET', '/swarm'],
    ['GET', '/swarm/unlockkey'],
    ['POST', '/swarm/unlock', { UnlockKey: '' }],
    ['POST', '/swarm/join', {}],
    ['GET', '/nodes'],
    ['GET', '/nodes/self'],
    ['POST', '/secrets/create', { Name: 'x', Data: 'eA==' }],
    ['GET', '/secrets'],
    ['GET', '/secrets/x'],
    ['DELETE', '/secrets/x'],
    ['POST', '/configs/create', { Name: 'x', Data: 'eA==' }],
    ['GET', '/configs'],
    ['GET', '/configs/x'],
    ['DELETE', '/configs/x'],
    ['POST', '/services/create', spec],
    ['GET', '/services'],
    ['GET', '/services/s'],
    ['GET', '/services/s/logs?stdout=1'],
    ['POST', '/services/s/update?version=1', spec],
    ['GET', '/tasks'],
    ['DELETE', '/services/s'],
    ['POST', '/swarm/update?version=1', {}],
    ['POST', '/swarm/leave?force=1'],
    ['POST', '/session'],
    ['POST', '/grpc'],
    ['POST', '/build/cancel?id=1'],
    ['GET', '/containers/c/checkpoints'],
  ];
}

/** Requests that no operation takes, or that are refused before one is asked. */
const refusals: readonly Step[] = [
  ['GET', '/'],
  ['GET', '/v1.55/nothing'],
  ['GET', '/v1.1/info'],
  ['GET', '/v1.23/nothing'],
  ['GET', '/v9.9/info'],
  ['GET', '/v1.55/%zz'],
  ['GET', '//info'],
  ['GET', '/images/../info?a=b'],
  ['OPTIONS', '*'],
  ['OPTIONS', '/info'],
  ['OPTIONS', '/v9.9/info'],
  ['HEAD', '/images/json'],
  ['HEAD', '/info'],
  ['BREW', '/info'],
  ['GET', '/info?%zz'],
  ['GET', '/images/json?%zz'],
  ['GET', '/networks/'],
  ['CONNECT', 'host:1'],
  ['POST', '/containers/create', '{', ['Content-Type: application/json']],
  ['POST', '/images/create', 'fromImage=localhost:1/x', ['Content-Type: application/x-www-form-urlencoded']],
  ['POST', '/auth', 'a=b', ['Content-Type: application/x-www-form-urlencoded']],
  ['POST', '/containers/x/rename', 'name=%zz', ['Content-Type: application/x-www-form-urlencoded']],
  ['GET', '/info', undefined, ['Connection: close']],
  ['GET', '/info', undefined, ['Expect: 100-continue']],
];

/** Values that are given to each query parameter, by its type. */
const values: Readonly<Record<string, readonly string[]>> = {
  boolean: ['', '1', 'no', 'x'],
  integer: ['', '0', '-1', '3', 'x'],
  string: ['', 'x', '{"a":{"b":true}}', '{"os":"linux","architecture":"amd64"}'],
  array: ['', 'x', '{"os":"linux","architecture":"amd64"}'],
};

/** Operations whose answers do not end while they go well. */
const endless = new Set(['SystemEvents', 'SwarmInit', 'SwarmJoin']);

/** Each query parameter of each operation at the newest version, at the one that has it, and at the one before. */
function variants(names: Readonly<Record<string, string>>): Step[] {
  const steps: Step[] = [];
  for (const { operationId, method, path, tag, since: born, parameters } of operations) {
    if (endless.has(operationId)) continue;
    const name = names[tag] ?? 'none';
    const target = path.replace(/\{[^{}]*\}/, name);
    const bodyOf = method === 'POST' && parameters.some((one) => one.in === 'body') ? {} : undefined;
    for (const version of versionsAround(born)) steps.push([method, `/v${version}${target}`, bodyOf]);
    steps.push([method, `${target}?unknown=1&%zz`, bodyOf]);
    for (const { name: parameter, in: place, type, since } of parameters) {
      if (place !== 'query' || parameter === 'follow' || parameter === 'stream') continue;
      for (const version of versionsAround(since))
        for (const value of values[type] ?? []) {
          const query = `${parameter}=${encodeURIComponent(value)}`;
          const more = /Logs$/.test(operationId) ? '&stdout=1' : operationId === 'ContainerStats' ? '&stream=0' : '';
          steps.push([method, `/v${version}${target}?${query}${more}`, bodyOf]);
          if (type === 'array') steps.push([method, `/v${version}${target}?${query}&${query}`, bodyOf]);
        }
    }
  }
  return steps;
}

function versionsAround(since: string | undefined): string[] {
  const minor = Number(since?.split('.')[1] ?? 55);
  return [...new Set([minor - 1, minor, 55])].filter((one) => one >= 24).map((one) => `1.${one}`);
}

/** Whether all of a response has arrived that says where it ends. */
function isWhole(bytes: Buffer, method: string): boolean {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = bytes.toString('latin1', 0, end);
  if (/^HTTP\/1\.1 100/.test(head)) return false;
  if (method === 'HEAD' || /^HTTP\/1\.1 [23]04/.test(head)) return true;
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return bytes.length >= end + 4 + Number(length);
  return /transfer-encoding: chunked/i.test(head) && bytes.toString('latin1', bytes.length - 5) === '0\r\n\r\n';
}

function send(path: string, [method, target, body, head = []]: Step): Promise<Buffer> {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
  const typed = body !== undefined && !Buffer.isBuffer(body) && !head.some((line) => line.startsWith('Content-Type'));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: attestd',
    ...head,
    ...(typed ? ['Content-Type: application/json'] : []),
    ...(method === 'GET' || method === 'HEAD' ? [] : [`Content-Length: ${bytes.length}`]),
  ];
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const socket = connect(path);
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(pieces));
    };
    let timer = setTimeout(done, 3000);
    socket.on('data', (piece) => {
      pieces.push(piece);
      clearTimeout(timer);
      timer = setTimeout(done, /encoding: chunked/i.test(String(pieces[0])) ? chunkSilence : silence);
      if (isWhole(Buffer.concat(pieces), method)) done();
    });
    socket.on('close', done);
    socket.on('error', done);
    socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes]));
  });
}

function masked(bytes: Buffer): string {
  let text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (/content-type: application\/(?:x-tar|octet-stream)/i.test(text.slice(0, end))) text = text.slice(0, end + 4);
  // Where one piece ends and the next begins is up to timing.
  if (/transfer-encoding: chunked/i.test(text.slice(0, end)))
    text = text.slice(0, end + 4) + text.slice(end + 4).replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, '');
  for (const [pattern, name] of masks) text = text.replace(pattern, name);
  return text.replaceAll('\r\n', '\\r\n');
}

async function start(tree: string, path: string): Promise<ChildProcess> {
  const program = ['--import', 'tsx', join(tree, 'src/cli/main.ts'), 'serve', '--listen', `unix://${path}`];
  const child = spawn(process.execPath, [...program, '--platform', 'linux/amd64'], { stdio: 'ignore', cwd: tree });
  for (let tries = 0; tries < 200; tries++) {
    const answer = await send(path, ['GET', '/_ping']);
    if (answer.length > 0) return child;
    await sleep(100);
  }
  throw new Error('the server did not start');
}

const [tree, out, archive, image = 'attestd/five-platforms'] = process.argv.slice(2);
if (tree === undefined || out === undefined) throw new Error('usage: record-raw.ts TREE OUT [ARCHIVE IMAGE]');
const folder = mkdtempSync(join(tmpdir(), 'raw-'));
const socketPath = join(folder, 's');
const child = await start(tree, socketPath);
const record: string[] = [];
const known: Record<string, string> = {};
const run = async (step: Step): Promise<Buffer> => {
  const [method, target, ...rest] = step;
  const answer = await send(socketPath, [method, target.replace('{exec}', known.exec ?? 'none'), ...rest]);
  record.push(`### ${method} ${target}\n${masked(answer)}\n`);
  return answer;
};
try {
  if (archive !== undefined) await run(['POST', '/images/load', readFileSync(archive)]);
  for (const step of refusals) await run(step);
  for (const step of successes(image)) {
    const answer = await run(step);
    if (step[1].endsWith('/exec')) known.exec = /"Id":"([0-9a-f]{64})"/.exec(answer.toString())?.[1] ?? 'none';
  }
  await run(['POST', '/containers/create?name=f', container(image, 'echo one; sleep 1000')]);
  await run(['POST', '/volumes/create', { Name: 'v' }]);
  for (const step of variants({ Image: prov, Volume: 'v', Network: 'bridge' })) await run(step);
  await run(['POST', '/swarm/init', { ListenAddr: '127.0.0.1:2377' }]);
  for (const step of variants({ Container: 'f', Image: 'kept:v1' })) await run(step);
} finally {
  child.kill();
  writeFileSync(out, record.join('\n'));
  rmSync(folder, { recursive: true, force: true });
}
