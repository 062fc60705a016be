/** Warm reads, side by side: who answers how often in a second, in rounds that alternate. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../src/client/index.js';
import { prism } from './prism.js';
import { Served } from './process.js';
import type { Row } from './result.js';

/** What is asked for, by what it is called in the table. */
const paths: Readonly<Record<string, string>> = {
  ping: '/_ping',
  attestations: '/v1.55/images/attestd%2Fprovenance-and-sbom/attestations',
  'attestations with statements': '/v1.55/images/attestd%2Fprovenance-and-sbom/attestations?statement=1',
  'inspect with manifests': '/v1.55/images/attestd%2Ffive-platforms/json?manifests=1',
  list: '/v1.55/images/json',
};

/** The same with a URL of its own each time, so that no answer is kept: parsing, routing, operation and rendering. */
const madeEachTime: Readonly<Record<string, string>> = {
  'attestations, made each time': `${paths.attestations}?n=`,
  'inspect with manifests, made each time': `${paths['inspect with manifests']}&n=`,
};

const connections = 16;

/** Somebody who answers. */
interface Contender {
  readonly who: string;
  /** One answer, whole. */
  get(path: string): Promise<unknown>;
  close(): void;
}

function overHttp1(who: string, target: RequestOptions): Contender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const get = async (path: string): Promise<Buffer> => {
    const call = request({ ...target, agent, path });
    call.end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    if (response.statusCode !== 200) throw new Error(`${who}: ${path}: ${response.statusCode}`);
    return Buffer.concat(chunks);
  };
  return { who, get, close: () => agent.destroy() };
}

function overHttp2(who: string, origin: string): Contender {
  const session: ClientHttp2Session = connectHttp2(origin);
  session.on('error', () => undefined);
  const get = async (path: string): Promise<void> => {
    const stream = session.request({ ':path': path });
    stream.end();
    for await (const _ of stream);
  };
  return { who, get, close: () => session.close() };
}

/** The largest small blob of the fixtures, by the content service. */
async function overGrpc(who: string, host: string): Promise<Contender> {
  const client = await connect({ host });
  let digest = '';
  for await (const info of client.content.list()) if (info.size < 4096) digest = info.digest;
  const get = async (): Promise<void> => {
    for await (const _ of client.content.read(digest));
  };
  return { who, get, close: () => client.close() };
}

/** Answers in a second. */
async function rate({ get }: Contender, path: string, seconds: number): Promise<number> {
  let count = 0;
  const ask = async (until: number): Promise<number> => {
    let answers = 0;
    while (performance.now() < until) {
      await get(path.endsWith('n=') ? `${path}${++count}` : path);
      answers++;
    }
    return answers;
  };
  const all = async (until: number): Promise<number> =>
    (await Promise.all(Array.from({ length: connections }, () => ask(until)))).reduce((sum, n) => sum + n, 0);
  await all(performance.now() + 200);
  const began = performance.now();
  const answers = await all(began + seconds * 1000);
  return answers / ((performance.now() - began) / 1000);
}

/** A bare node:http server in a process of its own, which answers with given bodies. */
async function bare(socketPath: string, bodies: Readonly<Record<string, string>>): Promise<() => void> {
  const child = fork(fileURLToPath(import.meta.url), ['bare', socketPath, JSON.stringify(bodies)]);
  await once(child, 'message');
  return () => void child.kill();
}

async function serveBare(socketPath: string, bodies: string): Promise<void> {
  const answers = new Map(
    Object.entries(JSON.parse(bodies) as Record<string, string>).map(([path, body]) => [path, Buffer.from(body)]),
  );
  const server = createServer((incoming, response) => {
    const body = answers.get(incoming.url ?? '') ?? Buffer.alloc(0);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
  });
  await once(server.listen(socketPath), 'listening');
  process.send?.('ready');
}

/** How to measure reads. */
export interface ReadOptions {
  readonly folder: string;
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** A real daemon, which has the images of the fixtures. */
  readonly host?: string | undefined;
}

/** Measure reads. */
export async function measureReads({ folder, rounds, seconds, host }: ReadOptions): Promise<Row[]> {
  const socketPath = join(folder, 'reads.sock');
  const port = 20_000 + (process.pid % 20_000);
  const served = await Served.start(socketPath, ['--listen', `tcp://127.0.0.1:${port}`]);
  const tcp = { host: '127.0.0.1', port };
  const unix = overHttp1('attestd, unix', { socketPath });
  const bodies: Record<string, string> = {};
  for (const path of Object.values(paths)) bodies[path] = String(await unix.get(path));
  const bareSocket = join(folder, 'bare.sock');
  const stopBare = await bare(bareSocket, bodies);
  const contenders: Contender[] = [
    overHttp1('node:http', { socketPath: bareSocket }),
    unix,
    overHttp1('attestd, TCP', tcp),
    overHttp2('attestd, HTTP/2', `http://127.0.0.1:${port}`),
  ];
  const blobs = await overGrpc('attestd, gRPC', `unix://${socketPath}`);
  const mock = await prism(port + 1);
  if (mock !== undefined) contenders.push(overHttp1('Prism', { host: '127.0.0.1', port: port + 1 }));
  if (host !== undefined && existsSync(host.replace('unix://', '')))
    contenders.push(overHttp1('dockerd', { socketPath: host.replace('unix://', '') }));
  const rows = new Map<string, { what: string; who: string; values: number[] }>();
  const note = async (what: string, contender: Contender, path: string): Promise<void> => {
    const { who } = contender;
    const row = rows.get(`${what} ${who}`) ?? { what, who, values: [] };
    row.values.push(await rate(contender, path, seconds));
    rows.set(`${what} ${who}`, row);
  };
  try {
    const absent = new Set<string>();
    for (const { who, get } of contenders)
      for (const path of Object.values(paths)) await get(path).catch(() => absent.add(`${who} ${path}`));
    for (let round = 0; round < rounds; round++) {
      for (const [what, path] of Object.entries(paths))
        for (const contender of contenders)
          if (!absent.has(`${contender.who} ${path}`)) await note(what, contender, path);
      for (const [what, path] of Object.entries(madeEachTime)) await note(what, unix, path);
      await note('a small blob by gRPC', blobs, '');
    }
  } finally {
    for (const contender of [...contenders, blobs]) contender.close();
    stopBare();
    mock?.();
    await served.stop();
  }
  return [...rows.values()].map((row) => ({ group: 'reads', unit: 'answers/s', better: 'more', ...row }));
}

const [kind, path, bodies = '{}'] = process.send === undefined ? [] : process.argv.slice(2);
if (kind === 'bare' && path !== undefined) await serveBare(path, bodies);
