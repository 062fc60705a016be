import type { RequestListener, Server } from 'node:http';
import type { Context } from '../engine/context.js';
import { type App, type AppOptions, createApp, type Route } from './app.js';
import type { Faults } from './faults/index.js';
import type { Services } from './grpc/call.js';
import { Http2Front } from './grpc/http2.js';
import { createHttp1Server, type Http1Options } from './http1.js';
import type { Log } from './log.js';
import type { OperationHandlers } from './operation.js';
import { allHandlers, describedRoutes } from './operations/index.js';
import { undescribedRoutes } from './operations/undescribed.js';
import type { Prototype } from './prototype/index.js';

/** Parts of an HTTP service. */
export interface ServiceOptions extends Omit<AppOptions, 'routes' | 'onFault'> {
  readonly log: Log;
  /** Handlers by operationId. Default: those of the server. */
  readonly handlers?: OperationHandlers | undefined;
  /** Operations instead of those of the packaged description, with their handlers. */
  readonly prototype?: Pick<Prototype, 'operations' | 'handler'> | undefined;
}

/** The Engine API over HTTP, not listening yet. */
export interface HttpService extends Pick<App, 'idle' | 'settled'> {
  /** Gets its connections by its `connection` event. */
  readonly http1: Server;
  /** Takes connections that begin with the HTTP/2 preface: the same API, and the content store over gRPC. */
  readonly http2: Http2Front;
  /** Answers one request of any HTTP version. */
  readonly rest: RequestListener;
}

/** The gRPC services of a daemon, made with the first call to it: most runs have none. */
function servicesOf(context: () => Context, faults: Faults | undefined): () => Promise<Services> {
  let of: Context | undefined;
  let services: Promise<Services>;
  return () => {
    const now = context();
    if (of !== now)
      services = import('./grpc/content.js').then(({ contentService }) =>
        contentService(faults?.content(now.store.content) ?? now.store.content),
      );
    of = now;
    return services;
  };
}

function routesOf({ handlers = allHandlers, prototype }: ServiceOptions): readonly Route[] {
  const described =
    prototype?.operations.map((entry) => ({ ...entry, handler: prototype.handler(entry) })) ??
    describedRoutes(handlers);
  return [...undescribedRoutes, ...described];
}

/** Connects the application with its HTTP/1.1 and HTTP/2 servers. */
export function createService(options: ServiceOptions): HttpService {
  const { context, log, access, faults } = options;
  const onFault = (error: unknown, request: string): void =>
    log('error', `${request}: ${error instanceof Error ? error.message : String(error)}`);
  const { listener: rest, idle, settled } = createApp({ ...options, routes: routesOf(options), onFault });
  const http2 = new Http2Front({
    services: servicesOf(context, faults),
    release: () => context().release,
    rest,
    access,
    faults,
    onFault,
  });
  const upgrade: Http1Options['upgrade'] = (request, socket, head) => http2.upgrade(request, socket, head);
  const http1 = createHttp1Server({ handle: rest, upgrade });
  return { http1, http2, rest, idle, settled };
}
