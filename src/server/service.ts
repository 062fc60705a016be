import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Context } from '../engine/context.js';
import { operations } from '../generated/operations.js';
import { AnswerCache } from './cache.js';
import { answerFromDescription } from './fallback.js';
import type { Services } from './grpc/call.js';
import { Http2Front } from './grpc/http2.js';
import { createHttp1Server, type Http1Options } from './http1.js';
import type { Log } from './log.js';
import type { OperationHandler, OperationHandlers } from './operation.js';
import { handlers as container } from './operations/container.js';
import { handlers as distribution } from './operations/distribution.js';
import { handlers as image } from './operations/image.js';
import { handlers as system } from './operations/system.js';
import { grpcOperation, handlers as upgrade } from './operations/upgrade.js';
import { handlers as volume } from './operations/volume.js';
import { createPipeline } from './pipeline.js';
import { Router } from './router.js';
import { checkStrictly } from './strict.js';

const allHandlers: OperationHandlers = { ...container, ...distribution, ...image, ...system, ...upgrade, ...volume };

/** What an HTTP service is made of. */
export interface ServiceOptions {
  /** The daemon's state; read anew with each request, so that another can take its place. */
  readonly context: () => Context;
  /** Answer 400 to what the description forbids. */
  readonly strict: boolean;
  readonly log: Log;
  /** By operationId; all that the server has without it. */
  readonly handlers?: OperationHandlers | undefined;
  /** Sees each request that is no gRPC call before it is answered. */
  readonly observe?: RequestListener;
}

/** The Engine API over HTTP, not listening yet. */
export interface HttpService {
  /** Gets its connections by its `connection` event. */
  readonly http1: Server;
  /** Takes connections that begin with the HTTP/2 preface: the same API, and the content store over gRPC. */
  readonly http2: Http2Front;
  /** Answers one request, of whatever version of HTTP. */
  readonly rest: RequestListener;
}

function handlerOf(handlers: OperationHandlers, operationId: string): OperationHandler {
  return Object.hasOwn(handlers, operationId) ? (handlers[operationId] as OperationHandler) : answerFromDescription;
}

/** The gRPC services of a daemon, made with the first call to it: most runs have none. */
function servicesOf(context: () => Context): () => Promise<Services> {
  let of: Context | undefined;
  let services: Promise<Services>;
  return () => {
    const now = context();
    if (of !== now)
      services = import('./grpc/content.js').then(({ contentService }) => contentService(now.store.content));
    of = now;
    return services;
  };
}

/** Put router, handlers and engine together. */
export function createService(options: ServiceOptions): HttpService {
  const { context, log, handlers = allHandlers, observe = () => undefined } = options;
  const cache = new AnswerCache(() => context().store.generation);
  const onFault = (error: unknown, request: string): void =>
    log('error', `${request}: ${error instanceof Error ? error.message : String(error)}`);
  const pipeline = createPipeline({
    context,
    cache,
    router: new Router([...operations, grpcOperation]),
    handler: ({ operationId }) => handlerOf(handlers, operationId),
    ...(options.strict && {
      check: checkStrictly,
    }),
    onFault,
  });
  const answer = pipeline.callback();
  const rest = (request: IncomingMessage, response: ServerResponse): void => {
    log('debug', `${request.method} ${request.url}`);
    answer(request, response);
  };
  const http2 = new Http2Front({
    services: servicesOf(context),
    rest: (request, response) => {
      observe(request, response);
      rest(request, response);
    },
    onFault,
  });
  const upgrade: Http1Options['upgrade'] = (request, socket, head) => http2.upgrade(request, socket, head);
  const http1 = createHttp1Server({ handle: rest, observe, cache, upgrade });
  return { http1, http2, rest };
}
