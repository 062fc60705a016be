import type { Socket } from 'node:net';
import { headerOf } from '../../client/connection.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { AdaptiveTimeout } from '../adaptive-timeout.js';
import {
  type Answer,
  type Api,
  brokenOff,
  type Call,
  type Exchange,
  exchanged,
  type Sent,
  sentBody,
  targetOf,
  type Wire,
} from '../api.js';
import { demand, show, Unmet } from '../expect.js';

/** Milliseconds that a daemon has for what a stream is to bring. */
const full = 30_000;

/** Groups streams by operation: the path with the object's name replaced by `*`. */
const kindOf = (method: string, path: string): string => `${method} ${path.replace(/^(\/\w+)\/[^/]+(?=\/)/, '$1/*')}`;

interface Head {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
}

/** Bytes that a daemon sends over time, on a connection that was taken over or as an answer that goes on. */
export class Stream {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly #what: Sent;
  readonly #record: (exchange: Exchange) => void;
  readonly #cut: () => void;
  readonly #patience: (what: string) => AdaptiveTimeout;
  readonly #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #over = false;
  #closed = false;
  #wake: () => void = () => undefined;

  /**
   * @param head status and headers
   * @param what the request
   * @param kind the operation; waits on its streams share a timeout
   * @param wire records the exchange when the stream closes
   * @param cut ends the connection
   * @param socket accepts bytes for the daemon
   */
  constructor(head: Head, what: Sent, kind: string, { connection, record }: Wire, cut: () => void, socket?: Socket) {
    this.status = head.status;
    this.headers = head.headers;
    this.#what = what;
    this.#record = record;
    this.#cut = cut;
    this.#patience = (part) => new AdaptiveTimeout(connection, `${part} of ${kind}`, full);
    this.#socket = socket;
  }

  /** Take bytes that came. */
  take(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    this.#wake();
  }

  /** The daemon has ended its side. */
  finish(): void {
    this.#over = true;
    this.#wake();
  }

  /** All bytes so far. */
  get received(): Buffer {
    return this.#received;
  }

  /** Whether the daemon has ended its side. */
  get over(): boolean {
    return this.#over;
  }

  get #name(): string {
    return `${this.#what.method} ${this.#what.path}`;
  }

  /** @throws Unmet when the head has another status */
  is(...allowed: readonly number[]): this {
    demand(allowed.includes(this.status), `status of ${this.#name}`, allowed.join(' or '), this.status);
    return this;
  }

  /** The first value of a header of the head. */
  header(name: string): string | undefined {
    return headerOf(this, name);
  }

  /** Send bytes to the daemon. */
  write(bytes: string | Buffer): void {
    this.#socket?.write(bytes);
  }

  /** End the client's side; the daemon's stays open. */
  end(): void {
    this.#socket?.end();
  }

  /**
   * Waits until the received bytes satisfy a condition.
   *
   * @throws Unmet if they do not in time, or the daemon ends its side first
   */
  async until(holds: (received: Buffer) => boolean, expected: string): Promise<Buffer> {
    const patience = this.#patience('bytes');
    while (!holds(this.#received)) {
      if (this.#over || (!(await this.#more(patience.step)) && patience.over))
        throw new Unmet(`stream of ${this.#name}`, expected, `${this.#over ? 'ended after ' : ''}${show(this.text)}`);
    }
    return this.#received;
  }

  /** Wait until some text has come. @throws Unmet */
  untilText(text: string): Promise<Buffer> {
    return this.until((received) => received.includes(text), `${JSON.stringify(text)}`);
  }

  /**
   * Wait for the daemon to end its side.
   *
   * @returns all bytes
   * @throws Unmet when it does not in time
   */
  async ended(): Promise<Buffer> {
    const patience = this.#patience('end');
    while (!this.#over)
      if (!(await this.#more(patience.step)) && patience.over)
        throw new Unmet(`stream of ${this.#name}`, 'an end', `still open after ${show(this.text)}`);
    return this.#received;
  }

  /** Whether the daemon still sends nothing and keeps its side open after a while. */
  async quiet(milliseconds: number): Promise<boolean> {
    const before = this.#received.length;
    const limit = performance.now() + milliseconds;
    while (await this.#more(limit - performance.now())) if (this.#over || this.#received.length > before) return false;
    return !this.#over;
  }

  get text(): string {
    return this.#received.toString('utf8');
  }

  /** Waits up to this many milliseconds for the next bytes or the end. */
  async #more(milliseconds: number): Promise<boolean> {
    if (milliseconds <= 0) return false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  /** Closes the connection and records the exchange. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cut();
    const { status, headers } = this;
    this.#record(exchanged(this.#what, { status, headers, body: this.#received }));
  }
}

/** The text of a hijacked connection's head. */
function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { status: Number(first.split(' ')[1] ?? 0), headers };
}

/** Options of a request that takes its connection over. */
export interface Takeover extends Pick<Call, 'query' | 'version'> {
  readonly body?: string;
  /** Whether to send `Upgrade: tcp`. */
  readonly upgrade?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

/**
 * Send a request after which the connection is the stream, as attach and exec do.
 *
 * @throws Unmet when no head comes
 */
export async function hijack(api: Api, path: string, call: Takeover = {}): Promise<Stream> {
  const { wire } = api;
  const { connection, record, version: usual } = wire;
  const version = call.version === undefined ? usual : call.version;
  const target = targetOf(version, path, call.query);
  const method = call.method ?? 'POST';
  const requestHeaders: Record<string, string> = {
    ...(call.upgrade === false ? {} : { Connection: 'Upgrade', Upgrade: 'tcp' }),
    ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...call.headers,
  };
  const body = Buffer.from(call.body ?? '');
  const length = method === 'GET' ? {} : { 'Content-Length': String(body.length) };
  const lines = Object.entries({ Host: 'docker', ...requestHeaders, ...length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const what: Sent = {
    method,
    path: target,
    requestHeaders,
    ...(body.length > 0 ? { requestBody: sentBody(body) } : {}),
    version,
    at: performance.now(),
  };
  const socket = await connection.dial(full);
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    let stream: Stream | undefined;
    const fail = (why: string): void => {
      clearTimeout(timer);
      socket.destroy();
      record(brokenOff(what, why, head));
      reject(new Unmet(`${method} ${target}`, 'the head of an answer', why));
    };
    const patience = new AdaptiveTimeout(what, 'head', full);
    const look = (): NodeJS.Timeout | undefined => {
      if (!patience.over) return setTimeout(() => (timer = look()), patience.step);
      fail(`none after ${full} ms: ${show(head.toString('latin1'))}`);
      return undefined;
    };
    let timer = look();
    socket.on('data', (bytes: Buffer) => {
      if (stream) return stream.take(bytes);
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return undefined;
      clearTimeout(timer);
      const cut = (): void => void socket.destroy();
      stream = new Stream(parseHead(head.toString('latin1', 0, end)), what, kindOf(method, path), wire, cut, socket);
      if (head.length > end + 4) stream.take(head.subarray(end + 4));
      return resolve(stream);
    });
    const over = (): void => {
      if (stream) stream.finish();
      else fail(`the connection ended after ${show(head.toString('latin1'))}`);
    };
    socket.on('end', over);
    socket.on('close', () => stream?.finish());
    socket.on('error', (error) => (stream ? stream.finish() : fail(error.message)));
    socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    if (body.length > 0) socket.write(body);
  });
}

/**
 * Send a request whose answer goes on: logs that are followed, events, statistics, a wait.
 *
 * @throws Unmet when the daemon gives no head
 */
export async function follow(api: Api, method: string, path: string, call: Pick<Call, 'query'> = {}): Promise<Stream> {
  const { wire } = api;
  const { connection, record, version } = wire;
  const target = targetOf(version, path, call.query);
  const what: Sent = { method, path: target, requestHeaders: {}, version, at: performance.now() };
  const cut = new AbortController();
  try {
    const answer = await connection.open({ method, path: target, timeout: full, signal: cut.signal });
    const stream = new Stream(answer, what, kindOf(method, path), wire, () => cut.abort());
    answer.body.on('data', (bytes: Buffer) => stream.take(bytes));
    for (const event of ['end', 'error', 'close']) answer.body.on(event, () => stream.finish());
    return stream;
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    record(brokenOff(what, error.message));
    throw new Unmet(`${method} ${target}`, 'the head of an answer', error.message);
  }
}

/** Output of a multiplexed stream, by stream number. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Take a multiplexed stream apart.
 *
 * @throws Unmet when a frame is none or cut short
 */
export function framed(bytes: Buffer): Output {
  const parts: Record<number, Buffer[]> = { 0: [], 1: [], 2: [] };
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at] ?? -1;
    const zeros = bytes.length >= at + 8 && bytes.readUIntBE(at + 1, 3) === 0;
    const length = zeros ? bytes.readUInt32BE(at + 4) : 0;
    demand(
      zeros && kind <= 2 && bytes.length >= at + 8 + length,
      `frame at byte ${at}`,
      'stream number, three zeros, length, payload',
      bytes.subarray(at, at + 64).toString('latin1'),
    );
    parts[kind]?.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const text = (kind: number): string => Buffer.concat(parts[kind] ?? []).toString('utf8');
  return { stdout: text(1), stderr: text(2) };
}

/** The output of an answer that is a multiplexed stream. */
export function outputOf(answer: Answer): Output {
  return framed(answer.status(200).body);
}

/** Media types of streams. */
export const streamTypes = {
  raw: 'application/vnd.docker.raw-stream',
  multiplexed: 'application/vnd.docker.multiplexed-stream',
} as const;
