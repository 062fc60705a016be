import { AttestdError } from '../support/foundation/errors.js';
import type { Descriptor } from './descriptor.js';
import { referringChildren, subjectAnnotation } from './graph.js';
import { mediaTypes } from './media-types.js';
import type { ReachedDigests } from './reference-graph.js';
import type { CollectOptions, Lease } from './store.js';
import type { StoreCore } from './store-core.js';

const openBrace = 0x7b;

/** Milliseconds after which a blob that has no name is taken for forgotten, if another program wrote it. */
const othersGrace = 600_000;

/** Images beyond which a deletion does not wait for the collection, and milliseconds until that begins. */
const manyImages = 200;
const collectDelay = 500;

/** Deletes blobs that no name needs, once the index on disk needs them no more either. */
export class Collector {
  private later: NodeJS.Timeout | undefined;
  /** Whether an image has lost its last name since the last collection. */
  private needed = false;
  /** The deletion of a blob that is under way: nothing is deleted once the store is closed. */
  private dropping: Promise<void> = Promise.resolve();

  constructor(private readonly core: StoreCore) {}

  /** As ImageStore.collect. */
  async collect(options: CollectOptions = {}): Promise<readonly { digest: string; size: number }[]> {
    const { core } = this;
    if (options.soon === true && core.names.size > manyImages) {
      if (!this.needed) return [];
      this.later ??= setTimeout(() => {
        this.later = undefined;
        if (!core.closed) this.collect().catch(() => undefined);
      }, collectDelay).unref();
      return [];
    }
    this.needed = false;
    await core.keeper.written();
    const at = core.generation;
    const digests = await core.reachDigests();
    // What a broken manifest led to is not known; it is kept for when the manifest is loaded again.
    if (digests.broken) return [];
    if (await this.detach([...core.names.attached.values()].filter(({ digest }) => !digests.has(digest))))
      return this.collect(options);
    const garbage: string[] = [];
    for (const digest of await core.blobs.digests())
      if (!digests.has(digest) && !core.holds.has(digest)) garbage.push(digest);
    garbage.sort();
    const sized = await Promise.all(garbage.map((digest) => core.blobs.info(digest)));
    const links = await this.lostLinks(garbage, digests);
    // A name that came meanwhile may reach what was garbage before.
    if (core.generation !== at) return this.collect(options);
    if (links.length > 0) {
      for (const link of links) core.names.noteAttached(link.digest, link);
      await core.keeper.record();
      return this.collect(options);
    }
    const young = options.others === true ? Number.POSITIVE_INFINITY : Date.now() - othersGrace;
    const removed: { digest: string; size: number }[] = [];
    for (const info of sized) {
      if (info === undefined || (!core.holds.own.has(info.digest) && info.updatedAt.getTime() > young)) continue;
      if (await this.drop(info.digest, at)) removed.push({ digest: info.digest, size: info.size });
    }
    if (removed.length > 0) core.moved();
    return removed;
  }

  /** As ImageStore.lease. */
  lease(): Lease {
    const { core } = this;
    const { holds, keeper } = core;
    const mine = new Set<string>();
    const existing = new Set<string>();
    const changes = keeper.changes;
    const began = core.generation;
    let wrote = false;
    const pin = (digest: string): void => {
      if (mine.has(digest)) return;
      mine.add(digest);
      holds.lease(digest);
    };
    const content = core.view({
      existed: (digest) => existing.add(digest),
      pin: (digest) => {
        wrote = true;
        pin(digest);
      },
    });
    const letGo = (): void => {
      for (const digest of mine) holds.endLease(digest);
      mine.clear();
    };
    const end = async (failed = false): Promise<void> => {
      // What was only held is as it was, unless names have changed since.
      if (!wrote && core.generation === began) return letGo();
      // Where all of it is some image's, nothing is to be deleted.
      if (!failed && holds.areSettled(mine) && (await isDone(keeper.kept())) && holds.areSettled(mine)) return letGo();
      // While the names cannot be saved nothing is deleted, for those on disk may need it.
      const safe = await isDone(keeper.written());
      const at = core.generation;
      const digests = await core.reachDigests();
      // Where no name has changed since, what was not there before was not missed.
      const undo = failed && keeper.changes === changes;
      let undone = false;
      for (const digest of mine) {
        if (!holds.endLease(digest) || !safe) continue;
        const reached = digests.has(digest);
        if (reached && !(undo && !existing.has(digest))) continue;
        undone = ((await this.drop(digest, at)) && reached) || undone;
      }
      mine.clear();
      if (undone) core.moved();
    };
    const hold = (digest: string): void => {
      existing.add(digest);
      pin(digest);
    };
    return { content, hold, end };
  }

  /** A name has been taken from a target. */
  lost(digest: string): void {
    this.needed ||= this.core.names.withTarget(digest).length === 0;
  }

  /** End with the store, which is closed by now. */
  async close(): Promise<void> {
    clearTimeout(this.later);
    await this.dropping.catch(() => undefined);
  }

  /** Keep descriptors no longer that have no name and refer to nothing that is kept. @returns whether there were any */
  private async detach(stale: readonly Descriptor[]): Promise<boolean> {
    if (stale.length === 0) return false;
    const { core } = this;
    for (const { digest } of stale) core.names.noteAttached(digest, undefined);
    for (const digest of (await core.graph.reach(stale, [])).digests) core.holds.own.add(digest);
    await core.keeper.record();
    return true;
  }

  /** Delete a blob that no name reached at a generation, unless names have changed since or somebody holds it. */
  private async drop(digest: string, at: number): Promise<boolean> {
    const { core } = this;
    let kept = false;
    const keep = (): boolean => {
      kept = core.closed || core.generation !== at || !core.keeper.inStep || core.holds.has(digest);
      return kept;
    };
    this.dropping = core.blobs.delete(digest, keep).catch(ignoreMissing);
    await this.dropping;
    if (kept) return false;
    core.holds.own.delete(digest);
    core.graph.forget(digest);
    return true;
  }

  /**
   * Manifests that refer to what stays, by the word of an index that goes. Daemons note such a link at the subject's
   * blob, where it lasts as long as that (docs/reference/behavior/images.md#deleting-an-image).
   */
  private async lostLinks(garbage: readonly string[], kept: ReachedDigests): Promise<readonly Descriptor[]> {
    const lost: Descriptor[] = [];
    for (const digest of garbage) {
      const children = await this.indexChildren(digest);
      for (const [subject, referrers] of referringChildren(children)) {
        if (!kept.has(subject)) continue;
        for (const { annotations, ...referrer } of referrers) {
          if (kept.has(referrer.digest) && this.core.names.attached.has(referrer.digest)) continue;
          lost.push({ ...referrer, annotations: { ...annotations, [subjectAnnotation]: subject } });
        }
      }
    }
    return lost;
  }

  /** The manifests of a blob that is an index; none of anything else. */
  private async indexChildren(digest: string): Promise<readonly Descriptor[]> {
    const { blobs, manifests } = this.core;
    try {
      const first = await blobs.stream(digest, { length: 1 });
      for await (const byte of first) if ((byte as Buffer)[0] !== openBrace) return [];
      return (await manifests.index({ mediaType: mediaTypes.ociIndex, digest, size: 0 })).manifests ?? [];
    } catch (error) {
      if (error instanceof AttestdError) return [];
      throw error;
    }
  }
}

const isDone = (act: Promise<void>): Promise<boolean> =>
  act.then(
    () => true,
    () => false,
  );

function ignoreMissing(error: unknown): void {
  if (!(error instanceof AttestdError && error.code === 'NOT_FOUND')) throw error;
}
