/** Responses that stay right until the daemon's state changes, and the short way for requests that one of them answers. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Context } from '../engine/context.js';
import { cacheSize } from '../oci/cache-size.js';
import type { AccessRule } from './access.js';
import type { RequestContext } from './app.js';
import { leaveOutKeepAlive } from './keep-alive.js';
import { type RequestRecord, recordResponse } from './request-record.js';
import { responseBuffers } from './response-buffer-budget.js';

/** A response as it was sent, for the next request to the same URL. */
export interface CachedResponse {
  readonly operationId: string;
  readonly apiVersion: string;
  readonly status: number;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Largest body that is kept, in bytes. */
const largestBody = 4 * 1024 * 1024;
/** Bytes that an entry takes besides its body: key, headers, bookkeeping. */
const overhead = 512;

/** Changes with everything that kept responses depend on: images, their origin, the containers counted with them, the swarm. */
export function generationOf({ store, containers, lineage, swarm }: Context): number {
  return store.generation + containers.generation + lineage.generation + swarm.generation;
}

/** Rendered responses by URL, valid until the generation changes (docs/explanation/architecture.md#the-store). */
export class ResponseCache {
  private readonly responses = new LRUCache<string, CachedResponse>({
    maxSize: cacheSize('answers'),
    maxEntrySize: largestBody + 64 * 1024,
    sizeCalculation: ({ body }, url) => body.length + url.length + overhead,
  });
  private seen: number;

  /** @param generation returns the current generation */
  constructor(readonly generation: () => number) {
    this.seen = generation();
  }

  get(url: string): CachedResponse | undefined {
    this.refresh();
    return this.responses.get(url);
  }

  /**
   * Keeps a response, unless the generation has changed since or the response is too big.
   *
   * @param made the generation before the response was made
   */
  put(url: string, response: CachedResponse, made: number): void {
    this.refresh();
    if (made === this.seen && response.body.length <= largestBody) this.responses.set(url, response);
  }

  private refresh(): void {
    const now = this.generation();
    if (now === this.seen) return;
    this.seen = now;
    this.responses.clear();
  }
}

/** Parts of the short way. */
export interface KeptOptions {
  readonly cache: ResponseCache;
  /** Whether responses may be kept now, and kept ones sent. */
  readonly keeps: () => boolean;
  readonly observe?: RequestListener | undefined;
  readonly access?: AccessRule | undefined;
  readonly watch?: ((record: RequestRecord) => void) | undefined;
  /** Answers everything else. */
  readonly next: RequestListener;
}

/**
 * Answers GET requests from the cache, and hands all others to koa.
 *
 * This stands before koa because a kept response needs none of koa's steps, which take longer than all the rest of a warm
 * read (`make bench`, group reads: kept, and made each time).
 */
export function serveKept({ cache, keeps, observe, access, watch, next }: KeptOptions): RequestListener {
  return (request, response) => {
    // Whatever observes, streams or measures a response listens for its end; the number is bounded, so there is no leak.
    response.setMaxListeners(32);
    observe?.(request, response);
    const isKeepable = request.method === 'GET' && request.httpVersion === '1.1' && keeps();
    const kept = isKeepable && access?.(request) === undefined ? cache.get(request.url ?? '') : undefined;
    if (kept === undefined) return next(request, response);
    if (watch) recordResponse(request, response, () => kept, true, watch);
    sendKept(request, response, kept);
  };
}

function sendKept(request: IncomingMessage, response: ServerResponse, { status, headers, body }: CachedResponse): void {
  leaveOutKeepAlive(request, response);
  response.writeHead(status, headers as string[]);
  responseBuffers.hold(response, body);
  response.end(body);
}

/** The response as the cache keeps it; undefined unless it is the whole response to a GET request. */
export function keepable({ req, response, body, status, state }: RequestContext): CachedResponse | undefined {
  const { operationId, apiVersion } = state;
  if (req.method !== 'GET' || operationId === undefined || apiVersion === undefined || !Buffer.isBuffer(body))
    return undefined;
  const headers = Object.entries(response.headers).flatMap(([name, value]) => [canonical(name), String(value)]);
  return { operationId, apiVersion, status, headers, body };
}

/** A header name with its words capitalized, as it was set. */
function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
