import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import tls from 'node:tls';
import { AttestdError } from '../support/foundation/errors.js';
import type { Target, TlsMaterial } from './target.js';

/** One request, as it goes on the wire. */
export interface RawRequest {
  readonly method: string;
  /** Path with query, already escaped; sent as it is. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | Readable;
  /** Aborts the exchange. */
  readonly signal?: AbortSignal;
  /** Milliseconds of silence after which the exchange fails; none without it. */
  readonly timeout?: number;
  /** Use a connection that nothing else uses, before or after: one whose peer may answer before it has read the body. */
  readonly alone?: boolean;
}

/** An answer whose body is still to be read. */
export interface RawResponse {
  readonly status: number;
  /** Header pairs in the order received, names as sent. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Readable;
}

/** An answer read to its end. */
export interface BufferedResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

const secured = ({ ca, cert, key, verify }: TlsMaterial) => ({ ca, cert, key, rejectUnauthorized: verify });

/**
 * What Node needs to send requests to a daemon.
 *
 * @param target where it listens
 */
export function requestOptions(target: Target): https.RequestOptions {
  if (target.kind === 'unix') return { socketPath: target.path };
  const { host, port, tls } = target;
  return { host, port, ...(tls && secured(tls)) };
}

/**
 * A connection to a daemon that is being made, each side closed for itself.
 *
 * @param target where it listens
 * @param more how it is read, where that is not as usual
 */
export function connectTo(target: Target, more: Pick<net.TcpSocketConnectOpts, 'onread'> = {}): net.Socket {
  if (target.kind === 'unix') return net.connect({ path: target.path, allowHalfOpen: true, ...more });
  const { host, port, tls: secure } = target;
  // Node takes these for TLS too; its types do not know.
  const options = { host, port, allowHalfOpen: true, ...more, ...(secure && secured(secure)) };
  return secure ? tls.connect(options) : net.connect(options);
}

/**
 * Milliseconds after which a timer is late: this process was stopped or busy meanwhile, and what came is still to be read, so that
 * the wait begins anew.
 */
const late = 1000;

/** Milliseconds after which an idle connection is used no more: a daemon may close it just when a request is on its way, and perhaps done. */
const rest = 1000;

/** Requests to one daemon over its unix socket, TCP or TLS; knows nothing of the Engine API. */
export class Connection {
  readonly #target: Target;
  readonly #agent: http.Agent;
  readonly #deadline: number | undefined;
  /** When connections were used last. */
  readonly #used = new WeakMap<Duplex, number>();

  /**
   * @param target where the daemon listens
   * @param deadline milliseconds that a request may take to the end of its answer; as long as it takes without it
   */
  constructor(target: Target, deadline?: number) {
    this.#target = target;
    this.#deadline = deadline;
    const options = { keepAlive: true, maxSockets: 64 };
    this.#agent = target.kind === 'tcp' && target.tls ? new https.Agent(options) : new http.Agent(options);
    this.#agent.on('free', (socket: Duplex) => this.#used.set(socket, performance.now()));
  }

  #dropRested(): void {
    const now = performance.now();
    for (const socket of Object.values(this.#agent.freeSockets).flat())
      if (socket && now - (this.#used.get(socket) ?? now) > rest) socket.destroy();
  }

  /**
   * Send a request and return the answer as soon as its head is there.
   *
   * @throws AttestdError UNAVAILABLE when no daemon answers or the connection breaks
   */
  open(request: RawRequest): Promise<RawResponse> {
    this.#dropRested();
    return new Promise((resolve, reject) => {
      const target = this.#target;
      const options: https.RequestOptions = {
        method: request.method,
        path: request.path,
        headers: { Host: target.kind === 'unix' ? 'docker' : `${target.host}:${target.port}`, ...request.headers },
        agent: request.alone ? false : this.#agent,
        ...requestOptions(target),
        ...(request.signal ? { signal: request.signal } : {}),
        ...(request.timeout === undefined ? {} : { timeout: request.timeout }),
      };
      const secure = target.kind === 'tcp' && target.tls !== undefined;
      const outgoing = (secure ? https : http).request(options, (incoming) => {
        const headers: [string, string][] = [];
        for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2)
          headers.push([incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '']);
        resolve({ status: incoming.statusCode ?? 0, headers, body: incoming });
      });
      const deadline = this.#deadline;
      if (deadline !== undefined) {
        // Also for requests that still wait for a connection.
        const end = setTimeout(() => outgoing.destroy(new Error(`no answer after ${deadline} ms`)), deadline);
        outgoing.once('close', () => clearTimeout(end));
      }
      let since = performance.now();
      outgoing.on('timeout', () => {
        const { timeout = 0 } = request;
        if (performance.now() - since < timeout + late)
          return void outgoing.destroy(new Error(`no answer for ${timeout} ms`));
        since = performance.now();
        return void outgoing.setTimeout(timeout);
      });
      outgoing.on('error', (cause: NodeJS.ErrnoException) => {
        // A daemon may close an idle connection just when it is used again; reading once more on a new one does no harm.
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
   * Send a request and read the whole answer.
   *
   * @throws AttestdError UNAVAILABLE when no daemon answers or the connection breaks
   */
  async send(request: RawRequest): Promise<BufferedResponse> {
    const { status, headers, body } = await this.open(request);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of body) chunks.push(chunk as Buffer);
    } catch (cause) {
      throw new AttestdError('UNAVAILABLE', `${request.method} ${request.path}: the answer broke off`, { cause });
    }
    return { status, headers, body: Buffer.concat(chunks) };
  }

  /**
   * Connect to the daemon for an exchange that is not HTTP to its end.
   *
   * @param timeout milliseconds for the connection to stand
   * @throws AttestdError UNAVAILABLE when no daemon listens
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

  /** Close idle connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/**
 * The first value of a header.
 *
 * @param name case-insensitive name
 */
export function headerOf(response: Pick<RawResponse, 'headers'>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return response.headers.find(([key]) => key.toLowerCase() === wanted)?.[1];
}
