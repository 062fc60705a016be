import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { Target } from './target.js';

/** How a call ended. */
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
  /** Longest message that is received, in bytes; 4 MiB without it, as in gRPC's own libraries. */
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

/** What an HTTP status means where a proxy or another server answers (gRPC, "HTTP to gRPC Status Code Mapping"). */
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

/** What the reset of a stream means (gRPC over HTTP/2, "Errors"). */
const resetCodes: Readonly<Record<number, number>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: codeOf('UNAVAILABLE'),
  [constants.NGHTTP2_CANCEL]: codeOf('CANCELLED'),
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: codeOf('RESOURCE_EXHAUSTED'),
  [constants.NGHTTP2_INADEQUATE_SECURITY]: codeOf('PERMISSION_DENIED'),
};

/** Bytes before a message: whether it is compressed, and its length. */
const prefix = 5;
/** How much of an answer may be under way before it is read. */
const window = 4 * 1024 * 1024;

/** Ends the reading of an answer. */
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

/** The messages of an answer. */
async function* messagesOf(stream: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let held = 0;
  const refuse = (code: Parameters<typeof codeOf>[0], details: string): never => {
    throw new Broken({ code: codeOf(code), details });
  };
  for await (const piece of stream) {
    pieces.push(piece);
    held += piece.length;
    while (held >= prefix) {
      if ((pieces[0] as Buffer).length < prefix) pieces = [Buffer.concat(pieces)];
      const head = pieces[0] as Buffer;
      const length = head.readUInt32BE(1);
      if (head[0] !== 0) refuse('UNIMPLEMENTED', 'the message is compressed, which was not offered');
      if (length > most) refuse('RESOURCE_EXHAUSTED', `a message of ${length} bytes, more than ${most}`);
      if (held < prefix + length) break;
      const all = pieces.length === 1 ? head : Buffer.concat(pieces);
      yield all.subarray(prefix, prefix + length);
      const rest = all.subarray(prefix + length);
      pieces = rest.length > 0 ? [rest] : [];
      held = rest.length;
    }
  }
  if (held > 0) refuse('INTERNAL', 'the answer ends inside a message');
}

/** The status in trailers, or in headers that are all there is. */
function told(headers: IncomingHttpHeaders | undefined): GrpcStatus | undefined {
  const code = headers?.['grpc-status'];
  if (typeof code !== 'string' || !/^\d+$/.test(code)) return undefined;
  const message = String(headers?.['grpc-message'] ?? '');
  let details = message;
  try {
    details = decodeURIComponent(message);
  } catch {
    // A message that is not percent-encoded is shown as it came.
  }
  return { code: Number(code), details };
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection ended';
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** The connection for gRPC calls to a daemon on its own address: HTTP/2 by prior knowledge, or TLS. Opened when needed. */
export class GrpcConnection {
  readonly #target: Target;
  #session: ClientHttp2Session | undefined;

  /** @param target where the daemon listens */
  constructor(target: Target) {
    this.#target = target;
  }

  /**
   * Make a call with one message. The answer's messages are read as they are taken; whoever stops taking them ends the call.
   *
   * @param path `/service/method`
   * @returns the messages, and in the end the status; failures of the connection are statuses too, never thrown
   */
  async *call(path: string, message: Buffer, options: CallOptions = {}): AsyncGenerator<Buffer, GrpcStatus> {
    const { metadata, timeout, maximumMessage = 4 * 1024 * 1024 } = options;
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
    try {
      stream.end(frame(message));
      yield* messagesOf(stream, maximumMessage);
      isRead = true;
    } catch (error) {
      // The stream's own error may only follow from it.
      failure = error instanceof Broken ? error : (failure ?? error);
    } finally {
      clearTimeout(timer);
      if (!isRead) stream.close(constants.NGHTTP2_CANCEL);
    }
    await ended;
    if (isLate) return { code: codeOf('DEADLINE_EXCEEDED'), details: `no answer within ${timeout} ms` };
    if (failure instanceof Broken) return failure.status;
    // A session that is gone has reset its streams, too.
    const reset = session.destroyed ? constants.NGHTTP2_NO_ERROR : (stream.rstCode ?? constants.NGHTTP2_NO_ERROR);
    return verdict(reset, head, trailers, failure);
  }

  /** Close the connection; calls that are under way end. */
  close(): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = open(this.#target);
      // Whoever waits for an answer hears of it.
      this.#session.on('error', () => undefined);
      this.#session.once('connect', (session) => session.setLocalWindowSize(window));
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
  const status = told(trailers) ?? told(head);
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
  const settings = { initialWindowSize: window, enablePush: false };
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
