import { AttestdError } from '../errors.js';
import { compareText } from '../go/json.js';
import { quote } from '../go/quote.js';
import type { BlobInfo, ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import { parseDigest } from './digest.js';
import { Graph, type Reach, referringChildren, subjectAnnotation } from './graph.js';
import { type IndexFile, imageTarget } from './index-file.js';
import type { IngestWatch, PinnableStore } from './local-content-store.js';
import { ManifestCache } from './manifest-cache.js';
import { isIndexType, mediaTypes } from './media-types.js';
import { mergeNames } from './merge-names.js';
import type { CollectOptions, ImageRecord, ImageStore, Lease } from './store.js';

/** Where a store keeps its names. */
export interface Persistence {
  /**
   * Resolves when the names, and the blobs written before, survive a crash; with what went wrong where the names are in
   * place, but may not.
   */
  save(content: IndexFile): Promise<{ readonly failure: unknown } | undefined>;
  /** The names that somebody else has put in the place of those that were saved or read last. */
  changed?(): Promise<IndexFile | undefined>;
  close(): Promise<void>;
}

/** The last generation of any store: no two stores of a process have the same one. */
let generations = 0;

const openBrace = 0x7b;

/** Milliseconds after which a blob that has no name is taken for forgotten, if another program wrote it. */
const othersGrace = 600_000;

/** Images beyond which a deletion does not wait for the collection, and milliseconds until that begins. */
const manyImages = 2000;
const collectDelay = 500;

/** An image store over a content store, its names kept in memory and saved with each change. */
export class LayoutStore implements ImageStore {
  readonly content: ContentStore;
  readonly manifests: ManifestCache;
  private records: Map<string, ImageRecord>;
  private attached: Map<string, Descriptor>;
  private moves = ++generations;
  private readonly graph: Graph;
  /** Blobs that were written through `content` and that no name has reached yet. */
  private readonly fresh = new Set<string>();
  /** Blobs that this store wrote or had names for: others may be on their way to a name by another program's hand. */
  private readonly own = new Set<string>();
  /** Blobs of open leases, and how many leases each is in. */
  private readonly leased = new Map<string, number>();
  /** Those of the leased blobs that a name has reached since, none of which has been taken away. */
  private readonly settled = new Set<string>();
  private sorted: readonly ImageRecord[] | undefined;
  private byTarget: Map<string, readonly ImageRecord[]> | undefined;
  private reached: Promise<Reach> | undefined;
  private saved: Pick<IndexFile, 'records' | 'attached'>;
  private writing: Promise<void> = Promise.resolve();
  private nextWrite: Promise<void> | undefined;
  private failure: unknown;
  private closed = false;
  private later: NodeJS.Timeout | undefined;
  /** The deletion of a blob that is under way: nothing is deleted once the store is closed. */
  private dropping: Promise<void> = Promise.resolve();
  /** Counts changes of names, and says up to which one they are saved. */
  private changes = 0;
  private savedChanges = 0;
  /** Whether the names that are in place may be lost in a power cut. */
  private inDoubt = false;

  constructor(
    private readonly blobs: PinnableStore,
    private layout: IndexFile,
    private readonly persistence: Persistence,
    readonly derived?: string,
  ) {
    this.records = new Map(layout.records);
    this.attached = new Map(layout.attached);
    this.saved = { records: layout.records, attached: layout.attached };
    this.manifests = new ManifestCache(blobs);
    this.graph = new Graph(this.manifests);
    this.content = this.view({ pin: (digest) => this.fresh.add(digest) });
  }

  get generation(): number {
    return this.moves;
  }

  list(): readonly ImageRecord[] {
    this.sorted ??= [...this.records.values()].sort((a, b) => compareText(a.name, b.name));
    return this.sorted;
  }

  get(name: string): ImageRecord | undefined {
    return this.records.get(name);
  }

  withTarget(digest: string): readonly ImageRecord[] {
    this.byTarget ??= groupByTarget(this.list());
    return this.byTarget.get(digest) ?? [];
  }

  async put(name: string, target: Descriptor): Promise<ImageRecord> {
    checkTarget(target);
    const updatedAt = new Date();
    const record = {
      name,
      target: imageTarget(target),
      createdAt: this.records.get(name)?.createdAt ?? updatedAt,
      updatedAt,
    };
    this.note(name, record);
    // A referrer stays one, whatever names it gets.
    if (this.attached.get(target.digest)?.annotations?.[subjectAnnotation] === undefined)
      this.attached.delete(target.digest);
    await this.persist();
    await this.settle(target, name);
    return record;
  }

  async remove(name: string): Promise<void> {
    const record = this.records.get(name);
    if (record === undefined) throw new AttestdError('NOT_FOUND', `image "${name}": not found`);
    this.note(name, undefined);
    await this.persist();
    const { digests } = await this.graph.reach([record.target], []);
    for (const digest of digests) this.own.add(digest);
  }

  async attach(target: Descriptor): Promise<void> {
    parseDigest(target.digest);
    this.attached.set(target.digest, target);
    await this.persist();
    await this.settle(target);
  }

  async referrers(digest: string): Promise<readonly Descriptor[]> {
    const { referrers } = await this.reach();
    const found = new Map<string, Descriptor>();
    for (const referrer of referrers.get(digest) ?? []) found.set(referrer.digest, referrer);
    // Without the referrers API a registry lists them under a tag made of the digest (distribution-spec,
    // "Referrers Tag Schema"); cosign adds a suffix.
    const { algorithm, encoded } = parseDigest(digest);
    const tag = new RegExp(`(?:^|[:/])${algorithm}-${encoded}(?:\\.(?:sig|att|sbom))?$`);
    for (const { name, target } of this.list())
      if (tag.test(name)) for (const referrer of await this.tagged(target)) found.set(referrer.digest, referrer);
    return [...found.values()].sort((a, b) => compareText(a.digest, b.digest));
  }

  async collect(options: CollectOptions = {}): Promise<readonly { digest: string; size: number }[]> {
    if (options.soon === true && this.records.size > manyImages) {
      this.later ??= setTimeout(() => {
        this.later = undefined;
        if (!this.closed) this.collect().catch(() => undefined);
      }, collectDelay).unref();
      return [];
    }
    await this.flush();
    const at = this.moves;
    const { digests, broken } = await this.reach();
    // What a broken manifest led to is not known; it is kept for when the manifest is loaded again.
    if (broken) return [];
    const stale = [...this.attached.keys()].filter((digest) => !digests.has(digest));
    const gone = stale.flatMap((digest) => this.attached.get(digest) ?? []);
    for (const digest of stale) this.attached.delete(digest);
    if (stale.length > 0) {
      for (const digest of (await this.graph.reach(gone, [])).digests) this.own.add(digest);
      await this.persist();
      return this.collect(options);
    }
    const garbage = (await this.blobs.digests()).filter((digest) => !digests.has(digest) && !this.isHeld(digest));
    const sized = await Promise.all(garbage.map((digest) => this.blobs.info(digest)));
    const links = await this.lostLinks(garbage, digests);
    // A name that came meanwhile may reach what was garbage before.
    if (this.moves !== at) return this.collect(options);
    if (links.length > 0) {
      for (const link of links) this.attached.set(link.digest, link);
      await this.persist();
      return this.collect(options);
    }
    const young = options.others === true ? Number.POSITIVE_INFINITY : Date.now() - othersGrace;
    const removed: { digest: string; size: number }[] = [];
    for (const info of sized) {
      if (info === undefined || (!this.own.has(info.digest) && info.updatedAt.getTime() > young)) continue;
      if (await this.drop(info.digest, at)) removed.push({ digest: info.digest, size: info.size });
    }
    if (removed.length > 0) this.moved();
    return removed;
  }

  /** Take over what others wrote, and wait until the names are saved that have changed up to now. */
  private async flush(): Promise<void> {
    await this.refresh();
    await this.kept();
  }

  async kept(): Promise<void> {
    while (this.changes !== this.savedChanges) await (this.nextWrite ?? this.persist());
  }

  /**
   * Manifests that refer to what stays, by the word of an index that goes. Daemons note such a link at the subject's
   * blob, where it lasts as long as that (docs/behaviour.md#deleting-an-image).
   */
  private async lostLinks(garbage: readonly string[], kept: ReadonlySet<string>): Promise<readonly Descriptor[]> {
    const lost: Descriptor[] = [];
    for (const digest of garbage) {
      const children = await this.indexChildren(digest);
      for (const [subject, referrers] of referringChildren(children)) {
        if (!kept.has(subject)) continue;
        for (const { annotations, ...referrer } of referrers) {
          if (kept.has(referrer.digest) && this.attached.has(referrer.digest)) continue;
          lost.push({ ...referrer, annotations: { ...annotations, [subjectAnnotation]: subject } });
        }
      }
    }
    return lost;
  }

  /** The manifests of a blob that is an index; none of anything else. */
  private async indexChildren(digest: string): Promise<readonly Descriptor[]> {
    try {
      const first = await this.blobs.stream(digest, { length: 1 });
      for await (const byte of first) if ((byte as Buffer)[0] !== openBrace) return [];
      return (await this.manifests.index({ mediaType: mediaTypes.ociIndex, digest, size: 0 })).manifests ?? [];
    } catch (error) {
      if (error instanceof AttestdError) return [];
      throw error;
    }
  }

  lease(): Lease {
    const mine = new Set<string>();
    const existing = new Set<string>();
    const changes = this.changes;
    const content = this.view({
      existed: (digest) => existing.add(digest),
      pin: (digest) => {
        if (mine.has(digest)) return;
        mine.add(digest);
        this.leased.set(digest, (this.leased.get(digest) ?? 0) + 1);
      },
    });
    const end = async (failed = false): Promise<void> => {
      // While the names cannot be saved nothing is deleted, for those on disk may need it.
      const safe = await this.flush().then(
        () => true,
        () => false,
      );
      if (safe && !failed && this.release(mine)) return;
      const at = this.moves;
      const { digests } = await this.reach();
      // Where no name has changed since, what was not there before was not missed.
      const undo = failed && this.changes === changes;
      let undone = false;
      for (const digest of mine) {
        const others = (this.leased.get(digest) ?? 1) - 1;
        if (others > 0) this.leased.set(digest, others);
        else this.leased.delete(digest);
        this.settled.delete(digest);
        if (!safe) continue;
        const reached = digests.has(digest);
        if (reached && !(undo && !existing.has(digest))) continue;
        undone = ((await this.drop(digest, at)) && reached) || undone;
      }
      mine.clear();
      if (undone) this.moved();
    };
    return { content, end };
  }

  /**
   * End the lease of blobs all of which names have reached since they were written: nothing of it is to be deleted.
   *
   * @returns false, and nothing is done, where that is not so
   */
  private release(blobs: Set<string>): boolean {
    for (const digest of blobs) if (!this.settled.has(digest)) return false;
    for (const digest of blobs) {
      const others = (this.leased.get(digest) ?? 1) - 1;
      if (others > 0) this.leased.set(digest, others);
      else this.leased.delete(digest);
      this.settled.delete(digest);
    }
    blobs.clear();
    return true;
  }

  async refresh(): Promise<void> {
    await this.inTurn(() => this.takeOver());
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.later);
    await this.dropping.catch(() => undefined);
    await this.nextWrite?.catch(() => undefined);
    await this.writing.catch(() => undefined);
    await this.persistence.close();
  }

  private isHeld(digest: string): boolean {
    return this.fresh.has(digest) || this.leased.has(digest);
  }

  /** Delete a blob that no name reached at a generation, unless names have changed since or somebody holds it. */
  private async drop(digest: string, at: number): Promise<boolean> {
    let kept = false;
    const keep = (): boolean => {
      kept = this.closed || this.moves !== at || this.changes !== this.savedChanges || this.isHeld(digest);
      return kept;
    };
    this.dropping = this.blobs.delete(digest, keep).catch(ignoreMissing);
    await this.dropping;
    if (kept) return false;
    this.own.delete(digest);
    this.manifests.forget(digest);
    return true;
  }

  /**
   * What a name has reached is the names' to keep.
   *
   * @param name whose image it is, if it still is
   */
  private async settle(target: Descriptor, name?: string): Promise<void> {
    const { digests } = await this.graph.reach([target], []);
    const named = name !== undefined && this.records.get(name)?.target.digest === target.digest;
    for (const digest of digests) {
      this.fresh.delete(digest);
      if (named && this.leased.has(digest)) this.settled.add(digest);
    }
  }

  /** What the names lead to. */
  private reach(): Promise<Reach> {
    if (this.reached !== undefined) return this.reached;
    const roots = this.list().map((record) => record.target);
    const reached = this.graph.reach(roots, this.attached.values());
    this.reached = reached;
    reached.catch(() => {
      if (this.reached === reached) this.reached = undefined;
    });
    return reached;
  }

  private async tagged(target: Descriptor): Promise<readonly Descriptor[]> {
    if (!isIndexType(target.mediaType)) return [target];
    try {
      return (await this.manifests.children(target)) ?? [];
    } catch (error) {
      if (error instanceof AttestdError) return [];
      throw error;
    }
  }

  /** Save the names; changes made while a save runs share the next one. */
  private persist(): Promise<void> {
    if (this.closed) throw new AttestdError('READ_ONLY', 'the store is closed');
    this.changes++;
    this.moved();
    this.nextWrite ??= this.inTurn(() => {
      this.nextWrite = undefined;
      return this.save();
    });
    return this.nextWrite;
  }

  /** One look at the file, or one change of it, after the other. */
  private inTurn(act: () => Promise<void>): Promise<void> {
    this.writing = this.writing.catch(() => undefined).then(act);
    return this.writing;
  }

  private async save(): Promise<void> {
    const failure = this.failure;
    this.failure = undefined;
    let inPlace = false;
    try {
      if (failure !== undefined) throw failure;
      await this.takeOver();
      const upTo = this.changes;
      const records = new Map(this.records);
      const attached = new Map(this.attached);
      const unsure = await this.persistence.save({ ...this.layout, records, attached });
      this.saved = { records, attached };
      this.inDoubt = unsure !== undefined;
      if (!this.inDoubt) this.savedChanges = upTo;
      inPlace = true;
      if (unsure !== undefined) throw unsure.failure;
    } catch (error) {
      // What others may read already is so, although nobody is promised that it stays.
      if (inPlace) throw error;
      // What could not be kept must not be shown either, and what was changed meanwhile goes with it.
      this.records = new Map(this.saved.records);
      this.attached = new Map(this.saved.attached);
      if (this.nextWrite !== undefined) this.failure = error;
      this.savedChanges = this.inDoubt ? this.changes - 1 : this.changes;
      this.renamed();
      throw error;
    }
  }

  /** Take over what somebody else has written in place of the names that were saved last. */
  private async takeOver(): Promise<void> {
    const theirs = await this.persistence.changed?.();
    if (theirs === undefined) return;
    const conflict = mergeNames(this.saved, theirs, { records: this.records, attached: this.attached });
    this.layout = theirs;
    this.saved = { records: theirs.records, attached: theirs.attached };
    if (conflict) this.changes++;
    this.renamed();
  }

  /** Give a name to an image, or to none; the lists are changed, not made anew. */
  private note(name: string, record: ImageRecord | undefined): void {
    const before = this.records.get(name);
    if (before !== undefined) this.settled.clear();
    if (record === undefined) this.records.delete(name);
    else this.records.set(name, record);
    if (this.sorted !== undefined) this.sorted = replaced(this.sorted, name, record);
    if (this.byTarget === undefined) return;
    if (before !== undefined) regroup(this.byTarget, before.target.digest, before, undefined);
    if (record !== undefined) regroup(this.byTarget, record.target.digest, undefined, record);
  }

  /** Names and blobs are no longer what they were, in ways that were not noted one by one. */
  private renamed(): void {
    this.sorted = undefined;
    this.byTarget = undefined;
    this.settled.clear();
    this.moved();
  }

  private moved(): void {
    this.moves = ++generations;
    this.reached = undefined;
  }

  /** The content store with labels; what is written through it is held. */
  private view(watch: IngestWatch): ContentStore {
    const { blobs } = this;
    const label = async (info: BlobInfo): Promise<BlobInfo> => {
      const labels = (await this.reach()).labels.get(info.digest);
      return labels === undefined ? info : { ...info, labels };
    };
    return {
      info: async (digest) => {
        const info = await blobs.info(digest);
        return info && label(info);
      },
      has: (digest) => blobs.has(digest),
      stamp: () => blobs.stamp(),
      bytes: (digest) => blobs.bytes(digest),
      stream: (digest, range) => blobs.stream(digest, range),
      ingest: async (content, expected) => {
        const written = await blobs.ingest(content, expected, watch);
        this.own.add(written.digest);
        this.manifests.forget(written.digest);
        // A blob that an image lacked changes what its names lead to; any other is no image's yet.
        const known = this.reached;
        if (known === undefined || (await known).digests.has(written.digest)) this.moved();
        return written;
      },
      delete: async (digest) => {
        await blobs.delete(digest);
        this.manifests.forget(digest);
        this.fresh.delete(digest);
        this.moved();
      },
      list: async function* () {
        for await (const info of blobs.list()) yield await label(info);
      },
    };
  }
}

function groupByTarget(images: readonly ImageRecord[]): Map<string, readonly ImageRecord[]> {
  const groups = new Map<string, ImageRecord[]>();
  for (const image of images) {
    const group = groups.get(image.target.digest);
    if (group === undefined) groups.set(image.target.digest, [image]);
    else group.push(image);
  }
  return groups;
}

/** Where a name is, or would be, among sorted images. */
function placeOf(images: readonly ImageRecord[], name: string): number {
  let low = 0;
  for (let high = images.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (compareText((images[middle] as ImageRecord).name, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sorted images with another image of a name, or none. Whoever goes through the images as they were is not disturbed. */
function replaced(images: readonly ImageRecord[], name: string, record: ImageRecord | undefined): ImageRecord[] {
  const at = placeOf(images, name);
  const known = images[at]?.name === name ? 1 : 0;
  return images.toSpliced(at, known, ...(record === undefined ? [] : [record]));
}

function regroup(
  groups: Map<string, readonly ImageRecord[]>,
  digest: string,
  gone: ImageRecord | undefined,
  come: ImageRecord | undefined,
): void {
  const name = (gone ?? come)?.name as string;
  const group = replaced(groups.get(digest) ?? [], name, come);
  if (group.length === 0) groups.delete(digest);
  else groups.set(digest, group);
}

/** What containerd's image store demands of a target, in the words in which daemons report it. */
function checkTarget({ mediaType, digest, size }: Descriptor): void {
  const refuse = (why: string): never => {
    throw new AttestdError('INVALID_ARGUMENT', `InvalidArgument: Target.${why}: invalid argument`);
  };
  try {
    parseDigest(digest);
  } catch (error) {
    refuse(`Digest ${quote(digest)} invalid: ${(error as Error).message}`);
  }
  if (size <= 0) refuse('Size must be greater than zero');
  if (mediaType === '') refuse('MediaType must be set');
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof AttestdError && error.code === 'NOT_FOUND')) throw error;
}
