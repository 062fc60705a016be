import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Descriptor } from '../../src/oci/descriptor.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { LocalContentStore } from '../../src/oci/local-content-store.js';
import { digests, temporaryFolder, writeImage } from './support/images.js';
import { slowIndexStore } from './support/slow-index.js';

const name = 'docker.io/library/a:1';

/** Blobs whose first deletion has to wait, and what happens meanwhile. */
class WaitingBlobs extends LocalContentStore {
  meanwhile: (() => Promise<unknown>) | undefined;

  override async delete(digest: string, unless?: () => boolean): Promise<void> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    return super.delete(digest, unless);
  }
}

describe('a blob that no name needs, and whose deletion has begun', () => {
  /** The blobs that are left of an image of three, where something happens between the collection's look and its deletions. */
  const leftAfter = async (
    meanwhile: (store: LayoutStore, image: Descriptor) => Promise<unknown>,
  ): Promise<string[]> => {
    const folder = await temporaryFolder();
    const blobs = new WaitingBlobs(join(folder, 'blobs'), { ingest: join(folder, 'ingest') });
    const { store } = slowIndexStore(blobs);
    const image = await writeImage(store.content, 'a');
    await store.put(name, image);
    await store.remove(name);
    blobs.meanwhile = () => meanwhile(store, image);
    await store.collect();
    return digests(blobs);
  };

  it('goes with all others where nothing happens', async () => {
    expect(await leftAfter(async () => undefined)).to.have.lengthOf(0);
  });

  it('stays where a name came to it and is on the disk already', async () => {
    const left = await leftAfter(async (store, image) => {
      await store.put(name, image);
      await store.written();
    });
    expect(left).to.have.lengthOf(3);
  });

  it('stays where somebody holds it', async () => {
    const left = await leftAfter(async (store, { digest }) => {
      for await (const info of store.content.list()) store.lease().hold(info.digest);
      expect(await store.content.has(digest)).to.equal(true);
    });
    expect(left).to.have.lengthOf(3);
  });

  it('stays where the store is closed', async () => {
    const left = await leftAfter(async (store) => {
      // Closing waits for the deletion, too.
      void store.close();
    });
    expect(left).to.have.lengthOf(3);
  });

  it('stays while the index on disk has a name that is taken away, at whatever moment that is', async () => {
    const folder = await temporaryFolder();
    for (let steps = 0; steps < 30; steps++) {
      const blobs = new LocalContentStore(join(folder, `blobs-${steps}`), { ingest: join(folder, 'ingest') });
      const slow = slowIndexStore(blobs);
      const { store } = slow;
      const image = await writeImage(store.content, 'a');
      await store.put(name, image);
      await store.written();
      const write = slow.hold();
      let removed: Promise<void> | undefined;
      const remove = async (): Promise<void> => {
        for (let step = 0; step < steps; step++) await undefined;
        await store.remove(name);
      };
      slow.looked = () => {
        removed ??= remove();
      };
      const collected = store.collect();
      await sleep(20);
      expect(slow.onDisk()).to.deep.equal([name]);
      expect(await digests(blobs), `after ${steps} steps`).to.have.lengthOf(3);
      write();
      await Promise.all([removed, collected]);
      await store.close();
    }
  });
});
