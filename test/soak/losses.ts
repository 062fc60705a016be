import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../src/engine/context.js';
import { closeContext, createContext } from '../../src/engine/engine.js';
import { noFilters } from '../../src/engine/filters.js';
import { importImage } from '../../src/engine/images/import.js';
import { loadImages } from '../../src/engine/images/load.js';
import { pruneImages } from '../../src/engine/images/prune.js';
import { removeImage } from '../../src/engine/images/remove.js';
import { tagImage } from '../../src/engine/images/tag.js';
import type { StateKeeper } from '../../src/engine/state/keeper.js';
import { openState } from '../../src/engine/state/restore.js';
import { checkStore } from '../../src/oci/check.js';
import { Graph } from '../../src/oci/graph.js';
import { readIndexFile } from '../../src/oci/index-file.js';
import { openLayout } from '../../src/oci/layout.js';
import type { LayoutStore } from '../../src/oci/layout-store.js';
import { LocalContentStore } from '../../src/oci/local-content-store.js';
import { ManifestCache } from '../../src/oci/manifest-cache.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import type { Random } from '../helpers/random.js';
import { standingStill } from '../helpers/turns.js';
import { SimulatedDisk, type Weather } from './disk.js';
import { filesArchive, fullName, type SoakImage, soakImages } from './images.js';
import { anything, Ledger } from './ledger.js';
import { type StateKind, stateAct, stateFound, stateKinds } from './state.js';
import { calm, PowerLoss, Storm } from './weather.js';

const clients = 3;
const names = ['soak/a', 'soak/b', 'soak/c'] as const;
/** Rounds on one disk before another is taken. */
const roundsOnDisk = 25;

/** What rounds of power losses came to. */
export interface Losses {
  readonly losses: number;
  readonly kills: number;
  readonly faults: number;
  readonly acknowledged: number;
  readonly violations: readonly string[];
}

/** Puts a daemon's images and state on a simulated disk through power losses, kills and failing operations, and checks it after each. */
export class LossSoak {
  #disk = new SimulatedDisk();
  #ledger = new Ledger();
  /** Of containers, networks and volumes. */
  #state = new Ledger();
  readonly #images = soakImages(names);
  /** What is done to the state in a round, and in how many acts once something else: few kinds meet each other more often. */
  #kinds: readonly StateKind[] = stateKinds;
  #imagesOnceIn = 2;
  #losses = 0;
  #kills = 0;
  #faults = 0;
  #acknowledged = 0;
  readonly #violations: string[] = [];

  constructor(readonly random: Random) {}

  get outcome(): Losses {
    return {
      losses: this.#losses,
      kills: this.#kills,
      faults: this.#faults,
      acknowledged: this.#acknowledged + this.#ledger.acknowledged + this.#state.acknowledged,
      violations: this.#violations,
    };
  }

  /** One loss of power or kill, and what is there afterwards. @param round its number, for what is found */
  async round(round: number): Promise<void> {
    if (round % roundsOnDisk === 0) this.#begin();
    const { random } = this;
    const storm = new Storm(
      random,
      1 + random.below(random.once(4) ? 60 : 900),
      random.once(3) ? 1 + random.below(4) : 0,
    );
    const early = random.once(6);
    const few = random.once(2);
    this.#kinds = few ? [random.pick(stateKinds), random.pick(stateKinds)] : stateKinds;
    this.#imagesOnceIn = few ? 20 : 2;
    // In half of the rounds the machine is slow, so that what is long gives way in its middle.
    const slow = random.once(2);
    const endStalls = standingStill(() => slow);
    try {
      if (!early) await this.#verify(round);
      const store = await this.#open(storm);
      try {
        await this.#load(store, storm);
      } finally {
        await store.close().catch(() => undefined);
      }
    } catch (error) {
      // A store that could not be opened because an operation failed is opened again in the next round.
      if (!(error instanceof PowerLoss) && storm.refused === 0) this.#report(round, `opening fails: ${String(error)}`);
    } finally {
      endStalls();
    }
    storm.end();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    for (const operation of storm.late) this.#report(round, `${operation} after the store was closed`);
    this.#ledger.lose();
    this.#state.lose();
    this.#faults += storm.refused;
    // A kill forgets nothing: what was not synced may still be lost with the power in a later round.
    if (random.once(4)) this.#kills++;
    else {
      this.#losses++;
      this.#disk.afterPowerLoss(random);
    }
  }

  #begin(): void {
    this.#acknowledged += this.#ledger.acknowledged + this.#state.acknowledged;
    this.#ledger = new Ledger();
    this.#state = new Ledger();
    this.#disk = new SimulatedDisk();
  }

  #open(weather: Weather): Promise<LayoutStore> {
    return openLayout('/srv/store', { files: this.#disk.mount(weather), lock: async () => async () => undefined });
  }

  #report(round: number, what: string): void {
    this.#violations.push(`round ${round}: ${what}`);
  }

  /** What another program sees that knows of nothing but the layout: an index all of whose images are there. */
  async #verifyIndex(round: number): Promise<void> {
    const files = this.#disk.mount(calm);
    if (files.look('/srv/store/index.json') === undefined) return;
    const { records } = await readIndexFile('/srv/store', files);
    const blobs = new LocalContentStore('/srv/store/blobs', { files });
    const roots = [...records.values()].map(({ target }) => target);
    for (const digest of (await new Graph(new ManifestCache(blobs)).reach(roots, [])).digests)
      if (!(await blobs.has(digest))) this.#report(round, `index.json leads to ${digest}, which is not there`);
  }

  async #verify(round: number): Promise<void> {
    await this.#verifyIndex(round);
    const store = await this.#open(calm);
    const found = new Map(store.list().map(({ name, target }) => [name, target.digest]));
    for (const wrong of this.#ledger.settle(found)) this.#report(round, wrong);
    const { broken, absent, unusable } = await checkStore(store);
    // Bytes are synced before they get a name, so that even what no image needs is whole.
    const wrong = [...absent, ...unusable, ...broken.map(({ digest }) => digest)];
    if (wrong.length > 0) this.#report(round, `absent, unusable or broken: ${wrong.join(', ')}`);
    await this.#verifyState(store, round);
    await store.close();
  }

  async #verifyState(store: LayoutStore, round: number): Promise<void> {
    const context = contextOf(store);
    // An image of a container may be gone, by force; nothing else is wrong by right.
    const warn = (message: string): void => {
      if (!message.includes('without the files of its image')) this.#report(round, message);
    };
    try {
      const keeper = await openState(context, { root, warn, files: this.#disk.mount(calm) });
      for (const wrong of this.#state.settle(stateFound(context))) this.#report(round, wrong);
      await keeper.close();
    } finally {
      await closeContext(context);
    }
  }

  async #load(store: LayoutStore, storm: Storm): Promise<void> {
    const context = contextOf(store);
    let keeper: StateKeeper | undefined;
    try {
      const kept = await openState(context, { root, warn: () => undefined, files: this.#disk.mount(storm) });
      keeper = kept;
      await Promise.all(
        Array.from({ length: clients }, async () => {
          for (let i = 0; i < 12 && !storm.lost; i++) await this.#act(context, kept, storm);
        }),
      );
    } finally {
      await keeper?.close().catch(() => undefined);
      await closeContext(context);
    }
  }

  async #act(context: Context, keeper: StateKeeper, storm: Storm): Promise<void> {
    const { random } = this;
    if (!random.once(this.#imagesOnceIn)) {
      const { changes, run } = stateAct(context, keeper, random, random.pick(names), random.pick(this.#kinds));
      return this.#do(storm, changes, run, this.#state);
    }
    const chosen = random.pick(this.#images);
    const name = random.pick(names);
    const tagged = `${name}-copy`;
    const kind = random.below(10);
    if (kind < 4) return this.#do(storm, { [chosen.full]: chosen.digest }, () => loading(context, chosen));
    if (kind < 6) {
      const target = { repo: tagged, tag: '' };
      return this.#do(storm, { [fullName(tagged)]: chosen.digest }, () => tagImage(context, chosen.digest, target));
    }
    if (kind === 6) {
      const archive = filesArchive(`${random.below(5)}`);
      return this.#do(storm, { [fullName('soak/import')]: anything }, () => importing(context, archive));
    }
    if (kind === 7) return this.#do(storm, {}, () => pruneImages(context, noFilters));
    const gone = random.pick([name, tagged, 'soak/import']);
    await this.#do(storm, { [fullName(gone)]: undefined }, () => removeImage(context, gone));
  }

  async #do(
    storm: Storm,
    changes: Readonly<Record<string, string | undefined>>,
    act: () => Promise<unknown>,
    ledger = this.#ledger,
  ): Promise<void> {
    const entry = ledger.begin(changes);
    try {
      const result = await act();
      // What comes after the loss was acknowledged to nobody.
      if (!storm.lost) ledger.done(entry, typeof result === 'string' ? result : undefined);
    } catch (error) {
      if (storm.lost) return;
      const refused = error instanceof AttestdError && ['NOT_FOUND', 'CONFLICT', 'FORBIDDEN'].includes(error.code);
      if (refused) ledger.refused(entry);
      else ledger.failed(entry);
    }
  }
}

const root = '/srv/store/.attestd/state';

const contextOf = (store: LayoutStore): Context =>
  createContext({ store, host: { os: 'linux', architecture: 'amd64' }, channel: 'standard' });

/** @throws AttestdError INTERNAL for what the stream says */
async function loading(context: Context, image: SoakImage): Promise<void> {
  for await (const { error } of loadImages(context, Readable.from([image.archive])))
    if (error !== undefined) throw new AttestdError('INTERNAL', String(error));
}

async function importing(context: Context, archive: Buffer): Promise<string | undefined> {
  let digest: string | undefined;
  for await (const { status } of await importImage(context, Readable.from([archive]), { repo: 'soak/import' }))
    digest = String(status);
  return digest;
}
