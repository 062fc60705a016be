import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { admitTask } from '../support/foundation/scheduler.js';
import { renderJson } from '../support/go/json/render.js';
import { InFlightCounter } from './in-flight.js';
import { leaveOutKeepAlive } from './keep-alive.js';
import { isRead, isWait } from './persist-before-reply.js';
import { responseBuffers } from './response-buffer-budget.js';
import type { CachedResponse, ResponseCache } from './response-cache.js';

/** A request and its answer, once the answer is through or the client has gone. */
export interface RequestRecord {
  readonly method: string;
  /** The request target, its query included. */
  readonly target: string;
  /** Absent where no operation was found. */
  readonly operationId: string | undefined;
  /** The API version that the request spoke; absent where it was refused before that was known. */
  readonly apiVersion: string | undefined;
  readonly status: number;
  /** Milliseconds from the request's head to the answer's end. */
  readonly ms: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  /** The client's address and what it calls itself; empty where it is not known. */
  readonly client: string;
  readonly agent: string;
  /** Whether the answer was kept from an earlier request. */
  readonly cached: boolean;
  /** Whether the connection ended before the answer did. */
  readonly aborted: boolean;
}

/** What is found out about an exchange while it is answered. */
interface Exchange {
  /** The store's generation when the request came. */
  readonly generation: number;
  operationId: string | undefined;
  apiVersion: string | undefined;
  /** Called once it changes nothing that is kept any more; undefined where it never does. */
  readonly changed: (() => void) | undefined;
}

/** What exchanges need. */
export interface RequestLifecycleOptions {
  readonly cache: ResponseCache;
  /** Answers a request that no kept answer fits. */
  readonly answer: RequestListener;
  /** Whether answers may be kept now, and kept ones given. */
  readonly keeps?: () => boolean;
  /** Sees each request before it is answered. */
  readonly observe?: RequestListener | undefined;
  /** Says why a request is refused, if it is. */
  readonly access?: ((request: IncomingMessage) => string | undefined) | undefined;
  /** Gets a record of each exchange; without it none is made, and a warm read costs nothing more. */
  readonly watch?: ((record: RequestRecord) => void) | undefined;
}

/** The one place where a request is seen, looked up, answered, kept and recorded, whatever its version of HTTP. */
export class RequestLifecycle {
  private readonly open = new WeakMap<IncomingMessage, Exchange>();
  private readonly underWay = new InFlightCounter();
  private readonly changing = new InFlightCounter();

  constructor(private readonly options: RequestLifecycleOptions) {}

  /** Answer a request. */
  readonly handle: RequestListener = (request, response) => {
    const { cache, answer, observe, watch, access } = this.options;
    // Each part that has to do with a response looks for its end; a stream takes several listeners by itself.
    response.setMaxListeners(32);
    observe?.(request, response);
    const reason = access?.(request);
    if (reason !== undefined) {
      if (watch !== undefined) record(request, response, () => nothingKnown, false, watch);
      refuse(response, reason);
      return;
    }
    const keeps = request.method === 'GET' && request.httpVersion === '1.1' && this.options.keeps?.() !== false;
    const kept = keeps ? cache.get(request.url ?? '') : undefined;
    if (kept !== undefined) {
      if (watch !== undefined) record(request, response, () => kept, true, watch);
      sendKept(request, response, kept);
      return;
    }
    const changed = isRead(request.method) ? undefined : this.changing.begin();
    const exchange = { generation: cache.generation(), operationId: undefined, apiVersion: undefined, changed };
    this.open.set(request, exchange);
    // Whoever watches, streams or measures an answer listens for its end; the number is bounded, so it is no leak.
    response.setMaxListeners(32).once('close', this.underWay.begin());
    if (changed !== undefined) response.once('close', changed);
    if (watch !== undefined) record(request, response, () => exchange, false, watch);
    const begin = (): void => {
      // Of one who has gone meanwhile nothing is begun.
      if (!response.destroyed) answer(request, response);
    };
    admitTask(connectionOf(request), begin, kindOf(request));
  };

  /** Resolves once no answer is under way. */
  idle(): Promise<void> {
    return this.underWay.idle();
  }

  /** Resolves once nothing is under way that may change what is kept. */
  settled(): Promise<void> {
    return this.changing.idle();
  }

  /** Note that a request becomes a stream of bytes: what it changed until then is kept. */
  hijacked(request: IncomingMessage): void {
    this.open.get(request)?.changed?.();
  }

  /** Note which operation a request turned out to be for. */
  located(request: IncomingMessage, operationId: string, apiVersion: string): void {
    const exchange = this.open.get(request);
    if (exchange === undefined) return;
    exchange.operationId = operationId;
    exchange.apiVersion = apiVersion;
    if (isWait(operationId)) exchange.changed?.();
  }

  /** Keep the answer to a GET for the next request to the same URL, for as long as the store stays as it was. */
  keep(request: IncomingMessage, response: Pick<CachedResponse, 'status' | 'headers' | 'body'>): void {
    const { operationId, apiVersion, generation } = this.open.get(request) ?? {};
    if (
      this.options.keeps?.() === false ||
      request.method !== 'GET' ||
      operationId === undefined ||
      apiVersion === undefined
    )
      return;
    this.options.cache.put(request.url ?? '', { ...response, operationId, apiVersion }, generation as number);
  }
}

/** Characters of a question up to which it is soon understood. */
const longestQuestion = 16 * 1024;

/** Which line a request waits in: whether it is a ping, which nothing has to be looked up for, or asks for something in few words. */
function kindOf({ method = '', url = '' }: IncomingMessage): 'ping' | 'question' | 'other' {
  if (!isRead(method) || url.length > longestQuestion) return 'other';
  return /^(?:\/v[\d.]+)?\/_ping(?:\?|$)/.test(url) ? 'ping' : 'question';
}

/** What stands for a request's connection; over HTTP/2 each has a socket of its own. */
function connectionOf(request: IncomingMessage | Http2ServerRequest): object {
  return ('stream' in request ? request.stream.session : undefined) ?? request.socket;
}

const nothingKnown = { operationId: undefined, apiVersion: undefined };

function refuse(response: ServerResponse, message: string): void {
  const body = renderJson({ message });
  response.writeHead(403, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
}

function sendKept(request: IncomingMessage, response: ServerResponse, { status, headers, body }: CachedResponse): void {
  leaveOutKeepAlive(request, response);
  response.writeHead(status, headers as string[]);
  responseBuffers.hold(response, body);
  response.end(body);
}

/** Make the record of an exchange when it is over. */
function record(
  request: IncomingMessage,
  response: ServerResponse,
  known: () => Pick<Exchange, 'operationId' | 'apiVersion'>,
  cached: boolean,
  watch: (record: RequestRecord) => void,
): void {
  const began = performance.now();
  // Both are unknown once the connection is gone.
  const client = request.socket?.remoteAddress ?? '';
  const count = countBytes(response);
  response.once('close', () => {
    const { operationId, apiVersion } = known();
    watch({
      method: request.method ?? '',
      target: request.url ?? '',
      operationId,
      apiVersion,
      status: response.statusCode,
      ms: performance.now() - began,
      bytes: count(),
      client,
      agent: request.headers['user-agent'] ?? '',
      cached,
      aborted: !response.writableFinished,
    });
  });
}

/** Count what is written to an answer's body. */
function countBytes(response: ServerResponse): () => number {
  let bytes = 0;
  const counted = <Act extends 'write' | 'end'>(name: Act): ServerResponse[Act] => {
    const act = response[name] as (...args: unknown[]) => unknown;
    const counting = (...args: unknown[]): unknown => {
      const [chunk, encoding] = args;
      if (typeof chunk === 'string') bytes += Buffer.byteLength(chunk, encoding as BufferEncoding | undefined);
      else if (chunk instanceof Uint8Array) bytes += chunk.length;
      return act.apply(response, args);
    };
    return counting as ServerResponse[Act];
  };
  response.write = counted('write');
  response.end = counted('end');
  return () => bytes;
}
