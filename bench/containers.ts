/**
 * Containers: create, start, wait and remove of `true`, one after the other and sixteen at a time, beside a real daemon where
 * one is named; a thousand that run, in memory; a hundred followers of one log.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { image } from '../src/testing/fixtures.js';
import { readTool } from '../test/helpers/options.js';

const { values } = readTool({
  name: 'containers',
  help: `usage: npx tsx bench/containers.ts [OPTIONS]

Measures lives of containers, a thousand that run, and a hundred followers of a log.

  --host URL       a daemon to compare with; it needs --archive
  --archive FILE   images that are loaded into both; without it, attestd has one of its own
  --image NAME     the image of the containers; bench:1 without it
  --rounds N       of lives, whose median counts; 3 without it
  --seconds N      for the lives of a round; 2 without it
  --profile DIR    where the server writes a profile of its processor

example: npx tsx bench/containers.ts --seconds 10
`,
  options: {
    host: { type: 'string' },
    archive: { type: 'string' },
    image: { type: 'string', default: 'bench:1' },
    rounds: { type: 'number', whole: true, default: 3 },
    seconds: { type: 'number', default: 2 },
    profile: { type: 'string' },
  },
  check: ({ rounds: wanted }) => (wanted > 0 ? undefined : '--rounds: at least one'),
});
const { image: name, rounds, seconds } = values;
/** Seconds of lives that are not counted. */
const warmUp = 2;
const built = fileURLToPath(new URL('../dist/testing/server.js', import.meta.url));

/** Executables whose names are what the simulation runs. */
async function ownArchive(): Promise<Buffer> {
  const program = { content: '\x7fELF', mode: 0o755 };
  const files = Object.fromEntries(['true', 'sh', 'sleep', 'seq'].map((one) => [`/bin/${one}`, program]));
  return image(name).layer(files).platform('linux/amd64').toArchive();
}

type Answer = Awaited<ReturnType<Pool['request']>>['body'];
type Method = 'GET' | 'POST' | 'DELETE';

/** A daemon over its socket. The client is undici's: node:http's takes a quarter of the time of a container's life. */
class Target {
  readonly #pool: Pool;

  constructor(
    readonly what: string,
    socketPath: string,
  ) {
    this.#pool = new Pool('http://localhost', { socketPath, connections: 256, headersTimeout: 0, bodyTimeout: 0 });
  }

  async open(method: Method, path: string, body?: object | Buffer): Promise<Answer> {
    const json = body !== undefined && !Buffer.isBuffer(body);
    const answer = await this.#pool.request({
      method,
      path,
      ...(json && { headers: { 'Content-Type': 'application/json' } }),
      ...(body !== undefined && { body: json ? JSON.stringify(body) : (body as Buffer) }),
    });
    if (answer.statusCode < 300) return answer.body;
    throw new Error(`${this.what}: ${method} ${path}: ${answer.statusCode} ${await answer.body.text()}`);
  }

  async ask(method: Method, path: string, body?: object | Buffer): Promise<string> {
    return (await this.open(method, path, body)).text();
  }

  async create(command: readonly string[]): Promise<string> {
    const wanted = { Image: name, Cmd: command, HostConfig: { NetworkMode: 'none' } };
    return (JSON.parse(await this.ask('POST', '/containers/create', wanted)) as { Id: string }).Id;
  }

  /** One life of a container. */
  async live(): Promise<void> {
    const id = await this.create(['true']);
    await this.ask('POST', `/containers/${id}/start`);
    await this.ask('POST', `/containers/${id}/wait`);
    await this.ask('DELETE', `/containers/${id}`);
  }

  /** Lives in a second. */
  async liveFor(time: number, atOnce: number): Promise<number> {
    const began = performance.now();
    let lives = 0;
    const go = async (): Promise<void> => {
      while (performance.now() - began < time * 1000) {
        await this.live();
        lives++;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, go));
    return (lives * 1000) / (performance.now() - began);
  }

  close(): void {
    void this.#pool.destroy().catch(() => undefined);
  }
}

/** attestd in a process of its own, which tells its memory when asked. */
interface Own {
  readonly target: Target;
  readonly child: ChildProcess;
  /** MiB. */
  memory(): Promise<number>;
}

async function startOwn(archive: Buffer): Promise<Own> {
  const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
  const child = fork(fileURLToPath(import.meta.url), {
    execArgv: [...process.execArgv, '--expose-gc', ...profile],
    env: { ...process.env, ATTESTD_BENCH: 'serve' },
  });
  const [socketPath] = (await once(child, 'message')) as [string];
  const target = new Target('attestd', socketPath);
  await target.ask('POST', '/images/load', archive);
  const memory = async (): Promise<number> => {
    child.send('memory');
    const [bytes] = (await once(child, 'message')) as [number];
    return bytes / 2 ** 20;
  };
  return { target, child, memory };
}

/** The built server: the loader of this file would give every function its name when it is made. */
async function serve(): Promise<void> {
  const { startDaemon } = (await import(built)) as typeof import('../src/testing/server.js');
  const daemon = await startDaemon({ platform: 'linux/amd64' });
  process.on('message', (message) => {
    if (message === 'end') process.exit(0);
    (globalThis as { gc?: () => void }).gc?.();
    process.send?.(process.memoryUsage.rss());
  });
  process.send?.((daemon.connection as { socketPath: string }).socketPath);
}

const print = (what: string, text: string): void => void process.stdout.write(`${what.padEnd(56)} ${text}\n`);

/** By turns, so that what the machine does beside meets both. */
async function compareLives(targets: readonly Target[]): Promise<void> {
  for (const atOnce of [1, 16]) {
    const rates = targets.map((): number[] => []);
    for (const target of targets) await target.liveFor(warmUp, atOnce);
    for (let round = 0; round < rounds; round++)
      for (const [at, target] of targets.entries()) rates[at]?.push(await target.liveFor(seconds, atOnce));
    const medians = rates.map((found) => [...found].sort((a, b) => a - b)[Math.floor(found.length / 2)] as number);
    for (const [at, target] of targets.entries()) {
      const each = rates[at]?.map((rate) => rate.toFixed(1)).join(', ');
      print(`${target.what}: create, start, wait, remove, ${atOnce} at once`, `${medians[at]?.toFixed(1)}/s (${each})`);
    }
    const [own = 0, other] = medians;
    if (other !== undefined) print(`  attestd to ${targets[1]?.what}`, `${(own / other).toFixed(1)} times`);
  }
}

async function runThousand(target: Target, memory: () => Promise<number>): Promise<void> {
  const before = await memory();
  const began = performance.now();
  for (let i = 0; i < 1000; i++)
    await target.ask('POST', `/containers/${await target.create(['sleep', '100000'])}/start`);
  const taken = (performance.now() - began) / 1000;
  const after = await memory();
  const each = ((after - before) * 1024) / 1000;
  print(
    '1000 running containers',
    `${taken.toFixed(2)} s, ${before.toFixed(0)} to ${after.toFixed(0)} MiB resident, ${each.toFixed(1)} KiB each`,
  );
  const listed = performance.now();
  await target.ask('GET', '/containers/json');
  print('  and their list', `${(performance.now() - listed).toFixed(1)} ms`);
}

async function followLog(target: Target): Promise<void> {
  const lines = 10_000;
  const id = await target.create(['sh', '-c', `sleep 2; seq 1 ${lines}`]);
  await target.ask('POST', `/containers/${id}/start`);
  const path = `/containers/${id}/logs?stdout=1&follow=1`;
  const followers = await Promise.all(Array.from({ length: 100 }, () => target.open('GET', path)));
  let began = 0;
  const counts = await Promise.all(
    followers.map(async (answer) => {
      let bytes = 0;
      for await (const piece of answer) {
        began ||= performance.now();
        bytes += (piece as Buffer).length;
      }
      return bytes;
    }),
  );
  const taken = (performance.now() - began) / 1000;
  const total = counts.reduce((sum, bytes) => sum + bytes, 0);
  if (new Set(counts).size !== 1) throw new Error('the followers did not get the same');
  print(
    `100 followers of ${lines} lines`,
    `${taken.toFixed(2)} s, ${((100 * lines) / taken / 1000).toFixed(0)} thousand lines/s, ${(total / taken / 2 ** 20).toFixed(1)} MiB/s`,
  );
}

/** Do something with a server that has done nothing before. */
async function withOwn(archive: Buffer, act: (own: Own) => Promise<void>): Promise<void> {
  const own = await startOwn(archive);
  try {
    await act(own);
  } finally {
    own.target.close();
    own.child.send('end');
    await once(own.child, 'exit');
  }
}

async function main(): Promise<void> {
  const archive = values.archive === undefined ? await ownArchive() : await readFile(values.archive);
  await withOwn(archive, async ({ target }) => {
    const targets = [target];
    if (values.host !== undefined) {
      const other = new Target('dockerd', values.host.replace('unix://', ''));
      if (values.archive !== undefined) await other.ask('POST', '/images/load', archive);
      targets.push(other);
    }
    await compareLives(targets);
    targets[1]?.close();
  });
  await withOwn(archive, async ({ target, memory }) => {
    // What the first container needs is loaded, and is not counted.
    await target.live();
    await runThousand(target, memory);
  });
  await withOwn(archive, ({ target }) => followLog(target));
}

if (process.env.ATTESTD_BENCH === 'serve') await serve();
else await main();
