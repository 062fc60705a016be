import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import tls from 'node:tls';
import { AttestdError } from '../support/foundation/errors.js';
import { deadlineMs, idleReuseMs, maxBodyBytes, maxConnections, silenceTimeoutMs } from './limits.js';
import type { Target, TlsMaterial } from './target.js';

/** A request, sent unchanged. */
export interface RawRequest {
  readonly method: string;
  /** Path with query, already escaped; sent unchanged. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | Readable;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
  /** Longest silence of the daemon, in milliseconds. Default: that of the connection. */
  readonly timeout?: number;
  /** Milliseconds to the end of the answer. Default: that of the connection. */
  readonly deadline?: number;
  /** Use a new connection and close it afterwards, for a peer that may answer before it has read the body. */
  readonly alone?: boolean;
  /** Longest body that `send` reads, in bytes. Default: that of the connection. */
  readonly maxBytes?: number;
}

/** Bounds of answers in time and size. */
export interface ConnectionLimits {
  /** Milliseconds from the request to the end of its answer. Default of `send`: 5 minutes; `open` has none. */
  readonly deadline?: number;
  /** Longest silence in milliseconds. Default of `send`: 60 s; `open` has none, because a stream may wait for events. */
  readonly silence?: number;
  /** Longest body that `send` reads, in bytes. Default: 64 MiB. */
  readonly maxBytes?: number;
}

/** An answer with its body unread. */
export interface RawResponse {
  readonly status: number;
  /** Header pairs in the order received, names as sent. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Readable;
}

/** A complete answer. */
export interface BufferedResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

const secured = ({ ca, cert, key, verify }: TlsMaterial) => ({ ca, cert, key, rejectUnauthorized: verify });

/** Returns Node's request options for a daemon's address. */
export function requestOptions(target: Target): https.RequestOptions {
  if (target.kind === 'unix') return { socketPath: target.path };
  const { host, port, tls } = target;
  return { host, port, ...(tls && secured(tls)) };
}

/** The option `onread` of sockets. @types/node declares it in another interface since version 22. */
export interface OnRead {
  readonly buffer: Uint8Array | (() => Uint8Array);
  callback(bytesWritten: number, buffer: Uint8Array): boolean;
}

/**
 * Starts connecting to a daemon, with half-open sockets allowed.
 *
 * @param target address of the daemon
 * @param more socket options, such as `onread`
 */
export function connectTo(target: Target, more: { readonly onread?: OnRead } = {}): net.Socket {
  if (target.kind === 'unix') return net.connect({ path: target.path, allowHalfOpen: true, ...more });
  const { host, port, tls: secure } = target;
  // tls.connect accepts allowHalfOpen and onread too, but its types lack them.
  const options = { host, port, allowHalfOpen: true, ...more, ...(secure && secured(secure)) };
  return secure ? tls.connect(options) : net.connect(options);
}

/**
 * Delay in milliseconds that marks a timer as late. The process was stopped or busy, and the answer may lie unread in the
 * socket, so the wait starts again.
 */
const lateTimerMs = 1000;

/** HTTP requests to one daemon over a unix socket, TCP or TLS. Knows nothing of the Engine API. */
export class Connection {
  readonly #target: Target;
  readonly #agent: http.Agent;
  readonly #limits: ConnectionLimits;
  /** Time of last use by socket, from `performance.now()`. */
  readonly #lastUsed = new WeakMap<Duplex, number>();

  /**
   * @param target address of the daemon
   * @param limits bounds of its answers
   */
  constructor(target: Target, limits: ConnectionLimits = {}) {
    this.#target = target;
    this.#limits = limits;
    const options = { keepAlive: true, maxSockets: maxConnections };
    this.#agent = target.kind === 'tcp' && target.tls ? new https.Agent(options) : new http.Agent(options);
    this.#agent.on('free', (socket: Duplex) => this.#lastUsed.set(socket, performance.now()));
  }

  #dropIdle(): void {
    const now = performance.now();
    for (const socket of Object.values(this.#agent.freeSockets).flat())
      if (socket && now - (this.#lastUsed.get(socket) ?? now) > idleReuseMs) socket.destroy();
  }

  /**
   * Sends a request and resolves at the head of the answer. The caller bounds the body.
   *
   * @throws AttestdError UNAVAILABLE if no daemon answers, the connection breaks or a limit is exceeded
   */
  open(request: RawRequest): Promise<RawResponse> {
    this.#dropIdle();
    const deadline = request.deadline ?? this.#limits.deadline;
    const silence = request.timeout ?? this.#limits.silence;
    return new Promise((resolve, reject) => {
      const target = this.#target;
      const options: https.RequestOptions = {
        method: request.method,
        path: request.path,
        headers: { Host: target.kind === 'unix' ? 'docker' : `${target.host}:${target.port}`, ...request.headers },
        agent: request.alone ? false : this.#agent,
        ...requestOptions(target),
        ...(request.signal ? { signal: request.signal } : {}),
        ...(silence === undefined ? {} : { timeout: silence }),
      };
      const secure = target.kind === 'tcp' && target.tls !== undefined;
      const outgoing = (secure ? https : http).request(options, (incoming) => {
        const headers: [string, string][] = [];
        for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2)
          headers.push([incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '']);
        resolve({ status: incoming.statusCode ?? 0, headers, body: incoming });
      });
      if (deadline !== undefined) {
        // Runs while the request waits for a free connection, too.
        const end = setTimeout(() => outgoing.destroy(new Error(`no answer after ${deadline} ms`)), deadline);
        outgoing.once('close', () => clearTimeout(end));
      }
      let since = performance.now();
      outgoing.on('timeout', () => {
        const limit = silence ?? 0;
        if (performance.now() - since < limit + lateTimerMs)
          return void outgoing.destroy(new Error(`no answer for ${limit} ms`));
        since = performance.now();
        return void outgoing.setTimeout(limit);
      });
      outgoing.on('error', (cause: NodeJS.ErrnoException) => {
        // The daemon may have closed an idle connection when it was reused. A GET is safe to repeat.
        if (
          outgoing.reusedSocket &&
          ['ECONNRESET', 'EPIPE'].includes(cause.code ?? '') &&
          request.method === 'GET' &&
          request.body === undefined
        )
          return resolve(this.open(request));
        const message = `${request.method} ${request.path}: ${cause.message}`;
        reject(new AttestdError('UNAVAILABLE', message, { cause }));
      });
      if (request.body === undefined) outgoing.end();
      else if (typeof request.body === 'string' || Buffer.isBuffer(request.body)) outgoing.end(request.body);
      else {
        request.body.on('error', (error) => outgoing.destroy(error));
        request.body.pipe(outgoing);
      }
    });
  }

  /**
   * Sends a request and reads the whole answer.
   *
   * @throws AttestdError UNAVAILABLE if no daemon answers, the connection breaks, or the answer takes too long;
   *   OUT_OF_RANGE if it is too large
   */
  async send(request: RawRequest): Promise<BufferedResponse> {
    const what = `${request.method} ${request.path}`;
    const { silence = silenceTimeoutMs, deadline = deadlineMs, maxBytes = maxBodyBytes } = this.#limits;
    const limit = request.maxBytes ?? maxBytes;
    const began = performance.now();
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      const { status, headers, body } = await this.open({ timeout: silence, deadline, ...request });
      for await (const chunk of body as AsyncIterable<Buffer>) {
        length += chunk.length;
        // Leaving the loop destroys the stream and with it the connection.
        if (length > limit)
          throw new AttestdError('OUT_OF_RANGE', `${what}: the answer is larger than the limit of ${limit} bytes`);
        chunks.push(chunk);
      }
      return { status, headers, body: Buffer.concat(chunks, length) };
    } catch (cause) {
      if (cause instanceof AttestdError) throw cause;
      const why =
        performance.now() - began < deadline ? 'the answer broke off' : `no whole answer after ${deadline} ms`;
      throw new AttestdError('UNAVAILABLE', `${what}: ${why}`, { cause });
    }
  }

  /**
   * Opens a raw connection to the daemon, for protocols that leave HTTP.
   *
   * @param timeout milliseconds until the connection must stand
   * @throws AttestdError UNAVAILABLE if no daemon listens
   */
  dial(timeout: number): Promise<net.Socket> {
    const target = this.#target;
    return new Promise((resolve, reject) => {
      const secure = target.kind === 'tcp' && target.tls !== undefined;
      const socket = connectTo(target);
      const timer = setTimeout(() => socket.destroy(new Error(`no connection for ${timeout} ms`)), timeout);
      const fail = (cause: Error): void => {
        clearTimeout(timer);
        reject(new AttestdError('UNAVAILABLE', `connecting: ${cause.message}`, { cause }));
      };
      socket.once('error', fail);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        socket.off('error', fail);
        resolve(socket);
      });
    });
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** Returns the first value of a header. The name is case-insensitive. */
export function headerOf(response: Pick<RawResponse, 'headers'>, name: string): string | undefined {
  const lower = name.toLowerCase();
  return response.headers.find(([key]) => key.toLowerCase() === lower)?.[1];
}
