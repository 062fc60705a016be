/** The hostile inputs: what is small and asks for much, what never ends, and what is not what it says. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InfoRequest, ListContentRequest, ReadContentRequest } from '../../src/generated/content.js';
import {
  doubledIndexes,
  emptyEntries,
  longManifest,
  loops,
  manyFiles,
  unnamedEntries,
  zeros,
  zstdCopies,
  zstdRuns,
} from './archives.js';
import { ask, call, dialMany, http2, outcome, type Target, tally } from './client.js';
import { floods } from './floods.js';
import { left } from './left.js';

/** Something hostile. */
export interface HostileInput {
  readonly name: string;
  /** Whether a real daemon may be given it: what is known to take one down, or all of its memory, is not sent. */
  readonly safe: boolean;
  /** Makes what is sent, before the measuring. @returns what sends it; gives the answer in few words */
  prepare(target: Target): () => Promise<string>;
}

const tarType = { 'content-type': 'application/x-tar' };

/** Found by fuzzing: a frame to be skipped, then the head of one that names a content of 1.7 GiB. */
const wideWindow = Buffer.from('502a4d1802000000ffff28b52ffdb5582900006822656c6d6f', 'hex');

const load = (body: () => Buffer | Iterable<Buffer>): HostileInput['prepare'] => {
  return (target) => {
    const made = body();
    const pieces = Buffer.isBuffer(made) ? [made] : [...made];
    return () => ask(target, 'POST', '/images/load', { headers: tarType, body: Buffer.concat(pieces) });
  };
};

const importing = (changes: () => readonly string[]): HostileInput['prepare'] => {
  return (target) => {
    const query = changes().map((change) => `&changes=${encodeURIComponent(change)}`);
    const path = `/images/create?fromSrc=-&repo=hostile${query.join('')}`;
    return () => ask(target, 'POST', path, { headers: tarType, body: Buffer.alloc(1024) });
  };
};

const json = (path: string, body: () => string): HostileInput['prepare'] => {
  return (target) => {
    const bytes = Buffer.from(body());
    return () => ask(target, 'POST', path, { headers: { 'content-type': 'application/json' }, body: bytes });
  };
};

const nested = (depth: number): string => '['.repeat(depth);

/** Readers that take a little of a long answer and then nothing. */
function pausedReaders(count: number, path: (target: Target) => string, time: number): HostileInput['prepare'] {
  return (target) => async () => {
    const sockets = await dialMany(target, count);
    let begun = 0;
    for (const socket of sockets) {
      socket.once('data', () => {
        begun++;
        socket.pause();
      });
      socket.write(`GET ${path(target)} HTTP/1.1\r\nHost: docker\r\n\r\n`);
    }
    await sleep(time, undefined, { signal: target.signal }).catch(() => undefined);
    for (const socket of sockets) socket.destroy();
    return `${begun} of ${count} begun`;
  };
}

/** Calls that read a blob of 30 MiB and open no window for it, 250 to a connection. */
function slowReads(count: number): HostileInput['prepare'] {
  return (target) => async () => {
    const sessions = Array.from({ length: Math.ceil(count / 250) }, () => http2(target, 16 * 1024));
    let begun = 0;
    for (let i = 0; i < count; i++) {
      const session = sessions[Math.floor(i / 250)];
      if (session === undefined || session.destroyed) continue;
      const message = ReadContentRequest.encode({ digest: target.blob, offset: 0, size: 0 });
      call(session, 'Read', message)
        .once('response', () => begun++)
        .pause();
    }
    await sleep(5000, undefined, { signal: target.signal }).catch(() => undefined);
    for (const session of sessions) session.destroy();
    return `${begun} of ${count} begun`;
  };
}

const grpc = (method: string, message: () => Uint8Array): HostileInput['prepare'] => {
  return (target) => {
    const bytes = message();
    return async () => {
      const session = http2(target);
      const timer = setTimeout(() => session.destroy(), 8000);
      const answer = await outcome(call(session, method, bytes));
      clearTimeout(timer);
      session.destroy();
      return answer;
    };
  };
};

/** Programs of a container that do nothing but take time. */
function busyContainers(count: number, script: string): HostileInput['prepare'] {
  return (target) => async () => {
    const { socketPath, image, signal } = target;
    const body = Buffer.from(JSON.stringify({ Image: image, Cmd: ['sh', '-c', script] }));
    const headers = { 'content-type': 'application/json' };
    const names = Array.from({ length: count }, (_, i) => `busy-${i}`);
    const answers: string[] = [];
    for (const name of names) {
      await ask(target, 'POST', `/containers/create?name=${name}`, { headers, body });
      answers.push(await ask(target, 'POST', `/containers/${name}/start`));
    }
    await sleep(4000, undefined, { signal }).catch(() => undefined);
    const after = { socketPath, image, blob: '', signal: AbortSignal.timeout(5000) };
    for (const name of names) await ask(after, 'DELETE', `/containers/${name}?force=1`);
    return tally(answers);
  };
}

/** Readers of a long log with short lines, who take a little of it and then nothing. */
function pausedLogReaders(count: number): HostileInput['prepare'] {
  return (target) => async () => {
    const body = Buffer.from(JSON.stringify({ Image: target.image, Cmd: ['sh', '-c', 'yes'] }));
    await ask(target, 'POST', '/containers/create?name=long', {
      headers: { 'content-type': 'application/json' },
      body,
    });
    await ask(target, 'POST', '/containers/long/start');
    await sleep(2000, undefined, { signal: target.signal }).catch(() => undefined);
    await ask(target, 'POST', '/containers/long/kill');
    const path = '/v1.51/containers/long/logs?stdout=1&timestamps=1';
    const answer = await pausedReaders(count, () => path, 3000)(target)();
    await ask(target, 'DELETE', '/containers/long?force=1');
    return answer;
  };
}

/** All inputs, in the order in which they are tried. */
export const inputs: readonly HostileInput[] = [
  { name: 'nothing', safe: true, prepare: () => () => sleep(3000, 'none') },
  {
    name: '100 paused readers of a statement of 30 MiB',
    safe: true,
    prepare: pausedReaders(100, ({ image }) => `/v1.55/images/${image}/attestations?statement=1&n=1`, 6000),
  },
  { name: '1,000 gRPC reads of 30 MiB without a window', safe: true, prepare: slowReads(1000) },
  ...floods,
  {
    name: 'gRPC Info, a digest of 1 MiB',
    safe: true,
    prepare: grpc('Info', () => InfoRequest.encode({ digest: `sha256:${'a'.repeat(1 << 20)}` })),
  },
  {
    name: 'gRPC List, a filter of 15 MiB',
    safe: false,
    prepare: grpc('List', () => ListContentRequest.encode({ filters: [`digest~=${'('.repeat(15 << 20)}`] })),
  },
  {
    name: 'gRPC List, 100,000 filters',
    safe: true,
    prepare: grpc('List', () => ListContentRequest.encode({ filters: Array(100_000).fill('labels.a==b,digest~=x') })),
  },
  {
    name: 'load: zstd, 64 KB of run-length blocks, 2 GiB',
    safe: false,
    prepare: load(() => zstdRuns(16_384, 23, 128 << 10)),
  },
  { name: 'load: zstd, a window of 1.7 GiB in 25 bytes', safe: false, prepare: load(() => wideWindow) },
  {
    name: 'load: zstd, 64 KB of blocks of a byte, window of 8 MiB',
    safe: false,
    prepare: load(() => zstdRuns(16_384, 23, 1)),
  },
  {
    name: 'load: zstd, 8 KB of run-length blocks, window of 128 MiB',
    safe: false,
    prepare: load(() => zstdRuns(2048, 27, 128 << 10)),
  },
  { name: 'load: zstd, 128 KB of copies in a block, 7 GiB', safe: false, prepare: load(() => zstdCopies()) },
  { name: 'load: gzip, 4 MB of zeros, 4 GiB', safe: false, prepare: load(() => zeros(4096)) },
  { name: 'load: indexes that name a child twice, depth 20', safe: false, prepare: load(() => doubledIndexes(20)) },
  { name: 'load: a manifest of 40 MiB', safe: true, prepare: load(() => longManifest(40 << 20)) },
  { name: 'load: an index of 20,000 unnamed entries', safe: true, prepare: load(() => unnamedEntries(20_000)) },
  { name: 'load: an index of 2.7 million empty entries', safe: false, prepare: load(() => emptyEntries(2_700_000)) },
  { name: 'load: 100,000 empty files', safe: true, prepare: load(() => manyFiles(100_000, () => Buffer.alloc(0))) },
  {
    name: 'load: 20,000 files of a few bytes, each its own',
    safe: true,
    prepare: load(() => manyFiles(20_000, (i) => Buffer.from(String(i)))),
  },
  { name: 'load: a link that leads to itself', safe: true, prepare: load(loops) },
  { name: 'load: 32 MiB that are no archive', safe: true, prepare: load(() => Buffer.alloc(32 << 20, 'x')) },
  { name: 'import: changes of 300 KB', safe: false, prepare: importing(() => [`ENV ${'a=b '.repeat(75_000)}`]) },
  { name: 'import: EXPOSE 0-65535', safe: true, prepare: importing(() => ['EXPOSE 0-65535']) },
  { name: 'import: 20,000 changes', safe: true, prepare: importing(() => Array(20_000).fill('LABEL a=b')) },
  {
    name: 'create: JSON nested 1,000,000 deep',
    safe: true,
    prepare: json('/containers/create', () => `{"Image":${nested(1_000_000)}`),
  },
  {
    name: 'create: 64 MiB of JSON',
    safe: true,
    prepare: json('/containers/create', () => `{"Image":"x","Env":["${'x'.repeat(64 << 20)}"]}`),
  },
  {
    name: 'create: a host whose address is 900 KB of colons',
    safe: true,
    prepare: json(
      '/containers/create',
      () => `{"Image":"x","HostConfig":{"ExtraHosts":["a:${':'.repeat(900_000)}x"]}}`,
    ),
  },
  {
    name: 'create: 300,000 labels',
    safe: true,
    prepare: json('/containers/create', () => {
      const labels = Array.from({ length: 300_000 }, (_, i) => `"label-${i}":"x"`);
      return `{"Image":"x","Labels":{${labels.join(',')}}}`;
    }),
  },
  {
    name: 'images/json: filters nested 300,000 deep',
    safe: true,
    prepare: (target) => () => ask(target, 'GET', `/images/json?filters=${nested(300_000)}`),
  },
  {
    name: 'images/json: 100,000 parameters',
    safe: true,
    prepare: (target) => () => ask(target, 'GET', `/images/json?${'a=b&'.repeat(100_000)}`),
  },
  {
    name: 'a reference of 900 KB',
    safe: true,
    prepare: (target) => () => ask(target, 'GET', `/images/${'a/'.repeat(450_000)}b/json`),
  },
  {
    name: 'a form of 64 MiB',
    safe: true,
    prepare: (target) => {
      const body = Buffer.alloc(64 << 20, 'a=b&');
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return () => ask(target, 'POST', '/images/x/tag', { headers, body });
    },
  },
  {
    name: '4 containers that count without end',
    safe: false,
    prepare: busyContainers(4, 'while :; do i=$((i+1)); done'),
  },
  {
    name: 'a container that doubles a text without end',
    safe: false,
    prepare: busyContainers(1, 'x=aaaaaaaa; while :; do x=$x$x; done'),
  },
  {
    name: '4 containers that capture a MB of line feeds',
    safe: false,
    prepare: busyContainers(4, "while :; do x=$(head -c 1000000 /dev/zero | tr '\\0' '\\n'; echo .); done"),
  },
  {
    name: '4 containers that match expressions of many stars',
    safe: false,
    prepare: busyContainers(
      4,
      "x=$(head -c 60000 /dev/zero | tr '\\0' a); while :; do echo $x | grep -c 'a*a*a*a*b'; done",
    ),
  },
  {
    name: 'a container that codes, turns and sorts what never ends',
    safe: false,
    prepare: busyContainers(1, 'base64 /dev/zero >/dev/null & yes | tac & yes | sort & xargs true < /dev/zero & wait'),
  },
  { name: '4 containers that write without end', safe: false, prepare: busyContainers(4, 'yes') },
  {
    name: '20 containers that keep a text of 16 MiB',
    safe: false,
    prepare: busyContainers(20, `x=aaaaaaaa; for i in ${'1 '.repeat(21)}; do x=$x$x; done; yes > /dev/null`),
  },
  { name: '200 paused readers of a log of short lines', safe: false, prepare: pausedLogReaders(200) },
  { name: '2 containers that fork without end', safe: false, prepare: busyContainers(2, 'f() { f | f & }; f') },
  ...left,
];
