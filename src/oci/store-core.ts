import { AttestdError } from '../errors.js';
import type { BlobInfo, ContentStore } from './content-store.js';
import { Graph, type Reach } from './graph.js';
import { Holds } from './holds.js';
import type { IndexFile } from './index-file.js';
import type { IngestWatch, PinnableStore } from './local-content-store.js';
import { ManifestCache } from './manifest-cache.js';
import { NameKeeper, type Persistence } from './name-keeper.js';
import type { NameTable } from './name-table.js';

/** The last generation of any store: no two stores of a process have the same one. */
let generations = 0;

/** What the parts of a store have in common: its blobs, its names, and what these lead to. */
export class StoreCore {
  readonly manifests: ManifestCache;
  readonly graph: Graph;
  readonly holds = new Holds();
  readonly keeper: NameKeeper;
  generation = ++generations;
  /** What takes long ends then. */
  closed = false;
  private reached: Promise<Reach> | undefined;

  constructor(
    readonly blobs: PinnableStore,
    layout: Pick<IndexFile, 'foreign' | 'annotations' | 'refNames' | 'mark'>,
    readonly names: NameTable,
    persistence: Persistence,
  ) {
    this.manifests = new ManifestCache(blobs);
    this.graph = new Graph(this.manifests);
    this.keeper = new NameKeeper(names, layout, persistence, (renamed) => {
      if (renamed) this.holds.unsettle();
      this.moved();
    });
  }

  /** Names or blobs are no longer what they were. */
  moved(): void {
    this.generation = ++generations;
    this.reached = undefined;
  }

  /** What the names lead to. */
  reach(): Promise<Reach> {
    if (this.reached !== undefined) return this.reached;
    const roots = this.names.list().map((record) => record.target);
    const goOn = (): void => {
      if (this.closed) throw new AttestdError('READ_ONLY', 'the store is closed');
    };
    const reached = this.graph.reach(roots, this.names.attached.values(), goOn);
    this.reached = reached;
    reached.catch(() => {
      if (this.reached === reached) this.reached = undefined;
    });
    return reached;
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
        this.manifests.forget(written.digest);
        // A blob that an image lacked changes what its names lead to; any other is no image's yet.
        const known = this.reached;
        if (known === undefined || (await known).digests.has(written.digest)) this.moved();
        return written;
      },
      delete: async (digest) => {
        await blobs.delete(digest);
        this.manifests.forget(digest);
        this.holds.drop(digest);
        this.moved();
      },
      list: async function* () {
        for await (const info of blobs.list()) yield await label(info);
      },
    };
  }
}
