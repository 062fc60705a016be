import { AttestdError } from '../support/foundation/errors.js';

/** Bytes that all containers, networks, volumes and execs may take, beside their files, logs and programs. */
const maxObjectBytes = 96 << 20;

/** What a value takes beside the characters of its texts, about. */
const perValue = 32;

/** About how many bytes of memory a value takes that a client sent as JSON. */
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
 * The memory that things take which clients make. A machine's disk would end it in a daemon; here it is the process that must not
 * grow for ever.
 */
export class ObjectQuota {
  readonly #bytesById = new Map<string, number>();
  #usedBytes = 0;
  /** Whether things are let in although there is no room: those of an earlier daemon, which were acknowledged. */
  isLenient = false;

  /** @param limit bytes */
  constructor(public limit = maxObjectBytes) {}

  /**
   * Take room for a thing, more or less than it had.
   *
   * @throws NO_SPACE when there is none; it has what it had then
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

  /** A thing is gone. */
  release(id: string): void {
    this.#usedBytes -= this.#bytesById.get(id) ?? 0;
    this.#bytesById.delete(id);
  }
}
