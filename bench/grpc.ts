/** Measures Read of the content service. */
import { createHash } from 'node:crypto';
import { connect, type EngineClient } from '../src/client/index.js';
import { readTool } from '../test/helpers/options.js';
import { type Measurement, measure, print } from './measure.js';

const { values } = readTool({
  name: 'grpc',
  help: `usage: npx tsx bench/grpc.ts --host URL… [OPTIONS]

Measures Read of the content service of one daemon or several, each in turn.

  --host URL       a daemon; several times
  --digest DIGEST  the blob; without it the largest that all of them have
  --times N        3 without it

example: npx tsx bench/grpc.ts --host unix:///run/docker.sock --host unix:///tmp/attestd.sock
`,
  options: {
    host: { type: 'string', multiple: true },
    digest: { type: 'string' },
    times: { type: 'number', whole: true, default: 3 },
  },
  check: ({ host }) => (host.length === 0 ? '--host is needed' : undefined),
});
const { host: hosts } = values;
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
for (let round = 0; round < values.times; round++)
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
