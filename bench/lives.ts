/** Containers: made, started, waited for and removed, one after the other. */
import { join } from 'node:path';
import { image } from '../src/testing/image.js';
import { Served } from './process.js';
import type { Row } from './result.js';

const batch = 100;

/** Measure containers' lives. */
export async function measureContainers(folder: string, rounds: number): Promise<Row[]> {
  const server = await Served.start(join(folder, 'containers.sock'), []);
  const lives: number[] = [];
  const post = (path: string, body?: Buffer, status = [200, 201, 204]) =>
    server.ask(path, { method: 'POST', status, ...(body && { body, type: 'application/json' }) });
  const config = Buffer.from(JSON.stringify({ Image: 'bench/run:1' }));
  const program = { content: 'a program', mode: 0o755 };
  try {
    await post('/v1.55/images/load', image('bench/run:1').layer({ '/app': program }).cmd('/app').toArchive());
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      for (let time = 0; time < batch; time++) {
        const { Id } = JSON.parse((await post('/v1.55/containers/create', config)).body.toString()) as { Id: string };
        await post(`/v1.55/containers/${Id}/start`);
        await post(`/v1.55/containers/${Id}/stop?t=0`, undefined, [204, 304]);
        await server.ask(`/v1.55/containers/${Id}`, { method: 'DELETE', status: [204] });
      }
      lives.push((performance.now() - began) / batch);
    }
  } finally {
    await server.stop();
  }
  return [
    {
      group: 'containers',
      what: 'create, start, stop, remove',
      who: 'attestd',
      unit: 'ms',
      better: 'less',
      values: lives,
    },
  ];
}
