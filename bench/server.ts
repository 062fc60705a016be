/**
 * Compares warm reads of the reference server with a bare node:http server that sends the same bytes: `npx tsx
 * bench/server.ts [SECONDS]`. The server runs from dist/, in a process of its own, as users run it; `make build` first.
 *
 * Prints, per read, requests a second of both and their ratio; the aim is half of the bare server (docs/architecture.md).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readImage } from '../test/server/golden/recording.js';

const seconds = Number(process.argv[2] ?? 1);
const connections = 16;
const rounds = 3;

interface Answer {
  readonly headers: readonly string[];
  readonly body: Buffer;
}

function fetchOnce(socketPath: string, agent: Agent, path: string, method = 'GET', body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, agent, path, method }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve({ headers: response.rawHeaders, body: Buffer.concat(pieces) }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** Requests a second over a number of connections, each with one request at a time. */
async function measure(socketPath: string, path: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const run = async (until: number): Promise<number> => {
    let count = 0;
    const work = async () => {
      while (performance.now() < until) {
        await fetchOnce(socketPath, agent, path);
        count++;
      }
    };
    await Promise.all(Array.from({ length: connections }, work));
    return count;
  };
  await run(performance.now() + 500);
  const count = await run(performance.now() + seconds * 1000);
  agent.destroy();
  return count / seconds;
}

/** Start a process that prints a line when it listens. */
async function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
  return child;
}

/** The limit: node:http, the same headers and body for every request. */
const bareServer = `
  const { createServer } = require('node:http');
  const { readFileSync } = require('node:fs');
  const { headers, body } = JSON.parse(readFileSync(process.env.ANSWER));
  const bytes = Buffer.from(body, 'base64');
  createServer((request, response) => {
    response.removeHeader('Connection');
    response.writeHead(200, headers);
    response.end(bytes);
  }).listen(process.env.SOCKET, () => console.log('ready'));
`;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'attestd-bench-'));
  const socket = join(folder, 'attestd.sock');
  const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const server = await start([
    cli,
    'serve',
    '--listen',
    `unix://${socket}`,
    '--store',
    join(folder, 'store'),
    '--quiet',
  ]);
  try {
    const once = new Agent({ keepAlive: false });
    for (const name of ['att-basic', 'att-multi', 'att-many'])
      await fetchOnce(socket, once, '/images/load', 'POST', readImage(name));
    for (const path of [
      '/_ping',
      '/v1.55/images/att-basic/json',
      '/v1.55/images/json',
      '/v1.55/images/att-basic/attestations?statement=1',
      '/v1.55/images/att-many/attestations?statement=1',
    ]) {
      const { headers, body } = await fetchOnce(socket, once, path);
      const kept: string[] = [];
      for (let at = 0; at < headers.length; at += 2)
        if (!/^(date|connection)$/i.test(headers[at] as string)) kept.push(...headers.slice(at, at + 2));
      const bareSocket = join(folder, 'bare.sock');
      const answer = join(folder, 'answer.json');
      await writeFile(answer, JSON.stringify({ headers: kept, body: body.toString('base64') }));
      await rm(bareSocket, { force: true });
      const bare = await start(['-e', bareServer], { ANSWER: answer, SOCKET: bareSocket });
      let mine = 0;
      let limit = 0;
      // The best of rounds taken in turn: what else the machine does slows both, but seldom in every round.
      for (let round = 0; round < rounds; round++) {
        mine = Math.max(mine, await measure(socket, path));
        limit = Math.max(limit, await measure(bareSocket, path));
      }
      bare.kill();
      const figures = `${mine.toFixed(0).padStart(7)}/s, bare ${limit.toFixed(0).padStart(7)}/s`;
      const ratio = `${((100 * mine) / limit).toFixed(0).padStart(4)} %`;
      console.log(`${path.padEnd(56)}${String(body.length).padStart(8)} bytes ${figures}${ratio}`);
    }
  } finally {
    server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
