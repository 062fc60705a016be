/**
 * Measures the hot reads of the reference server beside a bare node:http server that answers with the same bytes, which is
 * the limit: `npx tsx bench/http.ts [--seconds 3] [--connections 16]`. The servers run one after the other, each in a
 * process of its own; this process asks.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startServer } from '../src/server/index.js';

const paths = [
  '/_ping',
  '/v1.55/images/attestd/provenance-and-sbom/attestations',
  '/v1.55/images/attestd/provenance-and-sbom/attestations?statement=1',
  '/v1.55/images/attestd/five-platforms/json?manifests=1',
  '/v1.55/images/json',
] as const;

/**
 * Requests whose answers are made each time, because no two have the same URL: what parsing, routing, the operation and
 * rendering cost together. The last finds no route, so that all are tried.
 */
const uncached = [
  '/_ping?n=',
  '/v1.55/images/attestd/provenance-and-sbom/attestations?n=',
  '/v1.55/images/attestd/five-platforms/json?manifests=1&n=',
  '/v1.55/nothing/here?n=',
] as const;

/** A request's answer, whole. */
async function get(agent: Agent, socketPath: string, path: string, status = 200): Promise<Buffer> {
  const call = request({ agent, socketPath, path });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  if (response.statusCode !== status) throw new Error(`${path}: ${response.statusCode}`);
  return Buffer.concat(chunks);
}

/**
 * Answers in a second, over so many connections at once.
 *
 * @param path with a number after it that counts up, where it ends with `n=`
 */
async function rate(socketPath: string, path: string, seconds: number, connections: number): Promise<number> {
  let count = 0;
  const status = path.includes('nothing') ? 404 : 200;
  const numbered = path.endsWith('n=');
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const ask = async (until: number): Promise<number> => {
    let answers = 0;
    while (performance.now() < until) {
      await get(agent, socketPath, numbered ? `${path}${++count}` : path, status);
      answers++;
    }
    return answers;
  };
  const all = (until: number): Promise<number[]> => Promise.all(Array.from({ length: connections }, () => ask(until)));
  await all(performance.now() + 300);
  const began = performance.now();
  const answers = (await all(began + seconds * 1000)).reduce((sum, n) => sum + n, 0);
  agent.destroy();
  return answers / ((performance.now() - began) / 1000);
}

/** Run this file as a server in another process until `act` is done. */
async function withServer<T>(kind: string, socketPath: string, bodies: string, act: () => Promise<T>): Promise<T> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [kind, socketPath, bodies]);
  try {
    await once(child, 'message');
    return await act();
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

async function serve(kind: string, socketPath: string, bodies: string): Promise<void> {
  if (kind === 'attestd') await startServer({ listen: [`unix://${socketPath}`], logLevel: 'error' });
  else {
    const answers = new Map(
      Object.entries(JSON.parse(bodies) as Record<string, string>).map(([path, body]) => [path, Buffer.from(body)]),
    );
    const server = createServer((incoming, response) => {
      const body = answers.get(incoming.url ?? '') ?? Buffer.alloc(0);
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
    });
    await once(server.listen(socketPath), 'listening');
  }
  process.send?.('ready');
}

async function compare(seconds: number, connections: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'attestd-bench-'));
  const bodies: Record<string, string> = {};
  const rates = async (kind: string): Promise<number[]> => {
    const socketPath = join(folder, `${kind}.sock`);
    return withServer(kind, socketPath, JSON.stringify(bodies), async () => {
      const found: number[] = [];
      for (const path of paths) {
        if (kind === 'attestd') bodies[path] = (await get(new Agent(), socketPath, path)).toString();
        found.push(await rate(socketPath, path, seconds, connections));
      }
      return found;
    });
  };
  const made: number[] = [];
  const socketPath = join(folder, 'uncached.sock');
  await withServer('attestd', socketPath, '{}', async () => {
    for (const path of uncached) made.push(await rate(socketPath, path, seconds, connections));
  });
  const ours = await rates('attestd');
  const limit = await rates('bare');
  for (const [i, path] of paths.entries()) {
    const [mine = 0, bare = 1] = [ours[i], limit[i]];
    const size = Buffer.byteLength(bodies[path] ?? '');
    process.stdout.write(
      `${path.padEnd(70)} ${String(size).padStart(7)} bytes ${mine.toFixed(0).padStart(6)}/s of ${bare.toFixed(0)}/s: ${((mine / bare) * 100).toFixed(0)} %\n`,
    );
  }
  for (const [i, path] of uncached.entries()) {
    const microseconds = 1e6 / (made[i] ?? 1);
    process.stdout.write(
      `${`${path}N`.padEnd(70)} made each time ${(made[i] ?? 0).toFixed(0).padStart(6)}/s: ${microseconds.toFixed(0)} µs each\n`,
    );
  }
  await rm(folder, { recursive: true });
}

const [kind, socketPath, bodies = '{}'] = process.send === undefined ? [] : process.argv.slice(2);
if (kind !== undefined && socketPath !== undefined) await serve(kind, socketPath, bodies);
else {
  const { values } = parseArgs({ options: { seconds: { type: 'string' }, connections: { type: 'string' } } });
  await compare(Number(values.seconds ?? 3), Number(values.connections ?? 16));
}
