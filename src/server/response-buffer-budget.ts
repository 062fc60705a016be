import type { ServerResponse } from 'node:http';

/** Bytes of answers that wait for their clients to read them, of all connections together. */
const most = 96 << 20;

/** An answer of fewer bytes is in the kernel's hands at once. */
const least = 16 << 10;

/**
 * The answers that were begun and not read yet. Beyond a bound those that have waited longest are broken off: their clients read
 * too slowly, or not at all, while others ask for more.
 */
export class ResponseBufferBudget {
  /** Bytes are often the same for many. The longest held first. */
  readonly #holders = new Map<Uint8Array, Set<ServerResponse>>();
  #bytes = 0;

  /** @param limit bytes */
  constructor(private readonly limit = most) {}

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes were handed to an answer. @returns what lets go of them before the answer's end */
  hold(response: ServerResponse, body: Uint8Array): () => void {
    if (body.length < least) return () => undefined;
    const holders = this.#holders.get(body);
    if (holders === undefined) {
      this.#holders.set(body, new Set([response]));
      this.#bytes += body.length;
    } else holders.add(response);
    const letGo = (): void => this.#letGo(response, body);
    response.once('finish', letGo).once('close', letGo);
    this.#makeRoom(body);
    return () => {
      response.off('finish', letGo).off('close', letGo);
      letGo();
    };
  }

  #letGo(response: ServerResponse, body: Uint8Array): void {
    const holders = this.#holders.get(body);
    if (holders?.delete(response) !== true || holders.size > 0) return;
    this.#holders.delete(body);
    this.#bytes -= body.length;
  }

  #makeRoom(newest: Uint8Array): void {
    for (const [body, holders] of this.#holders) {
      if (this.#bytes <= this.limit || body === newest) return;
      for (const response of [...holders]) {
        response.destroy();
        this.#letGo(response, body);
      }
    }
  }
}

/** Those of this process: its memory is what is bounded. */
export const responseBuffers = new ResponseBufferBudget();
