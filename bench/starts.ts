/** How long it takes to start: a process to its first answer, and a daemon in the process of a test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Served } from './process.js';
import type { Row } from './result.js';

/** Measure starts; the server rests for half a second before its memory is looked at. */
export async function measureStarts(folder: string, times: number): Promise<Row[]> {
  const starts: number[] = [];
  const memory: number[] = [];
  for (let time = 0; time < times; time++) {
    const server = await Served.start(join(folder, 'start.sock'), []);
    starts.push(server.startMs);
    await new Promise((resolve) => setTimeout(resolve, 500));
    memory.push(server.memory().now);
    await server.stop();
  }
  const { first, next } = await daemons(times);
  const row = (what: string, unit: string, values: number[], target: string, limit: number): Row => ({
    group: 'start',
    what,
    who: 'attestd',
    unit,
    better: 'less',
    values,
    target,
    limit,
  });
  return [
    row('attestd serve, to the first answer', 'ms', starts, '250 ms', 250),
    row('startDaemon(), the first of a process', 'ms', first, '60 ms', 60),
    row('startDaemon(), the next ones', 'ms', next, '60 ms', 60),
    row('memory at rest', 'MB', memory, '60 MB', 60),
  ];
}

const testing = fileURLToPath(new URL('../dist/testing/server.js', import.meta.url));

/** Each in a process of its own, which has loaded the module and starts two daemons. */
async function daemons(times: number): Promise<{ first: number[]; next: number[] }> {
  const script = `import { startDaemon } from ${JSON.stringify(testing)};
    for (let i = 0; i < 2; i++) {
      const began = performance.now();
      const daemon = await startDaemon({ images: ['hello:attested'] });
      console.log(performance.now() - began);
      await daemon.close();
    }`;
  const first: number[] = [];
  const next: number[] = [];
  for (let time = 0; time < times; time++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (piece) => {
      text += piece;
    });
    await once(child, 'close');
    const [one = Number.NaN, two = Number.NaN] = text.trim().split('\n').map(Number);
    first.push(one);
    next.push(two);
  }
  return { first, next };
}
