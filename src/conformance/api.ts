import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Connection, headerOf } from '../client/connection.js';
import { AttestdError } from '../support/foundation/errors.js';
import { demand, Shape, show, Unmet } from './expect.js';
import { documents } from './json-stream.js';

/** A request of the suite. */
export interface Call {
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Use a connection of its own: a daemon may answer before it has read a body, whose rest would be the next request. */
  readonly alone?: boolean;
  /** API version in the path; `null` for none; the run's own by default. */
  readonly version?: string | null;
}

/** A request body as reports show it. */
export interface SentBody {
  readonly bytes: number;
  readonly sha256: string;
  /** The body itself, when it is a short text. */
  readonly text?: string;
}

/** Largest request body, in bytes, that reports keep. */
const keptBody = 4096;

/** Summarizes a request body for reports. */
export function sentBody(body: Buffer): SentBody {
  const text = body.length <= keptBody && isUtf8(body) ? body.toString('utf8') : undefined;
  return {
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
    // Control characters mean that the body is binary.
    ...(text !== undefined && !/[^\P{Cc}\n\t\r]/u.test(text) ? { text } : {}),
  };
}

/** One request with its answer, as the report shows it. */
export interface Exchange {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody?: SentBody;
  /** API version in the path, or `null`. */
  readonly version: string | null;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly durationMs: number;
  /** The error that cut the answer short. */
  readonly broken?: string;
}

/** A request on its way. */
export interface Sent extends Pick<Exchange, 'method' | 'path' | 'requestHeaders' | 'requestBody' | 'version'> {
  /** Time of sending, by performance.now(). */
  readonly at: number;
}

/** The exchange of a request with what came of it by now. */
export function exchanged({ at, ...sent }: Sent, answer: Pick<Exchange, 'status' | 'headers' | 'body'>): Exchange {
  return { ...sent, ...answer, durationMs: performance.now() - at };
}

/** The exchange of a request without a complete answer, and why there is none. */
export function brokenOff(sent: Sent, broken: string, body: Buffer = Buffer.alloc(0)): Exchange {
  return { ...exchanged(sent, { status: 0, headers: [], body }), broken };
}

/** Builds the request target: the path below its API version, and the query with every name and value escaped. */
export function targetOf(version: string | null, path: string, query: Call['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    (typeof values === 'string' ? [values] : values).map(
      (value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    ),
  );
  return `${version === null ? '' : `/v${version}`}${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

/** A `filters` parameter of the Engine API. */
export function filters(of: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify(of);
}

/**
 * Milliseconds of silence after which an answer counts as missing. A daemon with many images may need long for disk
 * usage or to look for a driver among its plugins; that is not a fault.
 */
const silence = 120_000;

/** The connection of a run, and the function that records its exchanges. */
export interface Wire {
  readonly connection: Connection;
  readonly version: string | null;
  readonly record: (exchange: Exchange) => void;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds between a request and the same one again. */
const calm = 100;

/**
 * Repeats a request while its answer depends on chance.
 * @param most number of attempts; the last answer counts
 */
export async function again(
  ask: () => Promise<Answer>,
  isByChance: (answer: Answer) => boolean,
  most: number,
): Promise<Answer> {
  for (let asked = 1; ; asked += 1) {
    const answer = await ask();
    if (asked === most || !isByChance(answer)) return answer;
    await pause(calm);
  }
}

/** Number of attempts for a request that another run disturbs. */
const tries = 6;

/** Requests to the daemon under test; each exchange is recorded. */
export class Api {
  readonly #connection: Connection;
  readonly #version: string | null;
  readonly #record: (exchange: Exchange) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #disturbed: (exchange: Exchange) => boolean;

  /**
   * @param connection where the daemon listens
   * @param version API version in the path of each request; `null` for none
   * @param record receives every exchange
   * @param signal aborts running requests
   * @param disturbed reports whether an answer shows concurrent changes by other clients; the request is then repeated
   */
  constructor(
    connection: Connection,
    version: string | null,
    record: (exchange: Exchange) => void,
    signal?: AbortSignal,
    disturbed: (exchange: Exchange) => boolean = () => false,
  ) {
    this.#connection = connection;
    this.#version = version;
    this.#record = record;
    this.#signal = signal;
    this.#disturbed = disturbed;
  }

  /** Access to the connection, for streams. */
  get wire(): Wire {
    return {
      connection: this.#connection,
      version: this.#version,
      record: this.#record,
      signal: this.#signal,
    };
  }

  get(path: string, call?: Call): Promise<Answer> {
    return this.send('GET', path, call);
  }

  post(path: string, call?: Call): Promise<Answer> {
    return this.send('POST', path, call);
  }

  delete(path: string, call?: Call): Promise<Answer> {
    return this.send('DELETE', path, call);
  }

  /**
   * Send a request and read the whole answer.
   *
   * @throws Unmet when the daemon gives no complete answer
   */
  async send(method: string, path: string, call: Call = {}): Promise<Answer> {
    return again(
      () => this.#once(method, path, call),
      ({ exchange }) => this.#disturbed(exchange),
      tries,
    );
  }

  async #once(method: string, path: string, call: Call): Promise<Answer> {
    const version = call.version === undefined ? this.#version : call.version;
    const target = targetOf(version, path, call.query);
    const requestBody = call.body === undefined ? undefined : Buffer.from(call.body);
    const sent: Sent = {
      method,
      path: target,
      requestHeaders: call.headers ?? {},
      version,
      ...(requestBody ? { requestBody: sentBody(requestBody) } : {}),
      at: performance.now(),
    };
    try {
      const { status, headers, body } = await this.#connection.send({
        method,
        path: target,
        timeout: silence,
        ...(call.headers ? { headers: call.headers } : {}),
        ...(requestBody ? { body: requestBody } : {}),
        ...(call.alone ? { alone: true } : {}),
        ...(this.#signal ? { signal: this.#signal } : {}),
      });
      const exchange = exchanged(sent, { status, headers, body });
      this.#record(exchange);
      return new Answer(exchange);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      this.#signal?.throwIfAborted();
      const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
      const broken = `${error.message}${cause}`;
      this.#record(brokenOff(sent, broken));
      throw new Unmet(`${method} ${target}`, 'a complete answer', broken);
    }
  }
}

/** An answer, with what requirements look at. */
export class Answer {
  readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  get #what(): string {
    return `${this.exchange.method} ${this.exchange.path}`;
  }

  get body(): Buffer {
    return this.exchange.body;
  }

  get text(): string {
    return this.exchange.body.toString('utf8');
  }

  /** @throws Unmet when the status is none of these */
  status(...allowed: readonly number[]): this {
    const { status } = this.exchange;
    if (!allowed.includes(status))
      throw new Unmet(`status of ${this.#what}`, allowed.join(' or '), `${status} ${show(this.text)}`);
    return this;
  }

  /** The first value of a header. */
  header(name: string): string | undefined {
    return headerOf(this.exchange, name);
  }

  /** @throws Unmet when the media type of the answer is another */
  mediaType(expected: string): this {
    const actual = this.header('Content-Type');
    demand(
      actual?.split(';')[0]?.trim().toLowerCase() === expected,
      `Content-Type of ${this.#what}`,
      expected,
      actual ?? 'none',
    );
    return this;
  }

  /** @throws Unmet when the body is not JSON */
  json(): Shape {
    try {
      return new Shape(JSON.parse(this.text), this.#what);
    } catch {
      throw new Unmet(`body of ${this.#what}`, 'JSON', show(this.text));
    }
  }

  /**
   * Each JSON document of a stream: one a line where the media type says so, else however they are laid out.
   *
   * @throws Unmet when what should be one is not JSON
   */
  lines(): Shape[] {
    const isByLine = /jsonl|ndjson/.test(this.header('Content-Type') ?? '');
    return documents(this.text.replaceAll('\u001e', '\n'), isByLine).map((part, i) => {
      try {
        return new Shape(JSON.parse(part), `line ${i + 1} of ${this.#what}`);
      } catch {
        throw new Unmet(`line ${i + 1} of ${this.#what}`, 'JSON', show(part));
      }
    });
  }

  /**
   * Demand an error answer: one of these statuses and an object with a message.
   *
   * @returns the message
   * @throws Unmet
   */
  error(...allowed: readonly number[]): string {
    this.status(...allowed).mediaType('application/json');
    const message = this.json().at('message').string();
    demand(message.length > 0, `message of ${this.#what}`, 'a text', message);
    return message;
  }
}
