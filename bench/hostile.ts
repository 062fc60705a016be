/**
 * The watchdog: while each hostile input is worked on, another client asks for `/_ping`, and the server's memory is looked
 * at. Prints a line an input: what was answered, how long pings took, the peak of resident memory, the processor time that the
 * server took, and the most that it took of it without looking at what else there is to do. The last is what to look at on a
 * machine that is busy: pings wait there for reasons that are not the server's.
 *
 * A ping that is late is beyond the bounds unless the server had to wait for the processor: for more than a tenth of the time,
 * and for as long as the ping was too late.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { holdHeap } from '../src/cli/heap.js';
import { startServer } from '../src/server/index.js';
import { image } from '../src/testing/image.js';
import { readTool } from '../test/helpers/options.js';
import { ask, dialMany, type Target } from './hostile/client.js';
import { type HostileInput, inputs } from './hostile/inputs.js';
import { type Pings, startPings } from './hostile/pings.js';
import { type Turns, tellTurns, turnsOf } from './hostile/turns.js';
import { percentile } from './result.js';

/** Milliseconds that an input may take. */
const patience = 30_000;
/** Milliseconds of a ping at the 99th percentile, and MiB of resident memory. */
const slowest = 250;
const mostMemory = 512;

interface Row {
  readonly name: string;
  readonly answer: string;
  readonly seconds: number;
  readonly pings: Pings;
  readonly peak: number;
  /** Seconds of a processor that the server took. */
  readonly cpu: number;
  /** Undefined for a daemon that does not tell. */
  readonly turns: Turns | undefined;
}

/** Bytes of resident memory now, or at most since `forgetPeak`, MiB. */
function memory(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
}

/** Seconds of a processor that a process has taken so far; the clock of /proc ticks 100 times a second. */
function cpuTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

async function attack(
  input: HostileInput,
  target: Omit<Target, 'signal'>,
  pid: number,
  child: ChildProcess | undefined,
): Promise<Row> {
  const signal = AbortSignal.timeout(patience + 10_000);
  const send = input.prepare({ ...target, signal });
  forgetPeak(pid);
  const stop = await startPings(target.socketPath);
  await turnsOf(child);
  const before = cpuTime(pid);
  const began = performance.now();
  const answer = await Promise.race([send(), sleep(patience, 'no answer in time', { ref: false })]);
  const seconds = (performance.now() - began) / 1000;
  await sleep(300);
  const pings = await stop();
  const cpu = cpuTime(pid) - before;
  const turns = await turnsOf(child);
  return { name: input.name, answer, seconds, pings, peak: memory(pid, 'VmHWM'), cpu, turns };
}

/** Whether others had the processor for so long that late pings say nothing of the server. */
function isStarved({ turns, seconds, pings }: Row): boolean {
  const waited = turns?.waited ?? 0;
  return waited / 1000 > 0.1 * (seconds + 0.3) && waited > percentile(pings.times, 0.99) - slowest;
}

function isBad(row: Row): boolean {
  const { pings, peak, turns } = row;
  if (peak > mostMemory || (turns?.longest ?? 0) > slowest) return true;
  return pings.failed > 0 || (percentile(pings.times, 0.99) > slowest && !isStarved(row));
}

function print(row: Row): void {
  const { name, answer, seconds, pings, peak, cpu, turns } = row;
  const at = (part: number): string => percentile(pings.times, part).toFixed(1);
  const failed = pings.failed > 0 ? `, ${pings.failed} pings failed` : '';
  process.stdout.write(
    `| ${name} | ${answer} | ${seconds.toFixed(1)} | ${at(0.5)} | ${at(0.99)} | ${at(1)}${failed} | ${peak} | ${cpu.toFixed(1)} | ${turns?.longest.toFixed(0) ?? ''} | ${turns?.waited.toFixed(0) ?? ''} |${isBad(row) ? ' !' : ''}\n`,
  );
}

/** How many connections that say nothing are held, and what each costs. */
async function idleConnections(to: string | number, socketPath: string, pid: number, count: number): Promise<void> {
  const before = memory(pid, 'VmRSS');
  const sockets = await dialMany(typeof to === 'string' ? { socketPath: to } : { port: to }, count);
  await sleep(500);
  const stop = await startPings(socketPath);
  await sleep(2000);
  const pings = await stop();
  const after = memory(pid, 'VmRSS');
  const each = (((after - before) * 1024) / Math.max(1, sockets.length)).toFixed(1);
  process.stdout.write(
    `\nidle connections, ${typeof to === 'string' ? 'unix' : 'TCP'}: ${sockets.length} of ${count} held, ${before} to ${after} MiB (${each} KiB each), ping p99 ${percentile(pings.times, 0.99).toFixed(1)} ms\n`,
  );
  for (const socket of sockets) socket.destroy();
  await sleep(1000);
}

/** What the hostile programs of containers are made of. */
const programs =
  'awk base64 bash cat cp cut dd echo expr find grep head ls mkdir mv printf rm sed seq sh sleep sort tac tail tr true truncate wc xargs yes'.split(
    ' ',
  );

async function fill(socketPath: string): Promise<Omit<Target, 'signal'>> {
  const predicate = 'x'.repeat(30 << 20);
  const statement = `{"_type":"https://in-toto.io/Statement/v1","predicate":"${predicate}"}`;
  const program = { content: '\x7fELF', mode: 0o755 };
  const built = image('hostile/big:1')
    .layer(Object.fromEntries(programs.map((name) => [`/bin/${name}`, program])))
    .platform('linux/amd64')
    .statement('https://example.com/big', statement);
  const target = { socketPath, image: 'hostile/big:1', signal: AbortSignal.timeout(60_000) };
  const blob = [...built.layout()].find(([, bytes]) => bytes.length > 30 << 20)?.[0] ?? '';
  const answer = await ask({ ...target, blob: '' }, 'POST', '/images/load', { body: built.toArchive() });
  if (!answer.startsWith('200')) throw new Error(`the image was not loaded: ${answer}`);
  return { socketPath, image: 'hostile/big:1', blob: blob.replace('blobs/sha256/', 'sha256:') };
}

async function startChild(
  folder: string,
  store = 'store',
): Promise<{ child: ChildProcess; socketPath: string; port: number }> {
  const socketPath = join(folder, `${randomBytes(4).toString('hex')}.sock`);
  const child = fork(fileURLToPath(import.meta.url), [], {
    env: { ...process.env, HOSTILE_SOCKET: socketPath, HOSTILE_STORE: join(folder, store) },
  });
  const [port] = await once(child, 'message');
  return { child, socketPath, port };
}

async function main(): Promise<number> {
  const { values } = readTool({
    name: 'hostile',
    help: `usage: make hostile [ARGS="OPTIONS"], or npx tsx bench/hostile.ts [OPTIONS]

Gives the server hostile inputs, one after the other, while another client asks for /_ping. For each: what was answered,
how long pings took, the peak of memory, and the longest that the server took of the processor at a time.

  --only TEXT  inputs whose name holds TEXT; several times
  --check      exit 1 when one is beyond the bounds, which are ${slowest} ms of a ping (the 99th percentile) or of a turn, and
               ${mostMemory} MiB; \`make hostile\` gives it
  --idle N     connections that say nothing; 10,000 without it, none with --only
  --host URL   a real daemon, which gets what is safe for it; with --pid
  --pid N      its process

example: npx tsx bench/hostile.ts --only 'slow heads' --only zstd
`,
    options: {
      only: { type: 'string', multiple: true },
      check: { type: 'boolean' },
      host: { type: 'string' },
      pid: { type: 'number', whole: true },
      idle: { type: 'number', whole: true },
    },
    check: ({ only, host, pid }) => {
      if ((host === undefined) !== (pid === undefined)) return '--host and --pid go together';
      const unknown = only.find((text) => !inputs.some(({ name }) => name.includes(text)));
      return unknown === undefined ? undefined : `--only: no input has '${unknown}' in its name`;
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'attestd-bench-'));
  const started = values.host === undefined ? await startChild(folder) : undefined;
  const socketPath = started?.socketPath ?? (values.host ?? '').replace('unix://', '');
  const pid = Number(values.pid ?? started?.child.pid);
  const rows: Row[] = [];
  try {
    const target = await fill(socketPath);
    const chosen = ({ name }: HostileInput): boolean =>
      values.only.length === 0 || values.only.some((text) => name.includes(text));
    const wanted = inputs.filter((input) => chosen(input) && (started || input.safe));
    process.stdout.write(`load ${loadavg()[0]?.toFixed(2)}, ${memory(pid, 'VmRSS')} MiB before\n\n`);
    process.stdout.write(
      '| input | answer | s | ping p50 ms | p99 | most | peak MiB | cpu s | longest turn, cpu ms | waited for cpu, ms |\n|---|---|---|---|---|---|---|---|---|---|\n',
    );
    for (const input of wanted) {
      const row = await attack(input, target, pid, started?.child);
      rows.push(row);
      print(row);
    }
    const idle = values.idle ?? (values.only.length === 0 ? 10_000 : 0);
    if (idle > 0) await idleConnections(socketPath, socketPath, pid, idle);
    // Of another server: what the first has let go of would be taken again.
    const second = idle > 0 && started !== undefined ? await startChild(folder, 'second') : undefined;
    if (second !== undefined) {
      await idleConnections(second.port, second.socketPath, Number(second.child.pid), idle);
      second.child.kill('SIGKILL');
    }
    process.stdout.write(`load ${loadavg()[0]?.toFixed(2)}\n`);
  } finally {
    if (started) {
      const gone = started.child.exitCode === null ? once(started.child, 'exit') : undefined;
      started.child.kill('SIGKILL');
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  }
  const bad = rows.filter(isBad);
  if (values.check && bad.length > 0)
    process.stdout.write(`beyond the bounds: ${bad.map(({ name }) => name).join('; ')}\n`);
  return values.check && bad.length > 0 ? 1 : 0;
}

const { HOSTILE_SOCKET: childSocket, HOSTILE_STORE: store = '' } = process.env;
if (childSocket === undefined) process.exitCode = await main();
else {
  // As it is shipped: each error that somebody's connection ends with would be looked up in the sources otherwise.
  process.setSourceMapsEnabled(false);
  // As `attestd serve` does.
  holdHeap();
  // Whatever becomes of the one who measures, nothing of it stays.
  process.once('disconnect', () => process.exit());
  const listen = [`unix://${childSocket}`, 'tcp://127.0.0.1:0'];
  const server = await startServer({ listen, store, logLevel: 'none', platform: 'linux/amd64' });
  tellTurns();
  process.send?.(Number(server.hosts[1]?.split(':').at(-1)));
}
