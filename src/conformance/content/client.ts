import { GrpcConnection, statusNames } from '../../client/grpc.js';
import type { Target } from '../../client/target.js';
import type { Exchange } from '../api.js';
import { demand } from '../expect.js';
import { bytes, decode, encode, type Field, integer, text } from './wire.js';

const service = '/containerd.services.content.v1.Content';

/** Details of a call that did not reach a gRPC server. */
const unreached: readonly string[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED'];

/** Outcome of a call. */
export interface Ended {
  /** Name of the gRPC status, e.g. `OK` or `NOT_FOUND`. */
  readonly status: string;
  readonly details: string;
}

/** A blob's entry in the content store. */
export interface BlobInfo {
  readonly digest: string;
  readonly size: number;
  readonly labels: readonly string[];
  /** Seconds since the epoch; zero when the answer has none. */
  readonly createdAt: number;
}

/** One message of a Read. */
export interface Part {
  readonly offset: number;
  readonly data: Buffer;
}

function blobInfo(fields: Map<number, Field[]>): BlobInfo {
  return {
    digest: text(fields, 1),
    size: integer(fields, 2),
    createdAt: integer(decode(bytes(fields, 3)), 1),
    labels: (fields.get(5) ?? []).map((entry) => (Buffer.isBuffer(entry) ? text(decode(entry), 1) : '')),
  };
}

/** The read-only content service of a daemon, on the daemon's own address; each call is recorded. */
export class ContentClient {
  readonly #connection: GrpcConnection;
  readonly #record: (exchange: Exchange) => void;
  #first: Promise<Ended> | undefined;

  private constructor(connection: GrpcConnection, record: (exchange: Exchange) => void) {
    this.#connection = connection;
    this.#record = record;
  }

  /** Connect by HTTP/2 prior knowledge, or TLS. The first call finds out whether the daemon answers. */
  static async connect(target: Target, record: (exchange: Exchange) => void): Promise<ContentClient> {
    return new ContentClient(new GrpcConnection(target), record);
  }

  /**
   * Checks once that the service gives any gRPC answer.
   * @throws Unmet if there is no gRPC answer
   */
  async reached(): Promise<void> {
    this.#first ??= this.info(`sha256:${'0'.repeat(64)}`);
    const { status, details } = await this.#first;
    demand(!unreached.includes(status), 'gRPC on the address of the daemon', 'an answer', `${status} ${details}`);
  }

  close(): void {
    this.#connection.close();
  }

  /** Send one message and collect the answer's messages. */
  async call(
    method: string,
    request: Buffer,
    options: { metadata?: Record<string, string>; service?: string } = {},
  ): Promise<Ended & { readonly messages: readonly Buffer[] }> {
    const path = `${options.service ?? service}/${method}`;
    const started = performance.now();
    const messages: Buffer[] = [];
    const { metadata = {} } = options;
    const call = this.#connection.call(path, request, {
      metadata,
      timeout: 20_000,
      maximumMessage: Number.MAX_SAFE_INTEGER,
    });
    let step = await call.next();
    for (; step.done !== true; step = await call.next()) messages.push(step.value);
    const { code, details } = step.value;
    const ended: Ended = { status: statusNames[code] ?? String(code), details };
    const total = messages.reduce((sum, message) => sum + message.length, 0);
    this.#record({
      method: 'gRPC',
      path,
      requestHeaders: { ...options.metadata, message: request.toString('hex').slice(0, 400) },
      version: null,
      status: 200,
      headers: [
        ['grpc-status', ended.status],
        ['grpc-message', ended.details],
      ],
      body: Buffer.from(`${messages.length} messages, ${total} bytes`),
      durationMs: performance.now() - started,
    });
    return { ...ended, messages };
  }

  async info(
    digest: string,
    metadata?: Record<string, string>,
  ): Promise<Ended & { readonly info: BlobInfo | undefined }> {
    const { messages, ...ended } = await this.call('Info', encode([[1, digest]]), metadata ? { metadata } : {});
    const [message] = messages;
    return { ...ended, info: message && blobInfo(decode(bytes(decode(message), 1))) };
  }

  async read(
    digest: string,
    range: { offset?: number; size?: number } = {},
  ): Promise<Ended & { readonly parts: readonly Part[]; readonly data: Buffer }> {
    const fields: [number, string | number][] = [[1, digest]];
    if (range.offset !== undefined) fields.push([2, range.offset]);
    if (range.size !== undefined) fields.push([3, range.size]);
    const { messages, ...ended } = await this.call('Read', encode(fields));
    const parts = messages.map((message) => {
      const part = decode(message);
      return { offset: integer(part, 1), data: bytes(part, 2) };
    });
    return { ...ended, parts, data: Buffer.concat(parts.map(({ data }) => data)) };
  }

  async list(
    filters: readonly string[] = [],
  ): Promise<Ended & { readonly blobs: readonly BlobInfo[]; readonly sizes: readonly number[] }> {
    const { messages, ...ended } = await this.call('List', encode(filters.map((filter) => [1, filter] as const)));
    const pages = messages.map((message) =>
      (decode(message).get(1) ?? []).flatMap((entry) => (Buffer.isBuffer(entry) ? [blobInfo(decode(entry))] : [])),
    );
    return { ...ended, blobs: pages.flat(), sizes: pages.map((page) => page.length) };
  }
}
