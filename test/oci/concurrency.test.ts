import { expect } from 'chai';
import fc from 'fast-check';
import { exportImages } from '../../src/oci/exporter.js';
import { importArchive } from '../../src/oci/importer.js';
import { openLayout, openOverlay } from '../../src/oci/layout.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { anyOf, only } from '../../src/oci/platform.js';
import { collect, pieces } from './support/archives.js';
import { digests, temporaryFolder, writeImage, writeIndex } from './support/images.js';

/** Archives of images that share layers. */
async function archives(): Promise<Buffer[]> {
  const store = await openOverlay([]);
  const images = [];
  for (const text of ['a', 'b', 'c']) images.push(await writeImage(store.content, text));
  const [a, b, c] = images;
  if (!a || !b || !c) throw new Error('there are three images');
  const targets = [a, b, await writeIndex(store.content, [a, b]), await writeIndex(store.content, [b, c])];
  const platforms = anyOf([], only({ architecture: 'amd64', os: 'linux' }));
  const made: Buffer[] = [];
  for (const target of targets)
    made.push(await collect(await exportImages(store, [{ target, name: 'x/y:z' }], platforms)));
  await store.close();
  return made;
}

async function load(store: LayoutStore, archive: Buffer, name: string): Promise<void> {
  const { images, end } = await importArchive(pieces(archive), store);
  for (const { target } of images) await store.put(name, target);
  await end();
}

/** Manifests and blobs that a name leads to. */
async function closure(store: LayoutStore, digest: string, found: Set<string>): Promise<void> {
  found.add(digest);
  const text = (await store.content.bytes(digest)).toString();
  if (!text.startsWith('{"schemaVersion"')) return;
  for (const [, child = ''] of text.matchAll(/"digest":"(sha256:[0-9a-f]{64})"/g)) await closure(store, child, found);
}

describe('a store that many use at once', () => {
  it('never loses what a name leads to, and keeps nothing else', async function () {
    this.timeout(120_000);
    const made = await archives();
    const act = fc.record({
      kind: fc.constantFrom('load', 'load', 'remove', 'collect'),
      archive: fc.nat(made.length - 1),
      name: fc.constantFrom('docker.io/library/n:1', 'docker.io/library/n:2', 'docker.io/library/n:3'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(act, { minLength: 1, maxLength: 6 }), { maxLength: 6 }), async (rounds) => {
        const folder = await temporaryFolder();
        const store = await openLayout(folder);
        for (const round of rounds) {
          await Promise.all(
            round.map(async ({ kind, archive, name }) => {
              if (kind === 'load') await load(store, made[archive] as Buffer, name);
              else if (kind === 'remove') await store.remove(name).catch(() => undefined);
              else await store.collect();
            }),
          );
          for (const { target } of store.list()) await closure(store, target.digest, new Set());
        }
        await store.collect();
        const used = new Set<string>();
        for (const { target } of store.list()) await closure(store, target.digest, used);
        expect(await digests(store.content)).to.deep.equal([...used].sort());
        const names = store.list();
        await store.close();
        const again = await openLayout(folder);
        expect(again.list()).to.deep.equal(names);
        await again.close();
      }),
      { numRuns: 15 },
    );
  });
});
