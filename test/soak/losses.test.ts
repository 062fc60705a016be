import { expect } from 'chai';
import { closeContext, createContext } from '../../src/engine/engine.js';
import { noFilters } from '../../src/engine/filters.js';
import { pruneImages } from '../../src/engine/images/prune.js';
import { removeImage } from '../../src/engine/images/remove.js';
import { tagImage } from '../../src/engine/images/tag.js';
import { checkStore } from '../../src/oci/check.js';
import type { Descriptor } from '../../src/oci/descriptor.js';
import { danglingName } from '../../src/oci/index-file.js';
import { openLayout } from '../../src/oci/layout.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { Random } from '../helpers/random.js';
import { writeImage } from '../oci/support/images.js';
import { rejected } from '../oci/support/rejected.js';
import { SimulatedDisk, systemError, type Weather } from './disk.js';
import { Ledger } from './ledger.js';
import { LossSoak } from './losses.js';
import { calm, Storm } from './weather.js';

const seeds = Array.from({ length: 40 }, (_, at) => at + 1);

const open = (disk: SimulatedDisk, weather: Weather = calm): Promise<LayoutStore> =>
  openLayout('/srv/deep/store', { files: disk.mount(weather), lock: async () => async () => undefined });

/** What is found after a power loss, for many of them. */
async function afterLosses<T>(prepare: (disk: SimulatedDisk) => Promise<void>, look: (disk: SimulatedDisk) => T) {
  const found: Awaited<T>[] = [];
  for (const seed of seeds) {
    const disk = new SimulatedDisk();
    await prepare(disk);
    disk.afterPowerLoss(new Random(seed * 7919));
    found.push(await look(disk));
  }
  return found;
}

describe('a simulated disk', () => {
  const text = (disk: SimulatedDisk) => disk.find('/file')?.data.toString() ?? 'gone';

  it('keeps what was synced, and may lose or break what was not', async () => {
    const write = (synced: boolean) => async (disk: SimulatedDisk) => {
      const files = disk.mount(calm);
      const file = await files.open('/file', 'wx');
      await file.write(Buffer.from('text'));
      if (!synced) return;
      await file.sync();
      await (await files.open('/', 'r')).sync();
    };
    expect(new Set(await afterLosses(write(true), text))).to.have.all.keys('text');
    expect(new Set(await afterLosses(write(false), text))).to.include.all.keys('text', 'gone', '');
  });
});

describe('a store whose power is lost', () => {
  const intact = async (disk: SimulatedDisk): Promise<string> => {
    const store = await open(disk);
    const { images, absent, broken } = await checkStore(store);
    await store.close();
    return `${images} images, ${absent.length} absent, ${broken.length} broken`;
  };

  it('is there with its image, though the folders above it were made for it', async () => {
    const found = await afterLosses(async (disk) => {
      const store = await open(disk);
      await store.put('docker.io/library/a:1', await writeImage(store.content, 'a'));
      await store.close();
    }, intact);
    expect(new Set(found)).to.have.all.keys('1 images, 0 absent, 0 broken');
  });

  it('has an image that was acknowledged, though the folder of the journal could not be synced at first', async () => {
    const found = await afterLosses(async (disk) => {
      let [opened, made, failed, lost] = [false, false, false, false];
      const step = async (operation: string): Promise<void> => {
        if (lost) throw new Error('the power is lost');
        made ||= opened && operation === 'mkdir';
        if (failed || !made || operation !== 'fsync of a folder') return;
        failed = true;
        throw systemError('EIO', operation);
      };
      await (await open(disk)).close();
      const store = await open(disk, { step });
      opened = true;
      const image = await writeImage(store.content, 'a');
      expect(await rejected(store.put('docker.io/library/a:1', image))).to.have.property('code', 'EIO');
      await store.put('docker.io/library/a:1', image);
      lost = true;
    }, intact);
    expect(new Set(found)).to.have.all.keys('1 images, 0 absent, 0 broken');
  });

  it('has the blobs that a process which was killed had not synced, once an image of them was acknowledged', async () => {
    const found = await afterLosses(async (disk) => {
      await writeImage((await open(disk)).content, 'a');
      const store = await open(disk);
      await store.put('docker.io/library/a:1', await writeImage(store.content, 'a'));
      await store.close();
    }, intact);
    expect(new Set(found)).to.have.all.keys('1 images, 0 absent, 0 broken');
  });

  it('lacks nothing that it deleted after an index which somebody else put there and did not sync', async () => {
    const found = await afterLosses(async (disk) => {
      const store = await open(disk);
      await store.put('docker.io/library/a:1', await writeImage(store.content, 'a'));
      await store.written();
      const other = disk.mount(calm);
      const index = '/srv/deep/store/index.json';
      const draft = await other.open('/srv/draft', 'wx');
      await draft.write(Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] })));
      await other.rename('/srv/draft', index);
      await store.refresh();
      await store.collect({ others: true });
      await store.close();
    }, intact);
    expect(new Set(found)).to.have.all.keys('0 images, 0 absent, 0 broken');
  });

  it('has what was acknowledged, whole, over many losses, kills and failing operations', async () => {
    const soak = new LossSoak(new Random(20_260_101));
    for (let round = 0; round < 30; round++) await soak.round(round);
    const { violations, losses, acknowledged } = soak.outcome;
    expect(violations).to.deep.equal([]);
    expect(losses).to.be.greaterThan(10);
    expect(acknowledged).to.be.greaterThan(30);
  });
});

describe('a store whose journal was written, but not synced', () => {
  const name = 'docker.io/library/a:1';

  /** Do something that fails in the end, then something that does not; what the name stands for in the end. */
  async function afterFailure(
    failing: (store: LayoutStore, other: Descriptor) => Promise<unknown>,
    then: (store: LayoutStore, image: Descriptor) => Promise<unknown>,
  ) {
    const disk = new SimulatedDisk();
    let fails = false;
    const step = async (operation: string): Promise<void> => {
      if (fails && operation === 'fsync') throw systemError('EIO', operation);
    };
    const store = await open(disk, { step });
    const image = await writeImage(store.content, 'a');
    const other = await writeImage(store.content, 'b');
    await store.put(name, image);
    fails = true;
    expect(await rejected(failing(store, other))).to.have.property('code', 'EIO');
    fails = false;
    await then(store, image);
    await store.close();
    const again = await open(disk);
    await again.close();
    return { found: again.get(name)?.target.digest, image: image.digest };
  }

  it('keeps what is done afterwards, even where it is what there was before', async () => {
    const put = await afterFailure(
      (store) => store.remove(name),
      (store, image) => store.put(name, image),
    );
    expect(put.found).to.equal(put.image);
    const removed = await afterFailure(
      (store, other) => store.put(name, other),
      (store) => store.remove(name),
    );
    expect(removed.found).to.equal(undefined);
  });
});

describe('acts on one image at the same time', () => {
  const race = async (
    seed: number,
    act: (context: ReturnType<typeof createContext>, ids: string[]) => Promise<unknown>[],
    more: readonly string[] = [],
  ) => {
    const store = await open(new SimulatedDisk(), new Storm(new Random(seed), Number.MAX_SAFE_INTEGER, 0));
    const context = createContext({ store, host: { os: 'linux', architecture: 'amd64' }, channel: 'standard' });
    try {
      const images = [await writeImage(store.content, 'a'), await writeImage(store.content, 'b')];
      const [a, b] = images as [(typeof images)[0], (typeof images)[0]];
      await Promise.all([store.put(danglingName(a.digest), a), store.put('docker.io/library/a:latest', a)]);
      await store.put('docker.io/library/b:latest', b);
      for (const name of more) await store.put(`docker.io/library/${name}:latest`, a);
      const outcomes = await Promise.allSettled(act(context, [a.digest, b.digest]));
      const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
      return { errors, target: store.get('docker.io/library/z:latest')?.target.digest, digests: [a.digest, b.digest] };
    } finally {
      await closeContext(context);
      await store.close();
    }
  };

  it('never tell of a name that people do not give', async () => {
    for (const seed of seeds) {
      const { errors } = await race(seed, (context, [id = '']) => [
        removeImage(context, id, { force: true }),
        pruneImages(context, noFilters),
        removeImage(context, 'a'),
      ]);
      for (const error of errors) {
        expect(error).to.be.instanceOf(AttestdError);
        expect(error.message).to.match(/^No such image: (?:a:latest|sha256:[0-9a-f]{64})$/);
      }
    }
  });

  it('take no name from an image that got it meanwhile', async () => {
    for (const seed of seeds) {
      const { target, digests } = await race(
        seed,
        (context, [id = '', other = '']) => [
          removeImage(context, id, { force: true }),
          tagImage(context, other, { repo: 'z', tag: '' }),
        ],
        ['m', 'n', 'o', 'z'],
      );
      expect(target).to.equal(digests[1]);
    }
  });
});

describe('a ledger of what was acknowledged', () => {
  it('says what is gone, what is another, and nothing of what was not answered', () => {
    const ledger = new Ledger();
    ledger.done(ledger.begin({ a: 'one' }));
    ledger.begin({ a: 'two', b: 'one' });
    ledger.lose();
    expect(ledger.settle(new Map([['a', 'two']]))).to.deep.equal([]);
    expect(ledger.settle(new Map([['a', 'one']]))).to.deep.equal(['a is one, and was acknowledged as two']);
    ledger.done(ledger.begin({ c: 'one' }));
    expect(ledger.settle(new Map([['a', 'one']]))).to.deep.equal(['c is gone, and was acknowledged as one']);
  });

  it('takes any outcome of acts on a name at the same time, until one is alone', () => {
    const ledger = new Ledger();
    const [one, two] = [ledger.begin({ a: 'one' }), ledger.begin({ a: undefined })];
    ledger.done(one);
    ledger.done(two);
    expect([...ledger.values('a')]).to.have.members(['one', undefined]);
    ledger.done(ledger.begin({ a: 'three' }));
    expect([...ledger.values('a')]).to.deep.equal(['three']);
  });
});
