import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decompress } from '../../../oci/compression.js';
import type { Descriptor } from '../../../oci/descriptor.js';
import type { ManifestCache } from '../../../oci/manifest-cache.js';
import { isLayerType } from '../../../oci/media-types.js';
import { AttestdError } from '../../../support/foundation/errors.js';
import type { Clock } from '../../../support/sandbox/clock.js';
import { Budget } from '../../../support/sandbox/fs/budget.js';
import { FileStore, memoryStore } from '../../../support/sandbox/fs/content.js';
import { createFileSystem } from '../../../support/sandbox/fs/file-system.js';
import { applyLayer, emptySnapshot, rootOf } from '../../../support/sandbox/fs/snapshot.js';
import type { ArchiveEntry, ByteBudget, ContentStore, Snapshot } from '../../../support/sandbox/fs/types.js';
import {
  copiedNameBytes,
  imageNodeBytes,
  maxImageLayers,
  maxImageMemoryBytes,
  maxImageNodeBytes,
} from '../../limits.js';
import { fillInitLayer } from '../create/init-layer.js';
import { asynchronous, entriesOfTar } from '../io/archive-entries.js';

/** Bytes that a few empty files and directories may be counted as. */
const initLayerBytes = 1 << 20;

/** Milliseconds that must have passed since room was made: it takes a collection of all memory. */
const evictionPauseMs = 5000;

/** The resource usage of a layer while it is read. A layer that cannot be read releases all of it. */
class LayerQuota implements ContentStore {
  readonly #inMemory: ContentStore;
  #file: FileStore | undefined;
  #bytes = 0;
  #usedBytes = 0;
  #nodes = 0;

  constructor(
    private readonly budgets: { readonly files: ByteBudget; readonly memory: ByteBudget; readonly nodes: ByteBudget },
  ) {
    this.#inMemory = memoryStore(budgets.memory);
  }

  async store(content: ArchiveEntry['content'], size: number): ReturnType<ContentStore['store']> {
    const { files, memory } = this.budgets;
    files.reserve(size);
    this.#bytes += size;
    if (memory.used + size > memory.limit) {
      this.#file ??= new FileStore();
      return this.#file.store(content, size);
    }
    this.#usedBytes += size;
    return this.#inMemory.store(content, size);
  }

  /** Counts entries. Each creates one or more nodes. */
  async *counted(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<ArchiveEntry> {
    for await (const entry of entries) {
      this.#take(imageNodeBytes * entry.name.split('/').length);
      yield entry;
    }
  }

  copied(names: number): void {
    this.#take(copiedNameBytes * names);
  }

  #take(bytes: number): void {
    this.budgets.nodes.reserve(bytes);
    this.#nodes += bytes;
  }

  /** Releases the layer's resources once it is unused. */
  release(): void {
    this.budgets.files.release(this.#bytes);
    this.budgets.memory.release(this.#usedBytes);
    this.budgets.nodes.release(this.#nodes);
  }

  /** The layer could not be read. */
  fail(): void {
    this.release();
    this.#file?.close();
  }
}

/** Releases the resources of unreachable layers. A layer refers to the one below it. */
const below = new WeakMap<object, object>();
const unused = new FinalizationRegistry<LayerQuota>((quota) => quota.release());

/** The root file systems of images. Each stack of layers is read once and shared. */
export class RootFileSystems {
  readonly #budgets: ConstructorParameters<typeof LayerQuota>[0];
  /** By the digests of the layers, bottom first. */
  readonly #stacks = new Map<string, Promise<Snapshot>>();
  /** The same snapshots with the entries of the init layer. */
  readonly #containers = new WeakMap<Snapshot, Promise<Snapshot>>();
  #evictedAt = Number.NEGATIVE_INFINITY;

  /** @param files for the bytes of all files */
  constructor(
    private readonly documents: ManifestCache,
    files: ByteBudget,
    private readonly clock: Clock,
  ) {
    const memory = new Budget(Math.min(maxImageMemoryBytes, files.limit));
    this.#budgets = { files, memory, nodes: new Budget(maxImageNodeBytes) };
  }

  /**
   * Returns the file system of an image.
   *
   * @param manifest undefined for an empty image
   * @throws NOT_FOUND, CORRUPT, INVALID_ARCHIVE if content is missing or broken; NO_SPACE; INTERNAL for too many layers
   */
  async snapshot(manifest: Descriptor | undefined): Promise<Snapshot> {
    if (manifest === undefined) return emptySnapshot;
    const { layers = [] } = await this.documents.manifest(manifest);
    const digests = layers.filter(({ mediaType }) => isLayerType(mediaType)).map(({ digest }) => digest);
    if (digests.length > maxImageLayers) throw new AttestdError('INTERNAL', 'max depth exceeded');
    return this.#stack(digests);
  }

  /**
   * Returns the initial file system of a container: the image and the init layer
   * (docs/reference/behavior/files.md#container-files).
   *
   * @param manifest undefined without an image
   * @throws the errors of `snapshot`
   */
  async forContainer(manifest: Descriptor | undefined): Promise<Snapshot> {
    const image = await this.snapshot(manifest);
    const known = this.#containers.get(image);
    if (known !== undefined) return known;
    const made = this.#fill(image);
    this.#containers.set(image, made);
    return made;
  }

  async #fill(snapshot: Snapshot): Promise<Snapshot> {
    const tree = createFileSystem({ snapshot, budget: new Budget(initLayerBytes), clock: this.clock });
    fillInitLayer(tree);
    return this.#read(snapshot, asynchronous(tree.layer()));
  }

  #stack(digests: readonly string[]): Promise<Snapshot> {
    const top = digests.at(-1);
    if (top === undefined) return Promise.resolve(emptySnapshot);
    const key = digests.join(' ');
    const known = this.#stacks.get(key);
    if (known !== undefined) return known;
    const made = this.#apply(digests.slice(0, -1), top);
    this.#stacks.set(key, made);
    // A failed read may succeed once the content exists.
    made.catch(() => this.#stacks.delete(key));
    return made;
  }

  async #apply(lower: readonly string[], digest: string): Promise<Snapshot> {
    const base = await this.#stack(lower);
    const read = async (): Promise<Snapshot> => {
      const archive = await decompress(await this.documents.content.stream(digest));
      return this.#read(base, entriesOfTar(archive));
    };
    for (let again = false; ; again = true) {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof AttestdError) || error.code !== 'NO_SPACE') throw error;
        const reason = `failed to extract layer ${digest}: no space left on device`;
        if (again || !(await this.#evict())) throw new AttestdError('NO_SPACE', reason, { cause: error });
      }
    }
  }

  /**
   * Frees layers that no container uses.
   *
   * @returns false if it ran too recently
   */
  async #evict(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#evictedAt < evictionPauseMs) return false;
    this.#evictedAt = now;
    this.#stacks.clear();
    // Only a garbage collection reveals which layers are in use.
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    // The finalizers run in a later task.
    await new Promise((resolve) => setTimeout(resolve, 10));
    return true;
  }

  /** @throws the errors of `snapshot` */
  async #read(base: Snapshot, entries: AsyncIterable<ArchiveEntry>): Promise<Snapshot> {
    const quota = new LayerQuota(this.#budgets);
    try {
      const made = await applyLayer(base, quota.counted(entries), quota);
      // File systems refer to the root of a tree, and the root refers to the rest.
      unused.register(rootOf(made), quota);
      below.set(rootOf(made), rootOf(base));
      return made;
    } catch (error) {
      quota.fail();
      throw error;
    }
  }
}
