/** Measures the image store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { digestOf } from '../src/oci/digest.js';
import { exportImages } from '../src/oci/exporter.js';
import { importArchive } from '../src/oci/importer.js';
import { openLayout } from '../src/oci/layout.js';
import { anyOf, only } from '../src/oci/platform.js';
import { readTool } from '../test/helpers/options.js';
import { type Measurement, measure, print } from './measure.js';

const { values } = readTool({
  name: 'store',
  help: `usage: npx tsx bench/store.ts [OPTIONS]

Measures the image store in a temporary folder, synced as in service.

  --mib N    size of one large blob; 1024 without it
  --blobs N  small blobs; 1000 without it

example: npx tsx bench/store.ts --mib 256
`,
  options: {
    mib: { type: 'number', whole: true, default: 1024 },
    blobs: { type: 'number', whole: true, default: 1000 },
  },
});
const { mib, blobs: count } = values;
const folder = await mkdtemp(join(tmpdir(), 'attestd-bench-'));
const rows: Measurement[] = [];
const run = async (...args: Parameters<typeof measure>): Promise<void> => {
  rows.push(await measure(...args));
};

/** Bytes that are made as they are read. */
async function* generated(): AsyncGenerator<Buffer> {
  for (let i = 0; i < mib; i++) yield Buffer.alloc(1 << 20, i % 251);
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

const store = await openLayout(join(folder, 'store'));
let large = { digest: '', size: 0 };
await run(`ingest one blob of ${mib} MiB`, { bytes: mib << 20 }, async () => {
  large = await store.content.ingest(Readable.from(generated()));
});
await run(`stream it back`, { bytes: mib << 20 }, async () => drain(await store.content.stream(large.digest)));

const small = Array.from({ length: count }, (_, i) => Buffer.from(JSON.stringify({ i, pad: 'x'.repeat(900) })));
await run(`ingest ${count} blobs of 1 KiB, one after the other`, { times: count }, async () => {
  for (const bytes of small) await store.content.ingest(bytes);
});
await run(`read ${count} blobs of 1 KiB`, { times: count }, async () => {
  for (const bytes of small) await store.content.bytes(digestOf(bytes));
});

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const config = {
  mediaType: 'application/vnd.oci.image.config.v1+json',
  ...(await store.content.ingest(Buffer.from('{}'))),
};
const layers = small.map((bytes) => ({
  mediaType: 'application/vnd.in-toto+json',
  digest: digestOf(bytes),
  size: bytes.length,
}));
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
const target = { mediaType, ...(await store.content.ingest(manifest)) };
await run('name an image 100 times, one after the other', { times: 100 }, async () => {
  for (let i = 0; i < 100; i++) await store.put(`docker.io/library/bench:${i}`, target);
});

const archive: Buffer[] = [];
const all = anyOf([], only({ architecture: 'amd64', os: 'linux' }));
await run(`export an image of ${count} blobs`, { times: 1 }, async () => {
  for await (const chunk of await exportImages(store, [{ target, name: 'docker.io/library/bench:0' }], all))
    archive.push(chunk);
});
const other = await openLayout(join(folder, 'other'));
await run(`import it into an empty store`, { times: 1 }, async () => {
  const { images, end } = await importArchive(Readable.from(archive), other);
  for (const image of images) await other.put(image.name ?? '', image.target);
  await end();
});
await run('collect garbage', { times: 1 }, () => store.collect());
await Promise.all([store.close(), other.close()]);
await run(`open a store of ${count} blobs`, { times: 1 }, async () =>
  (await openLayout(join(folder, 'store'))).close(),
);
print(rows);
await rm(folder, { recursive: true });
