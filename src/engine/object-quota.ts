import { AttestdError } from '../support/foundation/errors.js';
import { maxObjectBytes } from './limits.js';

/** Estimated bytes of a value in addition to its text. */
const perValue = 32;

/** Estimates the memory of a value decoded from JSON. */
export function estimateBytes(value: unknown): number {
  let bytes = 0;
  const pending = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    bytes += perValue;
    if (typeof next === 'string') bytes += next.length;
    else if (Array.isArray(next)) for (const item of next) pending.push(item);
    else if (next instanceof Map) pending.push([...next]);
    else if (typeof next === 'object' && next !== null)
      for (const [name, item] of Object.entries(next)) {
        bytes += name.length;
        pending.push(item);
      }
  }
  return bytes;
}

/**
 * The memory quota of all objects that clients create. A daemon is limited by its disk; here the process must not grow
 * without limit.
 */
export class ObjectQuota {
  readonly #bytesById = new Map<string, number>();
  #usedBytes = 0;
  /** Whether the quota is ignored, which allows the restore of objects that an earlier daemon acknowledged. */
  isLenient = false;

  /** @param limit bytes */
  constructor(public limit = maxObjectBytes) {}

  /**
   * Sets the bytes of an object.
   *
   * @throws NO_SPACE if the quota is exhausted; the object keeps its previous bytes
   */
  reserve(id: string, bytes: number): void {
    const growth = bytes - (this.#bytesById.get(id) ?? 0);
    if (growth > 0 && !this.isLenient && this.#usedBytes + growth > this.limit)
      throw new AttestdError(
        'NO_SPACE',
        `no space left: containers, networks, volumes and execs together take more than ${this.limit} bytes of memory`,
      );
    this.#bytesById.set(id, bytes);
    this.#usedBytes += growth;
  }

  /** Releases the bytes of a removed object. */
  release(id: string): void {
    this.#usedBytes -= this.#bytesById.get(id) ?? 0;
    this.#bytesById.delete(id);
  }
}
