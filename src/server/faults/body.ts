import type { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Chance } from './choice.js';

/** What is done to the bytes of an answer. */
export interface Shape {
  /** What happens after so many bytes of the body. */
  readonly end?: { readonly kind: 'reset' | 'truncate' | 'stall'; readonly after: number };
  /** Bytes by which the length is wrong. */
  readonly contentLength?: number;
  /** Write in pieces whose borders are anywhere, under names in another case. */
  readonly hard?: Chance;
}

/** Largest body that is held to be sent with a wrong length, bytes. */
const mostHeld = 64 * 1024 * 1024;

/** Break a connection off: on TCP with a reset, on HTTP/2 the stream only. */
export function breakOff(response: ServerResponse): void {
  const { stream } = response as unknown as { stream?: ServerHttp2Stream };
  const connection = stream ?? response.socket;
  if (connection !== null) cut(connection);
}

/** Break off what bytes are written to: a connection, or a stream of one. */
export function cut(connection: Duplex): void {
  if ('rstCode' in connection) {
    // INTERNAL_ERROR (RFC 9113, section 7).
    (connection as ServerHttp2Stream).close(2);
    return;
  }
  const { remoteAddress } = connection as Partial<Socket>;
  if (remoteAddress === undefined) connection.destroy();
  else (connection as Socket).resetAndDestroy();
}

/** Wait so many milliseconds, unless the client goes. @returns whether it stayed */
export function waitWith(connection: EventEmitter, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const gone = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      connection.off('close', gone);
      resolve(true);
    }, ms);
    connection.once('close', gone);
  });
}

type Done = (error?: Error | null) => void;
type Write = (chunk: Buffer, done?: Done) => boolean;

/** A chunk, encoding and callback as `write` and `end` take them, whichever are there. */
function argumentsOf(args: readonly unknown[]): { chunk: Buffer; done: Done | undefined } {
  const [first, second] = args;
  const done = args.find((one): one is Done => typeof one === 'function');
  if (first === undefined || first === null || typeof first === 'function') return { chunk: Buffer.alloc(0), done };
  if (typeof first === 'string') return { chunk: Buffer.from(first, second as BufferEncoding | undefined), done };
  return { chunk: Buffer.from(first as Uint8Array), done };
}

/** Counts bytes and says what still passes. */
class Limit {
  #left: number;
  over = false;

  constructor(readonly bytes: number) {
    this.#left = bytes;
  }

  take(chunk: Buffer): Buffer {
    const taken = chunk.subarray(0, this.#left);
    this.#left -= taken.length;
    if (chunk.length > taken.length) this.over = true;
    return taken;
  }
}

/** Write a piece at a time. */
function inPieces(write: Write, chance: Chance): Write {
  return (chunk, done) => {
    let rest = chunk;
    for (let pieces = Math.floor(chance() * 6); pieces > 0 && rest.length > 1; pieces--) {
      const length = 1 + Math.floor(chance() * (rest.length - 1));
      write(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return write(rest, done);
  };
}

/** Give headers names in another case; names of HTTP/2 have none. */
function recase(response: ServerResponse, chance: Chance): void {
  if (response.headersSent || 'stream' in response) return;
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value === undefined) continue;
    response.removeHeader(name);
    response.setHeader([...name].map((sign) => (chance() < 0.5 ? sign.toUpperCase() : sign)).join(''), value);
  }
}

/** Shape what is written to an answer's body from now on. */
export function shapeBody(response: ServerResponse, { end, contentLength, hard }: Shape): void {
  const original = {
    write: response.write.bind(response) as Write,
    end: response.end.bind(response) as (done?: Done) => ServerResponse,
    flush: response.flushHeaders.bind(response),
  };
  const write = hard === undefined ? original.write : inPieces(original.write, hard);
  const limit = end && new Limit(end.after);
  const held: Buffer[] = [];
  let heldBytes = 0;
  let over = false;

  const begin = (): void => {
    if (response.headersSent) return;
    if (end?.kind === 'truncate') response.removeHeader('Content-Length');
    if (hard !== undefined) recase(response, hard);
  };
  const finish = (): void => {
    over = true;
    if (end?.kind === 'truncate') original.end();
    else original.flush();
    // What was written before has to be on its way.
    if (end?.kind === 'reset') setTimeout(() => breakOff(response), 20);
  };
  const take = (chunk: Buffer, done?: Done): boolean => {
    if (over) {
      done?.();
      return true;
    }
    begin();
    if (contentLength !== undefined && heldBytes + chunk.length <= mostHeld) {
      held.push(chunk);
      heldBytes += chunk.length;
      done?.();
      return true;
    }
    const taken = limit === undefined ? chunk : limit.take(chunk);
    const more = taken.length > 0 || limit === undefined ? write(taken, done) : true;
    if (limit?.over) finish();
    return more;
  };
  const complete = (done?: Done): void => {
    if (over) return;
    begin();
    if (contentLength !== undefined) {
      if (!response.headersSent) {
        response.removeHeader('Transfer-Encoding');
        response.setHeader('Content-Length', Math.max(0, heldBytes + contentLength));
      }
      write(Buffer.concat(held));
      setTimeout(() => breakOff(response), 20);
      return;
    }
    original.end(done);
  };
  Object.assign(response, {
    write: (...args: unknown[]) => {
      const { chunk, done } = argumentsOf(args);
      return take(chunk, done);
    },
    end: (...args: unknown[]) => {
      const { chunk, done } = argumentsOf(args);
      if (chunk.length > 0) take(chunk);
      // A body that is as long as the limit has had nothing done to it yet.
      if (limit !== undefined && !over && limit.take(Buffer.alloc(1)).length === 0) finish();
      complete(done);
      return response;
    },
    flushHeaders: () => {
      begin();
      original.flush();
    },
  });
}

/** Shape what is written to a hijacked connection, or to the stream of a call. */
export function shapeConnection(connection: Duplex, end: NonNullable<Shape['end']>): void {
  const write = connection.write.bind(connection) as Write;
  const original = connection.end.bind(connection);
  const limit = new Limit(end.after);
  let over = false;
  const take = (...args: unknown[]): boolean => {
    const { chunk, done } = argumentsOf(args);
    if (over) {
      done?.();
      return true;
    }
    const taken = limit.take(chunk);
    const more = taken.length > 0 ? write(taken, done) : true;
    if (!limit.over) return more;
    finish();
    return true;
  };
  const finish = (): void => {
    over = true;
    if (end.kind === 'reset') setTimeout(() => cut(connection), 20);
    else if (end.kind === 'truncate') original();
  };
  const complete = (...args: unknown[]): Duplex => {
    const { chunk } = argumentsOf(args);
    if (chunk.length > 0) take(chunk);
    // What is as long as the limit has had nothing done to it yet.
    if (!over && limit.take(Buffer.alloc(1)).length === 0) finish();
    if (!over) original();
    return connection;
  };
  Object.assign(connection, { write: take, end: complete });
}
