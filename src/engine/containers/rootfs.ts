import { decompress } from '../../oci/compression.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { ManifestCache } from '../../oci/manifest-cache.js';
import { isLayerType } from '../../oci/media-types.js';
import type { Clock } from '../../runtime/clock.js';
import { Budget } from '../../runtime/fs/budget.js';
import { memoryKeeper } from '../../runtime/fs/content.js';
import { createFileSystem } from '../../runtime/fs/file-system.js';
import { applyLayer, emptySnapshot } from '../../runtime/fs/snapshot.js';
import type { ByteBudget, ContentKeeper, Snapshot } from '../../runtime/fs/types.js';
import { asynchronous, entriesOfTar } from './archive-entries.js';
import { fillInitLayer } from './init-layer.js';

/** Bytes that a few empty files and directories may be counted as. */
const initLayerBytes = 1 << 20;

/** The trees that containers begin with: the layers of their images, each stack read once and shared. */
export class RootFileSystems {
  readonly #keeper: ContentKeeper;
  /** By the digests of the layers, bottom first. */
  readonly #stacks = new Map<string, Promise<Snapshot>>();
  /** The same with what every container finds. */
  readonly #containers = new WeakMap<Snapshot, Promise<Snapshot>>();

  /** @param budget for the bytes of all files */
  constructor(
    private readonly documents: ManifestCache,
    budget: ByteBudget,
    private readonly clock: Clock,
  ) {
    this.#keeper = memoryKeeper(budget);
  }

  /**
   * The tree of an image.
   *
   * @param manifest undefined for an empty one
   * @throws NOT_FOUND, CORRUPT, INVALID_ARCHIVE when its content is not there or broken; NO_SPACE
   */
  async snapshot(manifest: Descriptor | undefined): Promise<Snapshot> {
    if (manifest === undefined) return emptySnapshot;
    const { layers = [] } = await this.documents.manifest(manifest);
    return this.#stack(layers.filter(({ mediaType }) => isLayerType(mediaType)).map(({ digest }) => digest));
  }

  /**
   * The tree that a container of an image begins with: the image's, and what every container finds
   * (docs/behaviour.md#container-files).
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
    return applyLayer(snapshot, asynchronous(tree.layer()), this.#keeper);
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

  async #apply(below: readonly string[], digest: string): Promise<Snapshot> {
    const base = await this.#stack(below);
    const archive = await decompress(await this.documents.content.stream(digest));
    return applyLayer(base, entriesOfTar(archive), this.#keeper);
  }
}
