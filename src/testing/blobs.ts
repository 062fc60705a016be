import type { Descriptor } from '../oci/descriptor.js';
import { digestOf } from '../oci/digest.js';
import { blobPath } from '../oci/tar-record.js';

/** The blobs of an image layout, as they are put together. */
export class Blobs {
  readonly #blobs = new Map<string, Buffer>();

  /**
   * Put a blob there.
   *
   * @param content bytes, or a value that is written as JSON
   */
  add(mediaType: string, content: Buffer | object): Descriptor {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
    const digest = digestOf(bytes);
    this.#blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  /** Take a blob away again. */
  remove(digest: string): void {
    this.#blobs.delete(digest);
  }

  /** Change the bytes of a blob, not its name nor its length. */
  corrupt(digest: string): void {
    const before = this.#blobs.get(digest);
    if (before === undefined || before.length === 0) return;
    const after = Buffer.from(before);
    const at = after.length >> 1;
    after[at] = (after[at] as number) ^ 1;
    this.#blobs.set(digest, after);
  }

  /** Every blob by its path in a layout. */
  files(): Map<string, Buffer> {
    return new Map([...this.#blobs].map(([digest, bytes]) => [blobPath(digest), bytes]));
  }
}
