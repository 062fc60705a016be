import { DigestIds } from '../../oci/digest-ids.js';
import type { Context } from '../context.js';
import { Column } from './columns.js';
import type { ImageMetadata } from './metadata-cache.js';

/** Digests by their numbers, and how often each was counted. */
class Counted {
  readonly #ids = new DigestIds();
  readonly #counts = new Column(Uint32Array);

  /**
   * Counts a digest.
   *
   * @returns its number
   */
  add(digest: string): number {
    const id = this.#ids.of(digest);
    this.#counts.set(id, this.#counts.get(id) + 1);
    return id;
  }

  isShared(id: number): boolean {
    return this.#counts.get(id) > 1;
  }

  digest(id: number): string {
    return this.#ids.digest(id);
  }
}

/** Computes the size that images share: unpacked layers and blobs. Metadata is read once and not kept. */
export class SharedSizes {
  readonly #chains = new Counted();
  readonly #blobs = new Counted();
  readonly #images = new DigestIds();
  /** By image number: the start of its numbers, and the counts of its blobs and layer stacks. */
  readonly #starts = new Column(Uint32Array);
  readonly #blobCounts = new Column(Uint32Array);
  readonly #chainCounts = new Column(Uint32Array);
  /** Of each image: alternating numbers and sizes of its blobs, then the numbers of its layer stacks. */
  readonly #numbers = new Column(Float64Array);
  #end = 0;

  constructor(private readonly snapshots: Context['snapshots']) {}

  /** @param digest of the image's target */
  add(digest: string, facts: ImageMetadata): void {
    const image = this.#images.of(digest);
    this.#starts.set(image, this.#end);
    const blobs = contentOf(facts);
    for (const [blob, size] of blobs) {
      this.#push(this.#blobs.add(blob));
      this.#push(size);
    }
    const ids = facts.manifests.flatMap(({ chains = [] }) => chains);
    for (const id of ids) this.#push(this.#chains.add(id));
    this.#blobCounts.set(image, blobs.size);
    this.#chainCounts.set(image, ids.length);
  }

  /** Bytes that an image shares with another one, each blob counted once. @param digest of its target, which was added */
  sizeOf(digest: string): number {
    const image = this.#images.find(digest);
    if (image === undefined) return 0;
    let size = 0;
    const start = this.#starts.get(image);
    const middle = start + 2 * this.#blobCounts.get(image);
    for (let at = start; at < middle; at += 2)
      if (this.#blobs.isShared(this.#numbers.get(at))) size += this.#numbers.get(at + 1);
    for (let at = middle; at < middle + this.#chainCounts.get(image); at++) {
      const id = this.#numbers.get(at);
      if (this.#chains.isShared(id)) size += this.snapshots.usage(this.#chains.digest(id)) ?? 0;
    }
    return size;
  }

  #push(value: number): void {
    this.#numbers.set(this.#end++, value);
  }
}

/** Returns the sizes of the blobs of an image's manifests. The first size of each blob counts. */
function contentOf({ manifests }: ImageMetadata): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { content } of manifests)
    for (const { digest, size } of content) if (!found.has(digest)) found.set(digest, size);
  return found;
}
