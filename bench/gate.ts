/** What the gate costs beside the bare daemon, in one run, one after the other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { tarOf } from '../src/oci/tar-write.js';
import { image } from '../src/testing/image.js';
import { readTool } from '../test/helpers/options.js';
import { type Answer, type Ask, ask as askOn, Served } from './process.js';
import { load, machine, median, percentile } from './result.js';

const { values: flags } = readTool({
  name: 'gate',
  help: `usage: npx tsx bench/gate.ts [OPTIONS]

Measures what the gate costs beside the bare daemon, in one run. Needs \`make build\`.

  --host URL     a daemon; without it the reference server, of which creates and archives alone are measured
  --image IMAGE  of that daemon, with provenance, sh and dd
  --creates N    200 without it; 0 leaves them out
  --rounds N     of the streams; 5 without it, 0 leaves them out
  --mib N        of a stream; 256 without it

example: npx tsx bench/gate.ts --creates 500 --rounds 0
`,
  options: {
    host: { type: 'string' },
    image: { type: 'string', default: 'bench/gate:1' },
    creates: { type: 'number', whole: true, default: 200 },
    rounds: { type: 'number', whole: true, default: 5 },
    mib: { type: 'number', whole: true, default: 256 },
  },
});
const { creates, rounds, mib } = flags;
const folder = mkdtempSync(join(tmpdir(), 'attestd-bench-gate-'));
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const agent = new Agent({ keepAlive: true });

const ask = (socketPath: string, path: string, asked: Ask): Promise<Answer> =>
  askOn({ agent, socketPath }, `/v1.48${path}`, asked);

async function create(socket: string, request: object): Promise<string> {
  const { body } = await ask(socket, '/containers/create', {
    method: 'POST',
    body: Buffer.from(JSON.stringify(request)),
    type: 'application/json',
    status: [201],
  });
  return (JSON.parse(body.toString()) as { Id: string }).Id;
}

const remove = (socket: string, id: string): Promise<unknown> =>
  ask(socket, `/containers/${id}?force=1`, { method: 'DELETE', status: [204] });

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
  await ask(direct, `/containers/${id}/start`, { method: 'POST', status: [204] });
  await once(connection, 'end');
  const seconds = (performance.now() - began) / 1000;
  connection.destroy();
  await remove(direct, id);
  if (bytes < mib * 2 ** 20) throw new Error(`${bytes} bytes came of ${mib} MiB`);
  return bytes / seconds;
}

/** Bytes a second of a download. */
async function downloaded(socket: string, path: string): Promise<number> {
  const { bytes, ms } = await ask(socket, path, { discard: true });
  return bytes / (ms / 1000);
}

/** Bytes a second of an upload into a container. */
async function uploaded(socket: string, id: string): Promise<number> {
  const size = mib * 2 ** 20;
  const head = tarOf([{ name: 'zeros', mode: 0o644, size, bytes: Buffer.alloc(0) }]);
  const piece = Buffer.alloc(2 ** 20);
  const stream = Readable.from(
    (function* () {
      yield head.subarray(0, 512);
      for (let at = 0; at < mib; at++) yield piece;
      yield Buffer.alloc(1024);
    })(),
  );
  const put = { method: 'PUT', stream, type: 'application/x-tar' };
  const { ms } = await ask(socket, `/containers/${id}/archive?path=/`, put);
  return size / (ms / 1000);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function measureCreates(direct: string, gate: string): Promise<void> {
  const times: Record<'direct' | 'again' | 'gate', number[]> = { direct: [], again: [], gate: [] };
  const measure = async (who: 'direct' | 'again' | 'gate', socket: string): Promise<void> => {
    const began = performance.now();
    const id = await create(socket, { Image: flags.image, Cmd: ['sh'] });
    times[who].push(performance.now() - began);
    await remove(direct, id);
  };
  // Compiled and connected first.
  for (let at = 0; at < 20; at++) await measure('gate', gate);
  for (let at = 0; at < 20; at++) await measure('direct', direct);
  times.direct.length = 0;
  times.gate.length = 0;
  for (let at = 0; at < creates; at++) {
    await measure('direct', direct);
    await measure('gate', gate);
    await measure('again', direct);
  }
  const more = (all: readonly number[]): number[] => all.map((ms, at) => ms - (times.direct[at] as number));
  const pairs = (all: readonly number[]): string =>
    `median ${median(more(all)).toFixed(2)} ms, p99 ${percentile(more(all), 0.99).toFixed(2)} ms`;
  const line = (who: string, all: readonly number[]): string =>
    `create, ${who}: median ${median(all).toFixed(2)} ms, p99 ${percentile(all, 0.99).toFixed(2)} ms`;
  say(line('bare daemon', times.direct));
  say(line('through the gate', times.gate));
  const p99 = percentile(times.gate, 0.99) - percentile(times.direct, 0.99);
  say(`p99 through the gate less that of the bare daemon: ${p99.toFixed(2)} ms`);
  say(`overhead, pair by pair: ${pairs(times.gate)} (wanted: at most 5 ms)`);
  // What a pair differs by without a gate: below it nothing can be told.
  say(`the bare daemon beside itself, pair by pair: ${pairs(times.again)}`);
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
    await served.ask('/v1.48/images/load', { method: 'POST', body: built.toArchive(), type: 'application/x-tar' });
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
