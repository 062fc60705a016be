import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decompress } from '../../../oci/compression.js';
import type { Descriptor } from '../../../oci/descriptor.js';
import type { ManifestCache } from '../../../oci/manifest-cache.js';
import { isLayerType } from '../../../oci/media-types.js';
import { AttestdError } from '../../../support/foundation/errors.js';
import type { Clock } from '../../../support/sandbox/clock.js';
import { Budget } from '../../../support/sandbox/fs/budget.js';
import { FileKeeper, memoryKeeper } from '../../../support/sandbox/fs/content.js';
import { createFileSystem } from '../../../support/sandbox/fs/file-system.js';
import { applyLayer, emptySnapshot, rootOf } from '../../../support/sandbox/fs/snapshot.js';
import type { ArchiveEntry, ByteBudget, ContentKeeper, Snapshot } from '../../../support/sandbox/fs/types.js';
import { fillInitLayer } from '../create/init-layer.js';
import { asynchronous, entriesOfTar } from '../io/archive-entries.js';

/** Bytes that a few empty files and directories may be counted as. */
const initLayerBytes = 1 << 20;

/** Bytes of images' files that are kept in memory; others are kept on the disk. */
const mostInMemory = 64 << 20;

/** Bytes that files and directories of images take themselves, each about so many. */
const mostNodes = 128 << 20;
const nodeBytes = 400;

/** Bytes that a name takes in the copy of its directory that each layer makes which changes something there. */
const nameBytes = 48;

/** Layers of an image that can be mounted, as in Linux. */
const mostLayers = 500;

/** Milliseconds that must have passed since room was made: it takes a collection of all memory. */
const restAfterRoom = 5000;

/** What a layer takes while it is read; all of it is given back where it cannot be. */
class LayerRoom implements ContentKeeper {
  readonly #inMemory: ContentKeeper;
  #file: FileKeeper | undefined;
  #bytes = 0;
  #held = 0;
  #nodes = 0;

  constructor(
    private readonly room: { readonly files: ByteBudget; readonly memory: ByteBudget; readonly nodes: ByteBudget },
  ) {
    this.#inMemory = memoryKeeper(room.memory);
  }

  async keep(content: ArchiveEntry['content'], size: number): ReturnType<ContentKeeper['keep']> {
    const { files, memory } = this.room;
    files.reserve(size);
    this.#bytes += size;
    if (memory.used + size > memory.limit) {
      this.#file ??= new FileKeeper();
      return this.#file.keep(content, size);
    }
    this.#held += size;
    return this.#inMemory.keep(content, size);
  }

  /** Entries, each of which is a node or more. */
  async *counted(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<ArchiveEntry> {
    for await (const entry of entries) {
      this.#take(nodeBytes * entry.name.split('/').length);
      yield entry;
    }
  }

  copied(names: number): void {
    this.#take(nameBytes * names);
  }

  #take(bytes: number): void {
    this.room.nodes.reserve(bytes);
    this.#nodes += bytes;
  }

  /** Nobody uses the layer. */
  giveBack(): void {
    this.room.files.release(this.#bytes);
    this.room.memory.release(this.#held);
    this.room.nodes.release(this.#nodes);
  }

  /** The layer could not be read. */
  fail(): void {
    this.giveBack();
    this.#file?.close();
  }
}

/** Gives back what layers took that nothing refers to any more; a layer refers to the one below it. */
const below = new WeakMap<object, object>();
const unused = new FinalizationRegistry<LayerRoom>((room) => room.giveBack());

/** The trees that containers begin with: the layers of their images, each stack read once and shared. */
export class RootFileSystems {
  readonly #room: ConstructorParameters<typeof LayerRoom>[0];
  /** By the digests of the layers, bottom first. */
  readonly #stacks = new Map<string, Promise<Snapshot>>();
  /** The same with what every container finds. */
  readonly #containers = new WeakMap<Snapshot, Promise<Snapshot>>();
  #madeRoom = Number.NEGATIVE_INFINITY;

  /** @param files for the bytes of all files */
  constructor(
    private readonly documents: ManifestCache,
    files: ByteBudget,
    private readonly clock: Clock,
  ) {
    const memory = new Budget(Math.min(mostInMemory, files.limit));
    this.#room = { files, memory, nodes: new Budget(mostNodes) };
  }

  /**
   * The tree of an image.
   *
   * @param manifest undefined for an empty one
   * @throws NOT_FOUND, CORRUPT, INVALID_ARCHIVE when its content is not there or broken; NO_SPACE; INTERNAL for too many layers
   */
  async snapshot(manifest: Descriptor | undefined): Promise<Snapshot> {
    if (manifest === undefined) return emptySnapshot;
    const { layers = [] } = await this.documents.manifest(manifest);
    const digests = layers.filter(({ mediaType }) => isLayerType(mediaType)).map(({ digest }) => digest);
    if (digests.length > mostLayers) throw new AttestdError('INTERNAL', 'max depth exceeded');
    return this.#stack(digests);
  }

  /**
   * The tree that a container of an image begins with: the image's, and what every container finds
   * (docs/reference/behavior/files.md#container-files).
   *
   * @param manifest undefined for no image
   * @throws what `snapshot` throws
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
    // What failed may succeed when the content is there.
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
        const why = `failed to extract layer ${digest}: no space left on device`;
        if (again || !(await this.#makeRoom())) throw new AttestdError('NO_SPACE', why, { cause: error });
      }
    }
  }

  /** Let go of what no container needs. @returns whether that was done; not when it was shortly before */
  async #makeRoom(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#madeRoom < restAfterRoom) return false;
    this.#madeRoom = now;
    this.#stacks.clear();
    // Only a collection tells what is still in use.
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    // What it found is told in a task of its own.
    await new Promise((resolve) => setTimeout(resolve, 10));
    return true;
  }

  /** @throws what `snapshot` throws */
  async #read(base: Snapshot, entries: AsyncIterable<ArchiveEntry>): Promise<Snapshot> {
    const room = new LayerRoom(this.#room);
    try {
      const made = await applyLayer(base, room.counted(entries), room);
      // File systems refer to the root of a tree; it has what is below it.
      unused.register(rootOf(made), room);
      below.set(rootOf(made), rootOf(base));
      return made;
    } catch (error) {
      room.fail();
      throw error;
    }
  }
}
