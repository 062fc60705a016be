import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { maxMessageBytes, silenceTimeoutMs, streamWindowBytes } from './limits.js';
import type { Target } from './target.js';

/** Final status of a call. */
export interface GrpcStatus {
  /** gRPC status code (google.rpc.Code); 0 is success. */
  readonly code: number;
  readonly details: string;
}

/** Options of one call. */
export interface CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Milliseconds after which the call ends with DEADLINE_EXCEEDED. */
  readonly timeout?: number;
  /** Longest silence of the server, in milliseconds. Default: 60 s. */
  readonly silence?: number;
  /** Longest message that is received, in bytes. Default: 4 MiB, as in gRPC's own libraries. */
  readonly maximumMessage?: number;
}

/** Names of gRPC's status codes, by code. */
export const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

const codeOf = (name: (typeof statusNames)[number]): number => statusNames.indexOf(name);

/** gRPC codes by HTTP status, for answers of a proxy (gRPC, "HTTP to gRPC Status Code Mapping"). */
const httpCodes: Readonly<Record<number, number>> = {
  400: codeOf('INTERNAL'),
  401: codeOf('UNAUTHENTICATED'),
  403: codeOf('PERMISSION_DENIED'),
  404: codeOf('UNIMPLEMENTED'),
  429: codeOf('UNAVAILABLE'),
  502: codeOf('UNAVAILABLE'),
  503: codeOf('UNAVAILABLE'),
  504: codeOf('UNAVAILABLE'),
};

/** gRPC codes by HTTP/2 error code of a stream reset (gRPC over HTTP/2, "Errors"). */
const resetCodes: Readonly<Record<number, number>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: codeOf('UNAVAILABLE'),
  [constants.NGHTTP2_CANCEL]: codeOf('CANCELLED'),
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: codeOf('RESOURCE_EXHAUSTED'),
  [constants.NGHTTP2_INADEQUATE_SECURITY]: codeOf('PERMISSION_DENIED'),
};

/** Bytes of a message's prefix: compression flag and length. */
const prefix = 5;

/** Stops reading an answer. */
class Broken extends Error {
  constructor(readonly status: GrpcStatus) {
    super(status.details);
  }
}

function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(prefix);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Yields the messages of an answer. */
async function* messagesOf(stream: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let buffered = 0;
  const refuse = (code: Parameters<typeof codeOf>[0], details: string): never => {
    throw new Broken({ code: codeOf(code), details });
  };
  for await (const piece of stream) {
    pieces.push(piece);
    buffered += piece.length;
    while (buffered >= prefix) {
      if ((pieces[0] as Buffer).length < prefix) pieces = [Buffer.concat(pieces)];
      const head = pieces[0] as Buffer;
      const length = head.readUInt32BE(1);
      if (head[0] !== 0) refuse('UNIMPLEMENTED', 'the message is compressed, which was not offered');
      if (length > maxBytes) refuse('RESOURCE_EXHAUSTED', `a message of ${length} bytes, more than ${maxBytes}`);
      if (buffered < prefix + length) break;
      const all = pieces.length === 1 ? head : Buffer.concat(pieces);
      yield all.subarray(prefix, prefix + length);
      const rest = all.subarray(prefix + length);
      pieces = rest.length > 0 ? [rest] : [];
      buffered = rest.length;
    }
  }
  if (buffered > 0) refuse('INTERNAL', 'the answer ends inside a message');
}

/** Reads the status from trailers, or from the headers of a trailers-only answer. */
function statusOf(headers: IncomingHttpHeaders | undefined): GrpcStatus | undefined {
  const code = headers?.['grpc-status'];
  if (typeof code !== 'string' || !/^\d+$/.test(code)) return undefined;
  const message = String(headers?.['grpc-message'] ?? '');
  let details = message;
  try {
    details = decodeURIComponent(message);
  } catch {
    // Not percent-encoded: keep the message as received.
  }
  return { code: Number(code), details };
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection ended';
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** A gRPC connection to a daemon: HTTP/2 with prior knowledge, or over TLS. Opened by the first call. */
export class GrpcConnection {
  readonly #target: Target;
  #session: ClientHttp2Session | undefined;

  /** @param target address of the daemon */
  constructor(target: Target) {
    this.#target = target;
  }

  /**
   * Calls a method with one message. The answer's messages are read on demand. Returning from the generator cancels the call.
   *
   * @param path `/service/method`
   * @returns yields the messages and returns the status. Connection failures are statuses, too; nothing is thrown.
   */
  async *call(path: string, message: Buffer, options: CallOptions = {}): AsyncGenerator<Buffer, GrpcStatus> {
    const { metadata, timeout, silence = silenceTimeoutMs, maximumMessage = maxMessageBytes } = options;
    let head: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders | undefined;
    let failure: unknown;
    let isLate = false;
    let isRead = false;
    const session = this.#open();
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      te: 'trailers',
      'content-type': 'application/grpc',
      'user-agent': 'attestd',
      ...(timeout !== undefined && { 'grpc-timeout': `${timeout}m` }),
      ...metadata,
    });
    stream.on('response', (headers) => {
      head = headers;
    });
    stream.on('trailers', (headers) => {
      trailers = headers;
    });
    stream.on('error', (error) => {
      failure ??= error;
    });
    const ended = new Promise<void>((resolve) => stream.once('close', resolve));
    const late = (): void => {
      isLate = true;
      stream.close(constants.NGHTTP2_CANCEL);
    };
    const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
    stream.setTimeout(silence, late);
    try {
      stream.end(frame(message));
      yield* messagesOf(stream, maximumMessage);
      isRead = true;
    } catch (error) {
      // A broken message is the cause of a later stream error.
      failure = error instanceof Broken ? error : (failure ?? error);
    } finally {
      clearTimeout(timer);
      if (!isRead) stream.close(constants.NGHTTP2_CANCEL);
    }
    await ended;
    if (isLate) return { code: codeOf('DEADLINE_EXCEEDED'), details: `no answer within ${timeout ?? silence} ms` };
    if (failure instanceof Broken) return failure.status;
    // Destroying the session resets its streams: not a reset by the daemon.
    const reset = session.destroyed ? constants.NGHTTP2_NO_ERROR : (stream.rstCode ?? constants.NGHTTP2_NO_ERROR);
    return verdict(reset, head, trailers, failure);
  }

  /** Closes the connection and ends its calls. */
  close(): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = open(this.#target);
      // The calls of the session report the error.
      this.#session.on('error', () => undefined);
      this.#session.once('connect', (session) => session.setLocalWindowSize(streamWindowBytes));
    }
    return this.#session;
  }
}

function verdict(
  reset: number,
  head: IncomingHttpHeaders | undefined,
  trailers: IncomingHttpHeaders | undefined,
  failure: unknown,
): GrpcStatus {
  const status = statusOf(trailers) ?? statusOf(head);
  if (status !== undefined) return status;
  const http = Number(head?.[':status'] ?? 0);
  if (http !== 0 && http !== 200)
    return { code: httpCodes[http] ?? codeOf('UNKNOWN'), details: `HTTP status ${http} instead of a gRPC answer` };
  if (reset !== constants.NGHTTP2_NO_ERROR)
    return {
      code: resetCodes[reset] ?? codeOf('INTERNAL'),
      details: `the stream was reset: ${reset}`,
    };
  if (head === undefined || failure !== undefined) return { code: codeOf('UNAVAILABLE'), details: explain(failure) };
  return { code: codeOf('UNKNOWN'), details: 'an answer without a status' };
}

function open(target: Target): ClientHttp2Session {
  const settings = { initialWindowSize: streamWindowBytes, enablePush: false };
  if (target.kind === 'unix')
    return connect('http://localhost', { settings, createConnection: () => connectSocket(target.path) });
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const { tls } = target;
  if (tls === undefined) return connect(`http://${host}:${target.port}`, { settings });
  return connect(`https://${host}:${target.port}`, {
    settings,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    rejectUnauthorized: tls.verify,
  });
}
