/**
 * How long a test waits for its daemon: `startDaemon` to the first answer, `reset`, and `close`, medians in one process
 * that has started one before, and the first start of a process with what it loads.
 */
import { request } from 'node:http';
import { type Connection, startDaemon } from '../src/testing/server.js';

const times = Number(process.argv[2] ?? 100);
const images = ['five-platforms', 'provenance-and-sbom', 'hello:attested'] as const;

function ping(connection: Connection, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ ...connection, path, agent: false }, (answer) => answer.resume().on('end', resolve))
      .on('error', reject)
      .end();
  });
}

const taken = new Map<string, number[]>();

async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await act();
  taken.set(what, [...(taken.get(what) ?? []), performance.now() - began]);
  return result;
}

const path = '/v1.55/images/attestd%2Ffive-platforms/attestations?statement=1';
for (let i = 0; i <= times; i++) {
  const kind = i === 0 ? ', first' : '';
  const daemon = await timed(`start to first answer${kind}`, async () => {
    const started = await startDaemon({ images, platform: 'linux/amd64' });
    await ping(started.connection, path);
    return started;
  });
  await ping(daemon.connection, '/v1.55/images/json');
  await timed(`reset${kind}`, () => daemon.reset());
  await timed(`reset to first answer${kind}`, async () => {
    await daemon.reset();
    await ping(daemon.connection, path);
  });
  await timed(`close${kind}`, () => daemon.close());
}
for (const [what, all] of taken) {
  const sorted = all.sort((a, b) => a - b);
  const at = (part: number): string =>
    (sorted[Math.floor((sorted.length - 1) * part)] as number).toFixed(1).padStart(7);
  process.stdout.write(`${what.padEnd(32)} median ${at(0.5)} ms  p95 ${at(0.95)} ms\n`);
}
