import { Readable } from 'node:stream';
import { expect } from 'chai';
import { RootFileSystems } from '../../../../src/engine/containers/run/rootfs.js';
import type { Descriptor } from '../../../../src/oci/descriptor.js';
import type { ManifestCache } from '../../../../src/oci/manifest-cache.js';
import { tarOf } from '../../../../src/oci/tar-write.js';
import { ManualClock } from '../../../../src/support/sandbox/clock.js';
import { Budget } from '../../../../src/support/sandbox/fs/budget.js';
import { FileStore } from '../../../../src/support/sandbox/fs/content.js';
import { createFileSystem } from '../../../../src/support/sandbox/fs/file-system.js';
import type { FileSystem } from '../../../../src/support/sandbox/fs/types.js';
import { refusal } from '../../support.js';

const mediaType = 'application/vnd.oci.image.layer.v1.tar';

/** Images by the names of their layers, each of which is one file of that name with so many bytes. */
function images(size: number): ManifestCache {
  const archive = (name: string): Buffer => {
    const names = name === 'many' ? Array.from({ length: 20_000 }, (_, i) => `d/${i}`) : [name];
    return tarOf(names.map((one) => ({ name: one, mode: 0o644, size, bytes: Buffer.alloc(size, one.at(-1)) })));
  };
  return {
    manifest: async ({ digest }: Descriptor) => ({
      layers: digest.split(',').map((name) => ({ mediaType, digest: name, size })),
    }),
    content: { stream: async (digest: string) => Readable.from([archive(digest)], { objectMode: false }) },
  } as unknown as ManifestCache;
}

const image = (digest: string): Descriptor => ({ mediaType: 'x', digest, size: 1 });

describe('Files of images', () => {
  const size = 200_000;
  const clock = new ManualClock();
  const open = async (roots: RootFileSystems, digest: string): Promise<FileSystem> =>
    createFileSystem({ snapshot: await roots.snapshot(image(digest)), budget: new Budget(1 << 20), clock });

  it('make room for others when no container needs them any more', async () => {
    const roots = new RootFileSystems(images(size), new Budget(300_000), clock);
    await open(roots, 'layer-a');
    const files = await open(roots, 'layer-b');
    expect(files.readFile('/layer-b', size).at(-1)).to.equal('b'.charCodeAt(0));
  });

  it('stay where a container needs them', async () => {
    const roots = new RootFileSystems(images(size), new Budget(500_000), clock);
    const files = await open(roots, 'layer-a');
    expect((await refusal(() => roots.snapshot(image('layer-b,layer-c'))))[0]).to.equal('NO_SPACE');
    expect(files.readFile('/layer-a', size).at(-1)).to.equal('a'.charCodeAt(0));
  });

  it('are of no more layers than can be mounted', async () => {
    const roots = new RootFileSystems(images(1), new Budget(500_000), clock);
    expect((await refusal(() => roots.snapshot(image(Array(501).fill('layer').join(',')))))[0]).to.equal('INTERNAL');
  });

  it('take no more room than there is where each layer changes one large directory', async () => {
    const roots = new RootFileSystems(images(0), new Budget(500_000), clock);
    const layers = ['many', ...Array.from({ length: 200 }, (_, i) => `d/more${i}`)];
    const files = await open(roots, layers.slice(0, 20).join(','));
    expect(files.list('/d').length).to.equal(20_019);
    expect((await refusal(() => roots.snapshot(image(layers.join(',')))))[0]).to.equal('NO_SPACE');
  });

  it('are read from the disk as they were kept', async () => {
    const keeper = new FileStore();
    const [one, two] = await Promise.all(
      ['one', 'two'].map((text) => keeper.store([Buffer.from(text), Buffer.from(text)], 6)),
    );
    expect(Buffer.from(one?.read(0, 100) ?? []).toString()).to.equal('oneone');
    expect(Buffer.from(two?.read(2, 3) ?? []).toString()).to.equal('otw');
    expect(two?.read(6, 3).length).to.equal(0);
    keeper.close();
    expect(() => one?.read(0, 1)).to.throw();
  });
});
