/**
 * What the gate costs beside the bare daemon, in one run, one after the other: `npx tsx bench/gate.ts [--host HOST --image IMAGE]
 * [--creates 200] [--rounds 5] [--mib 256]`; 0 leaves one out. Needs `make build`. IMAGE has to have provenance, sh and dd; without a host, the reference server,
 * of which creates and archives alone are measured.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { image } from '../src/testing/image.js';
import { Served } from './process.js';
import { load, machine, median } from './result.js';

const { values: flags } = parseArgs({
  options: {
    host: { type: 'string' },
    image: { type: 'string', default: 'bench/gate:1' },
    creates: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '5' },
    mib: { type: 'string', default: '256' },
  },
});
const [creates, rounds, mib] = [flags.creates, flags.rounds, flags.mib].map(Number) as [number, number, number];
const folder = mkdtempSync(join(tmpdir(), 'attestd-bench-gate-'));
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const agent = new http.Agent({ keepAlive: true });

function ask(
  socketPath: string,
  method: string,
  path: string,
  body?: Buffer | Readable,
  type?: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = type === undefined ? {} : { 'Content-Type': type };
    const request = http.request({ socketPath, method, path: `/v1.48${path}`, headers, agent });
    request.on('response', resolve).on('error', reject);
    if (body instanceof Readable) body.pipe(request);
    else request.end(body);
  });
}

/** Read an answer to its end; its length and, where it is short, its text. */
async function read(answer: IncomingMessage, status: readonly number[]): Promise<{ bytes: number; text: string }> {
  let bytes = 0;
  const pieces: Buffer[] = [];
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes < 65_536) pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString();
  if (!status.includes(answer.statusCode ?? 0)) throw new Error(`status ${answer.statusCode}: ${text}`);
  return { bytes, text };
}

async function create(socket: string, request: object): Promise<string> {
  const answer = await ask(
    socket,
    'POST',
    '/containers/create',
    Buffer.from(JSON.stringify(request)),
    'application/json',
  );
  return (JSON.parse((await read(answer, [201])).text) as { Id: string }).Id;
}

const remove = async (socket: string, id: string): Promise<unknown> =>
  read(await ask(socket, 'DELETE', `/containers/${id}?force=1`), [204]);

/** Bytes a second of what a container writes, over an attached connection. */
async function attached(socket: string, direct: string): Promise<number> {
  const Cmd = ['sh', '-c', `dd if=/dev/zero bs=1M count=${mib} 2>/dev/null`];
  const id = await create(direct, {
    Image: flags.image,
    Cmd,
    AttachStdout: true,
    HostConfig: { LogConfig: { Type: 'none' } },
  });
  const connection = connect(socket);
  connection.write(
    `POST /v1.48/containers/${id}/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
  );
  await once(connection, 'data');
  let bytes = 0;
  connection.on('data', (piece: Buffer) => {
    bytes += piece.length;
  });
  const began = performance.now();
  await read(await ask(direct, 'POST', `/containers/${id}/start`), [204]);
  await once(connection, 'end');
  const seconds = (performance.now() - began) / 1000;
  connection.destroy();
  await remove(direct, id);
  if (bytes < mib * 2 ** 20) throw new Error(`${bytes} bytes came of ${mib} MiB`);
  return bytes / seconds;
}

/** Bytes a second of a download. */
async function downloaded(socket: string, path: string): Promise<number> {
  const began = performance.now();
  const { bytes } = await read(await ask(socket, 'GET', path), [200]);
  return bytes / ((performance.now() - began) / 1000);
}

/** Bytes a second of an upload into a container. */
async function uploaded(socket: string, id: string): Promise<number> {
  const size = mib * 2 ** 20;
  const head = Buffer.alloc(512);
  head.write('zeros');
  head.write('0000644\0', 100);
  head.write('0000000\0', 108);
  head.write('0000000\0', 116);
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  head.write('00000000000\0        0', 136);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const piece = Buffer.alloc(2 ** 20);
  const body = Readable.from(
    (function* () {
      yield head;
      for (let at = 0; at < mib; at++) yield piece;
      yield Buffer.alloc(1024);
    })(),
  );
  const began = performance.now();
  await read(await ask(socket, 'PUT', `/containers/${id}/archive?path=/`, body, 'application/x-tar'), [200]);
  return size / ((performance.now() - began) / 1000);
}

const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] as number;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function measureCreates(direct: string, gate: string): Promise<void> {
  const times: Record<'direct' | 'gate', number[]> = { direct: [], gate: [] };
  const once = async (who: 'direct' | 'gate', socket: string): Promise<void> => {
    const began = performance.now();
    const id = await create(socket, { Image: flags.image, Cmd: ['sh'] });
    times[who].push(performance.now() - began);
    await remove(direct, id);
  };
  // Compiled and connected first.
  for (let at = 0; at < 20; at++) await once('gate', gate);
  for (let at = 0; at < 20; at++) await once('direct', direct);
  times.direct.length = 0;
  times.gate.length = 0;
  for (let at = 0; at < creates; at++) {
    await once('direct', direct);
    await once('gate', gate);
  }
  const more = times.gate.map((ms, at) => ms - (times.direct[at] as number));
  const line = (who: string, all: readonly number[]): string =>
    `create, ${who}: median ${median(all).toFixed(2)} ms, p99 ${percentile(all, 0.99).toFixed(2)} ms`;
  say(line('bare daemon', times.direct));
  say(line('through the gate', times.gate));
  say(
    `overhead, pair by pair: median ${median(more).toFixed(2)} ms, p99 ${percentile(more, 0.99).toFixed(2)} ms (wanted: at most 5 ms)`,
  );
}

async function measureStream(
  what: string,
  direct: string,
  gate: string,
  act: (socket: string) => Promise<number>,
): Promise<void> {
  const rates: Record<'direct' | 'gate', number[]> = { direct: [], gate: [] };
  await act(gate);
  for (let round = 0; round < rounds; round++) {
    rates.direct.push(await act(direct));
    rates.gate.push(await act(gate));
  }
  const mibs = (all: readonly number[]): string => `${(median(all) / 2 ** 20).toFixed(0)} MiB/s`;
  const part = median(rates.gate) / median(rates.direct);
  say(`${what}: bare ${mibs(rates.direct)}, gate ${mibs(rates.gate)}, ${part.toFixed(2)} of it (wanted: at least 0.7)`);
}

let served: Served | undefined;
let child: ChildProcess | undefined;
try {
  if (flags.host === undefined) {
    served = await Served.start(join(folder, 'daemon.sock'), ['--platform', 'linux/amd64']);
    const built = image(flags.image)
      .layer({ '/bin/sh': { content: 'x'.repeat(2 ** 24), mode: 0o755 } })
      .cmd('sh')
      .provenance();
    await read(await ask(served.socketPath, 'POST', '/images/load', built.toArchive(), 'application/x-tar'), [200]);
  }
  const direct = served?.socketPath ?? (flags.host as string).replace('unix://', '');
  const gate = join(folder, 'gate.sock');
  const policy = join(folder, 'policy.mjs');
  writeFileSync(policy, 'export default ({ image }) => ({ allow: image.hasProvenance === true });\n');
  const args = ['gate', '--policy', policy, '--host', `unix://${direct}`, '--listen', `unix://${gate}`];
  child = spawn(process.execPath, [main, ...args, '--audit', join(folder, 'audit.jsonl'), '--exit-with-parent'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout as Readable, 'data');
  say(`${machine()}, load ${load().toFixed(1)}`);
  if (creates > 0) await measureCreates(direct, gate);
  if (rounds > 0 && flags.host === undefined)
    await measureStream('GET /images/get', direct, gate, (socket) =>
      downloaded(socket, `/images/get?names=${flags.image}`),
    );
  if (rounds > 0 && flags.host !== undefined) {
    await measureStream('attach', direct, gate, (socket) => attached(socket, direct));
    const id = await create(direct, { Image: flags.image, Cmd: ['sh'] });
    await measureStream('PUT archive', direct, gate, (socket) => uploaded(socket, id));
    await measureStream('GET archive', direct, gate, (socket) =>
      downloaded(socket, `/containers/${id}/archive?path=/zeros`),
    );
    await remove(direct, id);
  }
  say(`load ${load().toFixed(1)}`);
} finally {
  child?.kill('SIGTERM');
  agent.destroy();
  await served?.stop();
  rmSync(folder, { recursive: true, force: true });
}
