/**
 * Writes images to the store in the folder given, saying on standard output what was acknowledged, until it is killed:
 * `put NAME DIGEST`, `remove NAME`, each followed by `ok` once the promise resolved.
 */
import { writeSync } from 'node:fs';
import type { ContentStore } from '../../../src/oci/content-store.js';
import { openLayout } from '../../../src/oci/layout.js';

const [, , folder = '', seed = '0'] = process.argv;
const say = (line: string): unknown => writeSync(1, `${line}\n`);

async function image(content: ContentStore, text: string): Promise<{ digest: string; size: number }> {
  const layer = await content.ingest(Buffer.alloc(200_000, text));
  const config = await content.ingest(Buffer.from(JSON.stringify({ text })));
  const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }];
  const body = {
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers,
  };
  return content.ingest(Buffer.from(JSON.stringify(body)));
}

const store = await openLayout(folder);
say('open');
for (let i = 0; ; i++) {
  const name = `docker.io/library/crash:${i % 7}`;
  if (i % 5 === 4) {
    say(`remove ${name}`);
    await store.remove(name).catch(() => undefined);
    await store.collect();
  } else {
    const target = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      ...(await image(store.content, `${seed} ${i}`)),
    };
    say(`put ${name} ${target.digest}`);
    await store.put(name, target);
  }
  say('ok');
}
