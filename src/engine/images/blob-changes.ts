import type { ContentStore } from '../../oci/content-store.js';
import { DigestCounter, markOf } from '../../oci/digest-counter.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import { maxBlobChanges } from '../limits.js';

/** The set of blobs at one point in time. */
export interface BlobGeneration {
  /** Generation number. It changes only if a blob was added or deleted. */
  readonly number: number;
  has(digest: string): boolean;
  /**
   * Whether none of the given blobs was added or deleted since a generation.
   *
   * @param marks of the blobs' digests
   */
  isUnchangedSince(generation: number, marks: Iterable<number>): boolean;
}

/**
 * Tracks added and deleted blobs, including those of other programs. Reads the blob directory only if its timestamp
 * changed, which is many times faster than a check of every blob.
 */
export class BlobChanges {
  #number = 0;
  #stamp: string | undefined;
  #names = new DigestCounter();
  /** The moment of the last change of each mark, and the first moment since which all changes are known. */
  readonly #changed = new Map<number, number>();
  #completeSince = 1;
  #pending: Promise<unknown> = Promise.resolve();

  /** Returns the current generation. */
  current(content: ContentStore): Promise<BlobGeneration> {
    const next = this.#pending.then(() => this.#read(content));
    this.#pending = next.catch(() => undefined);
    return next;
  }

  async #read(content: ContentStore): Promise<BlobGeneration> {
    const stamp = content.stamp();
    if (stamp === undefined || stamp !== this.#stamp) await this.#compare(await content.digests());
    this.#stamp = stamp;
    const names = this.#names;
    return {
      number: this.#number,
      has: (digest) => names.count(digest) > 0,
      isUnchangedSince: (generation, marks) => {
        if (generation < this.#completeSince) return false;
        // Nothing changed after the last generation.
        if (generation === this.#number) return true;
        for (const mark of marks) if ((this.#changed.get(mark) ?? 0) > generation) return false;
        return true;
      },
    };
  }

  async #compare(digests: Iterable<string>): Promise<void> {
    const names = new DigestCounter();
    const changed: number[] = [];
    for (const digest of digests) {
      await yieldIfDue();
      names.add(digest);
      if (this.#number > 0 && this.#names.count(digest) === 0) changed.push(markOf(digest));
    }
    for (const mark of this.#names.marksMissingIn(names)) changed.push(mark);
    this.#names = names;
    if (this.#number > 0 && changed.length === 0) return;
    this.#number++;
    for (const mark of changed) this.#changed.set(mark, this.#number);
    if (this.#changed.size <= maxBlobChanges) return;
    this.#changed.clear();
    this.#completeSince = this.#number;
  }
}
