import { randomUUID } from 'node:crypto';
import { digestOf } from '../images/kit.js';

/** Most bytes of one body, and of one upload: what the suite has pushed is far smaller. */
export const most = 64 << 20;

/** Blobs on their way into the registry, each in a session of its own. */
export class Uploads {
  readonly #open = new Map<string, Buffer>();

  /** @returns id of a new session */
  begin(): string {
    const id = randomUUID();
    this.#open.set(id, Buffer.alloc(0));
    return id;
  }

  /**
   * Appends bytes.
   * @returns the size so far; undefined if the session does not exist or is too large
   */
  append(id: string, bytes: Buffer): number | undefined {
    const before = this.#open.get(id);
    if (!before || before.length + bytes.length > most) return undefined;
    const all = bytes.length === 0 ? before : Buffer.concat([before, bytes]);
    this.#open.set(id, all);
    return all.length;
  }

  /** End a session. @returns the blob, when it is the one of that digest */
  finish(id: string, digest: string): Buffer | undefined {
    const bytes = this.#open.get(id);
    this.#open.delete(id);
    return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
  }
}
