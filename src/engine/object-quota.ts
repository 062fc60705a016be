import { AttestdError } from '../support/foundation/errors.js';

/** Bytes that all containers, networks, volumes and execs may take, beside their files, logs and programs. */
const most = 96 << 20;

/** What a value takes beside the characters of its texts, about. */
const perValue = 32;

/** About how many bytes of memory a value takes that a client sent as JSON. */
export function weightOf(value: unknown): number {
  let weight = 0;
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    weight += perValue;
    if (typeof next === 'string') weight += next.length;
    else if (Array.isArray(next)) for (const item of next) left.push(item);
    else if (next instanceof Map) left.push([...next]);
    else if (typeof next === 'object' && next !== null)
      for (const [name, item] of Object.entries(next)) {
        weight += name.length;
        left.push(item);
      }
  }
  return weight;
}

/**
 * The memory that things take which clients make. A machine's disk would end it in a daemon; here it is the process that must not
 * grow for ever.
 */
export class ObjectQuota {
  readonly #weights = new Map<string, number>();
  #taken = 0;
  /** Whether things are let in although there is no room: those of an earlier daemon, which were acknowledged. */
  lenient = false;

  /** @param limit bytes */
  constructor(public limit = most) {}

  /**
   * Take room for a thing, more or less than it had.
   *
   * @throws NO_SPACE when there is none; it has what it had then
   */
  take(id: string, weight: number): void {
    const more = weight - (this.#weights.get(id) ?? 0);
    if (more > 0 && !this.lenient && this.#taken + more > this.limit)
      throw new AttestdError(
        'NO_SPACE',
        `no space left: containers, networks, volumes and execs together take more than ${this.limit} bytes of memory`,
      );
    this.#weights.set(id, weight);
    this.#taken += more;
  }

  /** A thing is gone. */
  giveBack(id: string): void {
    this.#taken -= this.#weights.get(id) ?? 0;
    this.#weights.delete(id);
  }
}
