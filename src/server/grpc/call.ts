import type { IncomingHttpHeaders, ServerHttp2Stream, ServerStreamResponseOptions } from 'node:http2';
import { quote } from '../../support/go/quote.js';
import { encodingOf, type Message, readMessages, writeMessage } from './frames.js';
import { encodeStatusMessage, type GrpcCode, GrpcStatusError, grpcCodes } from './status.js';

/** What a method sees of its call. */
export interface CallContext {
  /** Aborts when the client cancels, its deadline passes or the connection breaks. */
  readonly signal: AbortSignal;
  /** Whether what is sent is compressed. */
  readonly compressed: boolean;
  /** What stands for the client's connection. */
  readonly connection: object;
}

/** A method: messages in, messages out, each as its encoded bytes. */
export type Method = (requests: AsyncGenerator<Buffer>, context: CallContext) => AsyncIterable<Message>;

/** Services by their full name, each with its methods. */
export type Services = Readonly<Record<string, Readonly<Record<string, Method>>>>;

const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** Longest delay that a timer takes. */
const longest = 2 ** 31 - 1;

/** Milliseconds of a `grpc-timeout`, or the text that refuses it. */
function parseTimeout(header: string): { ms: number } | { fault: string } {
  if (header.length < 2) return { fault: `transport: timeout string is too short: ${quote(header)}` };
  if (header.length > 9) return { fault: `transport: timeout string is too long: ${quote(header)}` };
  const unit = Object.hasOwn(units, header.slice(-1)) ? units[header.slice(-1)] : undefined;
  if (unit === undefined) return { fault: `transport: timeout unit is not recognized: ${quote(header)}` };
  const digits = header.slice(0, -1);
  if (!/^\d+$/.test(digits)) return { fault: `strconv.ParseUint: parsing ${quote(digits)}: invalid syntax` };
  return { ms: Number(digits) * unit };
}

/** Refuse requests that are not gRPC, as an HTTP answer (docs/reference/behavior/content-service.md#connections). */
export function refusePlainly(
  stream: ServerHttp2Stream,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  const body = Buffer.from(`${text}\n`);
  stream.respond({
    ':status': status,
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-length': String(body.length),
  });
  stream.end(body);
}

/** Whether a request is the gRPC server's: by its content type alone, as in the daemon. */
export function isGrpc(headers: IncomingHttpHeaders): boolean {
  return (headers['content-type'] ?? '').startsWith('application/grpc');
}

function locate(services: Services, path: string): Method | string {
  const slash = path.lastIndexOf('/');
  if (!path.startsWith('/') || slash === 0) return `malformed method name: ${quote(path)}`;
  const [serviceName, methodName] = [path.slice(1, slash), path.slice(slash + 1)];
  const service = Object.hasOwn(services, serviceName) ? services[serviceName] : undefined;
  if (!service) return `unknown service ${serviceName}`;
  const method = Object.hasOwn(service, methodName) ? service[methodName] : undefined;
  return method ?? `unknown method ${methodName} for service ${serviceName}`;
}

/**
 * Answer one request of a gRPC client. Nothing that the request holds makes it throw; the call's status reports what
 * was wrong.
 *
 * @param onFault receives errors that no method should have thrown
 */
export async function serveCall(
  services: Services,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  onFault: (error: unknown, request: string) => void,
): Promise<void> {
  const method = String(headers[':method']);
  const contentType = headers['content-type'] ?? '';
  if (method !== 'POST')
    return refusePlainly(stream, 405, `invalid gRPC request method ${quote(method)}`, { allow: 'POST' });
  if (!/^application\/grpc(?:[+;].*)?$/.test(contentType))
    return refusePlainly(stream, 415, `invalid gRPC request content-type ${quote(contentType)}`);
  const timeoutHeader = headers['grpc-timeout'];
  const timeout = timeoutHeader === undefined ? undefined : parseTimeout(String(timeoutHeader));
  if (timeout && 'fault' in timeout) return refusePlainly(stream, 400, `malformed grpc-timeout: ${timeout.fault}`);
  const encodingName = headers['grpc-encoding'] === undefined ? undefined : String(headers['grpc-encoding']);
  const call = new Call(stream, contentType, encodingName, timeout?.ms);
  const path = String(headers[':path']);
  const found = locate(services, path);
  if (typeof found === 'string') return call.finish('Unimplemented', found);
  if (encodingOf(encodingName) === 'unknown')
    return call.finish('Unimplemented', `grpc: Decompressor is not installed for grpc-encoding "${encodingName}"`);
  try {
    for await (const message of found(readMessages(stream, encodingName), call)) {
      if (call.over) return;
      await call.send(message);
    }
    call.finish('OK', '');
  } catch (error) {
    if (error instanceof GrpcStatusError) return call.finish(error.code, error.message);
    if (!call.over && !stream.destroyed) onFault(error, `POST ${path}`);
    call.finish('Unknown', error instanceof Error ? error.message : String(error));
  }
}

/** Answer a call with a status alone. */
export function endCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  code: GrpcCode,
  message: string,
): void {
  new Call(stream, headers['content-type'] ?? 'application/grpc', undefined).finish(code, message);
}

/** The daemon dates no answer of a call; the types do not know the option. */
const responseOptions: ServerStreamResponseOptions & { sendDate: boolean } = { waitForTrailers: true, sendDate: false };

/** The answering side of a call. */
class Call implements CallContext {
  readonly #stream: ServerHttp2Stream;
  readonly #head: Record<string, string | number>;
  readonly compressed: boolean;
  readonly #aborter = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  /** Whether the status is sent, or nobody is there to get it. */
  over = false;

  constructor(stream: ServerHttp2Stream, contentType: string, encodingName: string | undefined, timeout?: number) {
    this.#stream = stream;
    this.compressed = encodingOf(encodingName) === 'gzip';
    this.#head = {
      ':status': 200,
      'content-type': contentType,
      ...(this.compressed ? { 'grpc-encoding': 'gzip' } : {}),
      trailer: 'Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin',
    };
    stream.once('close', () => this.#end());
    if (timeout === undefined) return;
    const expire = (): void => this.finish('DeadlineExceeded', 'context deadline exceeded');
    if (timeout < 1) expire();
    else this.#timer = setTimeout(expire, Math.min(timeout, longest));
  }

  get connection(): object {
    return this.#stream.session ?? this.#stream;
  }

  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  #end(): void {
    this.over = true;
    clearTimeout(this.#timer);
    this.#aborter.abort();
  }

  #open(): void {
    if (!this.#stream.headersSent) this.#stream.respond(this.#head, responseOptions);
  }

  async send(message: Message): Promise<void> {
    this.#open();
    await writeMessage(this.#stream, message, this.compressed);
  }

  /** Send the status; the first one counts. */
  finish(code: GrpcCode, message: string): void {
    if (this.over) return;
    this.#end();
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    stream.once('wantTrailers', () =>
      stream.sendTrailers({
        'grpc-status': String(grpcCodes[code]),
        ...(message === '' ? {} : { 'grpc-message': encodeStatusMessage(message) }),
      }),
    );
    this.#open();
    stream.end();
    // What the client still sends is of no interest, and must not hold the stream open.
    stream.resume();
  }
}
