import { DigestIds } from '../../oci/digest-ids.js';
import type { BlobGeneration } from './blob-changes.js';
import { Column } from './columns.js';

/** When images were last found to be as their facts say, and the marks of the blobs that matter to each; 4 bytes a mark. */
export class KnownImages {
  readonly #ids = new DigestIds();
  /** By the numbers of images: the moment, 0 of those that are not known; where the marks begin, and how many they are. */
  readonly #generations = new Column(Uint32Array);
  readonly #starts = new Column(Uint32Array);
  readonly #lengths = new Column(Uint32Array);
  readonly #marks = new Column(Int32Array);
  #end = 0;
  #unused = 0;

  /** Whether most of what it takes is for others than so many images. */
  isWasteful(images: number, worthWhile: number): boolean {
    return this.#ids.size > 2 * images + worthWhile || this.#unused * 2 > this.#end + worthWhile;
  }

  add(digest: string, generation: number, marks: ReadonlySet<number>): void {
    const id = this.#ids.of(digest);
    this.#generations.set(id, generation);
    if (this.#lengths.get(id) !== marks.size) {
      this.#unused += this.#lengths.get(id);
      this.#starts.set(id, this.#end);
      this.#lengths.set(id, marks.size);
      this.#end += marks.size;
    }
    let at = this.#starts.get(id);
    for (const mark of marks) this.#marks.set(at++, mark);
  }

  delete(digest: string): void {
    const id = this.#ids.find(digest);
    if (id !== undefined) this.#generations.set(id, 0);
  }

  /** Whether an image is known, and nothing of it has changed since. */
  isCurrent(digest: string, blobs: BlobGeneration): boolean {
    const id = this.#ids.find(digest);
    const checkedAt = id === undefined ? 0 : this.#generations.get(id);
    if (id === undefined || checkedAt === 0) return false;
    if (!blobs.isUnchangedSince(checkedAt, this.#marksOf(id))) return false;
    this.#generations.set(id, Math.max(checkedAt, blobs.number));
    return true;
  }

  *#marksOf(id: number): Generator<number> {
    const start = this.#starts.get(id);
    for (let at = start; at < start + this.#lengths.get(id); at++) yield this.#marks.get(at);
  }
}
