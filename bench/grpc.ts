/**
 * Measures Read of the content service: `npx tsx bench/grpc.ts --host URL [--host URL …] [--digest DIGEST] [--times 3]`.
 * Each daemon is read from in turn. Without a digest, the largest blob that all of them have is read.
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { connect, type EngineClient } from '../src/client/index.js';
import { type Measurement, measure, print } from './measure.js';

const { values } = parseArgs({
  options: { host: { type: 'string', multiple: true }, digest: { type: 'string' }, times: { type: 'string' } },
});
const hosts = values.host ?? [];
const clients = await Promise.all(hosts.map((host) => connect({ host })));

/** Sizes of a daemon's blobs. */
async function sizes({ content }: EngineClient): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const { digest, size } of content.list()) found.set(digest, size);
  return found;
}

const [first, ...others] = await Promise.all(clients.map(sizes));
const shared = [...(first ?? [])].filter(([digest]) => others.every((one) => one.has(digest)));
const [digest, size] = shared
  .filter(([name]) => values.digest === undefined || name === values.digest)
  .sort((a, b) => b[1] - a[1])[0] ?? ['', 0];

const rows: Measurement[] = [];
for (let round = 0; round < Number(values.times ?? 3); round++)
  for (const [at, client] of clients.entries()) {
    const row = await measure(`read ${digest.slice(0, 19)} from ${hosts[at]}`, { bytes: size }, async () => {
      let length = 0;
      for await (const piece of client.content.read(digest)) length += piece.length;
      if (length !== size) throw new Error(`${length} of ${size} bytes came`);
    });
    rows.push(row);
  }
for (const [at, client] of clients.entries()) {
  const hash = createHash('sha256');
  for await (const piece of client.content.read(digest)) hash.update(piece);
  process.stdout.write(
    `${hosts[at]}: ${`sha256:${hash.digest('hex')}` === digest ? 'the digest is right' : 'OTHER BYTES'}\n`,
  );
  client.close();
}
print(rows);
