import { AttestdError } from '../support/foundation/errors.js';
import { compareText } from '../support/go/json.js';
import { quote } from '../support/go/quote.js';
import { Collector } from './collector.js';
import type { ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import { parseDigest } from './digest.js';
import { subjectAnnotation } from './graph.js';
import { type IndexFile, imageTarget } from './index-file.js';
import type { PinnableStore } from './local-content-store.js';
import type { ManifestCache } from './manifest-cache.js';
import { isIndexType } from './media-types.js';
import type { Persistence } from './name-store.js';
import { type Change, NameTable } from './name-table.js';
import type { CollectOptions, ImageRecord, ImageStore, Lease } from './store.js';
import { StoreCore } from './store-core.js';

/** What a store begins with, beside its blobs. */
export interface StoreStart {
  /** What its index says; the names become the store's own. */
  readonly index: IndexFile;
  /** What was recorded since, in order. */
  readonly changes?: readonly Change[];
  /** Folder for what is derived from the layout. */
  readonly derived?: string;
}

/** An image store over a content store, its names kept in memory; each change of them is recorded. */
export class LayoutStore implements ImageStore {
  readonly content: ContentStore;
  readonly manifests: ManifestCache;
  readonly derived: string | undefined;
  private readonly core: StoreCore;
  private readonly names: NameTable;
  private readonly collector: Collector;

  constructor(blobs: PinnableStore, { index, changes = [], derived }: StoreStart, persistence: Persistence) {
    this.derived = derived;
    this.names = new NameTable(index);
    this.names.replay(changes);
    this.core = new StoreCore(blobs, index, this.names, persistence);
    this.manifests = this.core.manifests;
    this.collector = new Collector(this.core);
    this.content = this.core.view({ pin: (digest) => this.core.holds.pin(digest) });
  }

  get generation(): number {
    return this.core.generation;
  }

  list(): readonly ImageRecord[] {
    return this.names.list();
  }

  get(name: string): ImageRecord | undefined {
    return this.names.get(name);
  }

  withTarget(digest: string): readonly ImageRecord[] {
    return this.names.withTarget(digest);
  }

  async put(name: string, target: Descriptor): Promise<ImageRecord> {
    checkTarget(target);
    const updatedAt = new Date();
    const known = this.names.get(name);
    const record = { name, target: imageTarget(target), createdAt: known?.createdAt ?? updatedAt, updatedAt };
    this.note(name, record);
    // A referrer stays one, whatever names it gets.
    if (this.names.attached.get(target.digest)?.annotations?.[subjectAnnotation] === undefined)
      this.names.noteAttached(target.digest, undefined);
    await this.core.keeper.record();
    await this.settle(target, name);
    return record;
  }

  async remove(name: string): Promise<void> {
    const record = this.names.get(name);
    if (record === undefined) throw new AttestdError('NOT_FOUND', `image "${name}": not found`);
    this.note(name, undefined);
    await this.core.keeper.record();
    const { digests } = await this.core.graph.reach([record.target], []);
    for (const digest of digests) this.core.holds.own.add(digest);
  }

  async attach(target: Descriptor): Promise<void> {
    parseDigest(target.digest);
    this.names.noteAttached(target.digest, target);
    await this.core.keeper.record();
    await this.settle(target);
  }

  async referrers(digest: string): Promise<readonly Descriptor[]> {
    const { referrers } = await this.core.reach();
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

  collect(options?: CollectOptions): Promise<readonly { digest: string; size: number }[]> {
    return this.collector.collect(options);
  }

  kept(): Promise<void> {
    return this.core.keeper.kept();
  }

  /** Take over what others wrote, and wait until index.json has all names. */
  written(): Promise<void> {
    return this.core.keeper.written();
  }

  lease(): Lease {
    return this.collector.lease();
  }

  /** Take over what others wrote. */
  refresh(): Promise<void> {
    return this.core.keeper.refresh();
  }

  /** The names as they are recorded, for a store that is to begin with them. */
  snapshot(): Pick<IndexFile, 'records' | 'attached'> {
    return {
      records: new Map(this.list().map((record) => [record.name, record])),
      attached: new Map(this.names.attached),
    };
  }

  async close(): Promise<void> {
    if (this.core.closed) return;
    this.core.closed = true;
    await this.collector.close();
    await this.core.keeper.close();
  }

  private note(name: string, record: ImageRecord | undefined): void {
    const before = this.names.get(name);
    this.names.note(name, record);
    if (before === undefined) return;
    this.core.holds.unsettle();
    this.collector.lost(before.target.digest);
  }

  /**
   * What a name has reached is the names' to keep.
   *
   * @param name whose image it is, if it still is
   */
  private async settle(target: Descriptor, name?: string): Promise<void> {
    const { digests } = await this.core.graph.reach([target], []);
    const named = name !== undefined && this.names.get(name)?.target.digest === target.digest;
    this.core.holds.reached(digests, named);
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
