import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Bytes of unfinished request heads, of all connections together. A head alone may have 1 MiB, as in dockerd. */
const maxUnfinishedBytes = 16 * 1024 * 1024;

/** Interval of checks, milliseconds. */
const checkIntervalMs = 50;

/** Connections whose heads stay below the bound in any case are not counted. */
const minConnections = 32;

/**
 * Bounds the memory of request heads that are not complete. Node gives no event for the bytes of a head, so the bytes that each
 * connection has read since its last request are compared with the bound from time to time. Beyond it the connections with the longest
 * heads are refused.
 */
export class HeadBudget {
  /** Bytes read before the head, by connection that waits for one. */
  readonly #waiting = new Map<Socket, number>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param refuse answers a connection whose head takes too much, and ends it
   * @param limit bytes of all unfinished heads
   */
  constructor(
    private readonly refuse: (socket: Socket) => void,
    private readonly limit = maxUnfinishedBytes,
  ) {}

  /** Counts the heads of a connection until it closes. */
  add(socket: Socket): void {
    this.#wait(socket);
    socket.once('close', () => this.#waiting.delete(socket));
  }

  /** Ends the count of a head that is complete. Its successor counts from the end of the response on. */
  complete({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#waiting.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) this.#wait(socket);
    });
  }

  #wait(socket: Socket): void {
    this.#waiting.set(socket, socket.bytesRead);
    this.#timer ??= setInterval(() => this.check(), checkIntervalMs).unref();
  }

  /** Refuses the longest heads while all of them together exceed the limit. */
  check(): void {
    if (this.#waiting.size < Math.min(minConnections, this.limit)) {
      if (this.#waiting.size === 0) this.#stop();
      return;
    }
    const heads: [bytes: number, socket: Socket][] = [];
    let total = 0;
    for (const [socket, before] of this.#waiting) {
      const bytes = socket.bytesRead - before;
      if (bytes === 0) continue;
      heads.push([bytes, socket]);
      total += bytes;
    }
    if (total <= this.limit) return;
    heads.sort(([a], [b]) => b - a);
    for (const [bytes, socket] of heads) {
      if (total <= this.limit) return;
      total -= bytes;
      this.#waiting.delete(socket);
      this.refuse(socket);
    }
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
