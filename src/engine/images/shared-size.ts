import { DigestIds } from '../../oci/digest-ids.js';
import type { Context } from '../context.js';
import type { ImageFacts } from './facts.js';

/** Digests by their numbers, and how often each was counted. */
class Counted {
  readonly #ids = new DigestIds();
  readonly #counts: number[] = [];

  /** @returns the number of a digest that was counted once more */
  add(digest: string): number {
    const id = this.#ids.of(digest);
    this.#counts[id] = (this.#counts[id] ?? 0) + 1;
    return id;
  }

  isShared(id: number): boolean {
    return (this.#counts[id] ?? 0) > 1;
  }
}

/** What images share: layers that are unpacked, and blobs. Facts are looked at once and not kept. */
export class SharedSizes {
  readonly #chains = new Counted();
  readonly #blobs = new Counted();
  /** Of each image: numbers and sizes of its blobs in turn, and numbers of its layer stacks with their ids. */
  readonly #images = new Map<string, { readonly blobs: readonly number[]; readonly chains: readonly number[] }>();
  readonly #stacks: string[] = [];

  constructor(private readonly snapshots: Context['snapshots']) {}

  /** @param digest of the image's target */
  add(digest: string, facts: ImageFacts): void {
    const chains: number[] = [];
    for (const { chains: ids = [] } of facts.manifests)
      for (const id of ids) {
        const number = this.#chains.add(id);
        this.#stacks[number] ??= id;
        chains.push(number);
      }
    const blobs: number[] = [];
    for (const [blob, size] of contentOf(facts)) blobs.push(this.#blobs.add(blob), size);
    this.#images.set(digest, { blobs, chains });
  }

  /** Bytes that an image shares with another one, each blob counted once. @param digest of its target, which was added */
  sizeOf(digest: string): number {
    const { blobs = [], chains = [] } = this.#images.get(digest) ?? {};
    let size = 0;
    for (const id of chains) if (this.#chains.isShared(id)) size += this.snapshots.usage(this.#stacks[id] ?? '') ?? 0;
    for (let at = 0; at < blobs.length; at += 2)
      if (this.#blobs.isShared(blobs[at] as number)) size += blobs[at + 1] as number;
    return size;
  }
}

/** Sizes of the blobs of an image's manifests, the first that is given of each. */
function contentOf({ manifests }: ImageFacts): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { content } of manifests)
    for (const { digest, size } of content) if (!found.has(digest)) found.set(digest, size);
  return found;
}
