import { AttestdError } from '../support/foundation/errors.js';
import { BlobPins } from './blob-pins.js';
import type { BlobInfo, ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import { Graph, type Reach } from './graph.js';
import type { IndexFile } from './index-file.js';
import type { IngestWatch, PinnableStore } from './local-content-store.js';
import { ManifestCache } from './manifest-cache.js';
import { NameStore, type Persistence } from './name-store.js';
import type { NameTable } from './name-table.js';
import type { ReachedDigests } from './reference-graph.js';

/** The last generation of any store: no two stores of a process have the same one. */
let generations = 0;

/** What the parts of a store have in common: its blobs, its names, and what these lead to. */
export class StoreCore {
  readonly manifests: ManifestCache;
  readonly graph: Graph;
  readonly holds = new BlobPins();
  readonly keeper: NameStore;
  generation = ++generations;
  /** What takes long ends then. */
  closed = false;
  private reached: Promise<Reach> | undefined;
  private digests: Promise<ReachedDigests> | undefined;

  constructor(
    readonly blobs: PinnableStore,
    layout: Pick<IndexFile, 'foreign' | 'annotations' | 'refNames' | 'mark'>,
    readonly names: NameTable,
    persistence: Persistence,
  ) {
    this.manifests = new ManifestCache(blobs);
    this.graph = new Graph(this.manifests);
    this.keeper = new NameStore(names, layout, persistence, (renamed) => {
      if (renamed) this.holds.unsettle();
      this.moved();
    });
  }

  /** Names or blobs are no longer what they were. */
  moved(): void {
    this.generation = ++generations;
    this.reached = undefined;
    this.digests = undefined;
  }

  /** What the names lead to. */
  reach(): Promise<Reach> {
    this.reached ??= forgotten(this.graph.reach(this.roots(), this.names.attached.values(), this.goOn), (reached) => {
      if (this.reached === reached) this.reached = undefined;
    });
    return this.reached;
  }

  /** The digests that the names lead to. */
  reachDigests(): Promise<ReachedDigests> {
    this.digests ??= forgotten(this.graph.digests(this.roots(), this.names.attached.values(), this.goOn), (reached) => {
      if (this.digests === reached) this.digests = undefined;
    });
    return this.digests;
  }

  private readonly goOn = (): void => {
    if (this.closed) throw new AttestdError('READ_ONLY', 'the store is closed');
  };

  private roots(): readonly Descriptor[] {
    return this.names.list().map((record) => record.target);
  }

  /** The content store with labels; what is written through it is held. */
  view(watch: IngestWatch): ContentStore {
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
      digests: () => blobs.digests(),
      bytes: (digest) => blobs.bytes(digest),
      stream: (digest, range) => blobs.stream(digest, range),
      ingest: async (content, expected) => {
        const written = await blobs.ingest(content, expected, watch);
        this.holds.own.add(written.digest);
        this.graph.forget(written.digest);
        // A blob that an image lacked changes what its names lead to; any other is no image's yet.
        const known = await (this.digests ?? this.reached?.then(({ digests }) => digests));
        if (known === undefined || known.has(written.digest)) this.moved();
        return written;
      },
      delete: async (digest) => {
        await blobs.delete(digest);
        this.graph.forget(digest);
        this.holds.drop(digest);
        this.moved();
      },
      list: async function* () {
        for await (const info of blobs.list()) yield await label(info);
      },
    };
  }
}

/** A promise that is not kept when it fails. @param forget told the promise */
function forgotten<T>(result: Promise<T>, forget: (result: Promise<T>) => void): Promise<T> {
  result.catch(() => forget(result));
  return result;
}
