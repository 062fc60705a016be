import { DigestIds } from '../../oci/digest-ids.js';
import type { BlobGeneration } from './blob-changes.js';
import { Column } from './columns.js';

/**
 * Images whose metadata is known to be current: for each the generation of the last check and the marks of its blobs, 4
 * bytes per mark.
 */
export class KnownImages {
  readonly #ids = new DigestIds();
  /** By image number: the generation (0 if unknown), the start of the marks and their count. */
  readonly #generations = new Column(Uint32Array);
  readonly #starts = new Column(Uint32Array);
  readonly #lengths = new Column(Uint32Array);
  readonly #marks = new Column(Int32Array);
  #end = 0;
  #unused = 0;

  /** Whether most of the memory belongs to images that no longer exist. */
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

  /** Whether an image is known and unchanged since the last check. */
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
