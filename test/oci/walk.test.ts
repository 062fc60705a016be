import { expect } from 'chai';
import type { Descriptor } from '../../src/oci/descriptor.js';
import { openOverlay } from '../../src/oci/layout.js';
import { isManifestType } from '../../src/oci/media-types.js';
import type { ImageStore } from '../../src/oci/store.js';
import { choosing, manifestsOnly, present, reachable, stop, walk } from '../../src/oci/walk.js';
import { writeImage, writeIndex } from './support/images.js';

describe('a walk', () => {
  let store: ImageStore;
  beforeEach(async () => {
    store = await openOverlay([]);
  });
  afterEach(() => store.close());

  /** The digests that a walk handles, in its order. */
  async function handled(root: Descriptor, once = false): Promise<string[]> {
    const met: string[] = [];
    await walk(
      root,
      reachable(store.manifests, ({ digest }) => void met.push(digest)),
      { once },
    );
    return met;
  }

  it('comes to a descriptor before its children, and to them in their order', async () => {
    const [a, b] = [await writeImage(store.content, 'a'), await writeImage(store.content, 'b')];
    const inner = await writeIndex(store.content, [b]);
    const root = await writeIndex(store.content, [inner, a]);
    const met = await handled(root);
    const manifests = [root, inner, b, a].map(({ digest }) => digest);
    expect(met.filter((digest) => manifests.includes(digest))).to.deep.equal(manifests);
    expect(met).to.have.lengthOf(8);
  });

  it('enters an index once, and comes to a manifest as often as it is referred to', async () => {
    const image = await writeImage(store.content, 'a');
    const inner = await writeIndex(store.content, [image]);
    const root = await writeIndex(store.content, [inner, inner, image]);
    const met = await handled(root);
    expect(met.filter((digest) => digest === inner.digest)).to.have.lengthOf(1);
    expect(met.filter((digest) => digest === image.digest)).to.have.lengthOf(2);
    expect(await handled(root, true)).to.have.lengthOf(5);
  });

  it('ends soon where each of 40 indexes names the next one twice', async () => {
    let root = await writeImage(store.content, 'a');
    for (let depth = 0; depth < 40; depth++) root = await writeIndex(store.content, [root, root]);
    expect(await handled(root)).to.have.lengthOf(40 + 2 * 3);
  });

  it('says when it was cut short: below 100 indexes, and after 50,000 descriptors', async () => {
    let root = await writeImage(store.content, 'a');
    for (let depth = 0; depth < 101; depth++) root = await writeIndex(store.content, [root]);
    const visit = (): void => undefined;
    expect(await walk(root, reachable(store.manifests, visit))).to.equal(false);
    expect(await walk(root, reachable(store.manifests, visit), { once: true })).to.equal(true);
    const many = Array.from({ length: 60_000 }, (_, i) => ({ mediaType: 'x', digest: `${i}`, size: 1 }));
    let count = 0;
    const counting = async (): Promise<readonly Descriptor[]> => {
      count++;
      return [];
    };
    expect(await walk(many, counting)).to.equal(false);
    expect(count).to.equal(50_000);
  });

  it('takes what is missing as a leaf, or passes over it', async () => {
    const image = await writeImage(store.content, 'a');
    const root = await writeIndex(store.content, [image]);
    await store.content.delete(image.digest);
    expect(await handled(root)).to.deep.equal([root.digest, image.digest]);
    const there: string[] = [];
    await walk(
      root,
      present(store.manifests, ({ digest }) => void there.push(digest)),
    );
    expect(there).to.deep.equal([root.digest]);
  });

  it('goes where its handler wants, and ends when that says so', async () => {
    const [a, b] = [await writeImage(store.content, 'a'), await writeImage(store.content, 'b')];
    const root = await writeIndex(store.content, [a, b]);
    const met: string[] = [];
    const visit = manifestsOnly(({ digest }) => void met.push(digest));
    await walk(
      root,
      choosing(reachable(store.manifests, visit), (children) => children.slice(1)),
    );
    expect(met).to.deep.equal([b.digest]);
    const handler = reachable(store.manifests, () => undefined);
    let last: Descriptor | undefined;
    await walk(root, async (descriptor) => {
      last = descriptor;
      return isManifestType(descriptor.mediaType) ? stop : handler(descriptor);
    });
    expect(last?.digest).to.equal(a.digest);
  });
});
