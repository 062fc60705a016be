/** Content that is large or much: what it takes of memory, and how fast it is against hashing the same bytes. */
import { fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ImageBuilder, image } from '../src/testing/image.js';
import { receive, send } from './plain-client.js';
import { Served } from './process.js';
import type { Row } from './result.js';

const mib = 1 << 20;

function writeArchive(folder: string, name: string, built: ImageBuilder): string {
  const path = join(folder, `${name}.tar`);
  writeFileSync(path, built.toArchive());
  return path;
}

/** Measure big content on a store of its own. */
export async function measureContent(folder: string, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  const memory = (what: string, values: number[]): void => {
    const wanted = { target: '64 MB over rest', limit: 64 };
    rows.push({ group: 'content', what, who: 'attestd', unit: 'MB', better: 'less', values, ...wanted });
  };
  const large = Buffer.from(JSON.stringify({ packages: Array(40 * 8).fill('x'.repeat(mib / 8 - 3)) }));
  const many = Array.from({ length: 500 }, (_, i) => JSON.stringify({ i, text: 'y'.repeat(20_000) }));
  const archives = [
    writeArchive(folder, 'large', image('bench/large:1').layer({ '/a': 'a' }).statement('https://a.example/t', large)),
    writeArchive(
      folder,
      'many',
      many.reduce(
        (made, text) => made.statement('https://a.example/t', text),
        image('bench/many:1').layer({ '/a': 'a' }),
      ),
    ),
  ];
  const path = (name: string): string => `/v1.55/images/bench%2F${name}:1/attestations?statement=1`;
  for (const [what, act] of [
    ['a statement of 40 MiB', (server: Served) => server.ask(path('large'), { discard: true })],
    ['500 statements of 20 kB in one answer', (server: Served) => server.ask(path('many'), { discard: true })],
    ['200 slow readers of 40 MiB', (server: Served) => slowReaders(server.socketPath, path('large'), 200)],
  ] as const) {
    const server = await Served.start(join(folder, 'content.sock'), ['--store', join(folder, 'content')]);
    try {
      for (const archive of archives)
        await server.ask('/v1.55/images/load', { method: 'POST', stream: createReadStream(archive), discard: true });
      await server.stop();
      const fresh = await Served.start(join(folder, 'content.sock'), ['--store', join(folder, 'content')]);
      await fresh.ask(path('many').replace('?statement=1', ''));
      const rest = fresh.memory().now;
      await act(fresh);
      memory(what, [fresh.memory().peak - rest]);
      await fresh.stop();
    } finally {
      await server.stop();
    }
  }
  rows.push(...(await transfers(folder, rounds)));
  return rows;
}

/** So many clients that take a piece every now and then, for a few seconds. */
async function slowReaders(socketPath: string, path: string, count: number): Promise<void> {
  const readers = Array.from({ length: count }, async () => {
    const call = request({ socketPath, path, agent: false });
    call.on('error', () => undefined);
    call.end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    for (let time = 0; time < 10; time++) {
      response.read();
      await sleep(300);
    }
    call.destroy();
  });
  await Promise.all(readers);
}

/** Load and save an image of 512 MiB beside hashing it. */
async function transfers(folder: string, rounds: number): Promise<Row[]> {
  const layer = randomBytes(16 * mib);
  const builder = image('bench/layers:1');
  const full = Array.from({ length: 32 }, (_, i) => i).reduce(
    (made, i) => made.layer({ [`/file-${i}`]: Buffer.concat([Buffer.from(String(i)), layer]) }),
    builder,
  );
  const archive = writeArchive(folder, 'layers', full);
  const bytes = statSync(archive).size;
  const speeds = {
    hash: [] as number[],
    load: [] as number[],
    save: [] as number[],
    take: [] as number[],
    give: [] as number[],
  };
  const speed = async (kind: keyof typeof speeds, act: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await act();
    speeds[kind].push(bytes / mib / ((performance.now() - began) / 1000));
  };
  for (let round = 0; round < rounds; round++) {
    const store = join(folder, `transfers-${round}`);
    const server = await Served.start(join(folder, 'content.sock'), ['--store', store]);
    try {
      await speed('hash', () => pipeline(createReadStream(archive, { highWaterMark: mib }), createHash('sha256')));
      await speed('load', () => send(server.socketPath, '/v1.55/images/load', archive));
      await speed('save', () => receive(server.socketPath, '/v1.55/images/bench%2Flayers:1/get'));
    } finally {
      await server.stop();
    }
    await bareTransfers(folder, archive, speed);
  }
  const parts = (kind: 'load' | 'save' | 'take' | 'give'): number[] =>
    speeds[kind].map((value, round) => (value / (speeds.hash[round] as number)) * 100);
  const row = (what: string, unit: string, values: number[], who = 'attestd'): Row => ({
    group: 'content',
    what,
    who,
    unit,
    better: 'more',
    values,
  });
  const wanted = { target: "70 % of hashing's", limit: 70 };
  return [
    row('sha256 alone', 'MiB/s', speeds.hash),
    row('load', 'MiB/s', speeds.load),
    row('save', 'MiB/s', speeds.save),
    { ...row('load, part of hashing', '%', parts('load')), ...wanted },
    { ...row('save, part of hashing', '%', parts('save')), ...wanted },
    row('load, part of hashing', '%', parts('take'), 'node:http'),
    row('save, part of hashing', '%', parts('give'), 'node:http'),
  ];
}

/** What a bare server of Node.js needs for an archive: to hash, write and sync what it is sent, and to send a file. */
async function bareTransfers(
  folder: string,
  archive: string,
  speed: (kind: 'take' | 'give', act: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const socketPath = join(folder, 'bare.sock');
  const child = fork(fileURLToPath(new URL('bare.ts', import.meta.url)), [
    socketPath,
    archive,
    join(folder, 'bare.out'),
  ]);
  const ended = once(child, 'exit');
  try {
    await once(child, 'message');
    await speed('take', () => send(socketPath, '/', archive));
    await speed('give', () => receive(socketPath, '/'));
  } finally {
    child.kill();
    await ended;
  }
}
