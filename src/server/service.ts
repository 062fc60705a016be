import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Engine } from '../engine/engine.js';
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

const handlers: OperationHandlers = { ...container, ...distribution, ...image, ...system, ...upgrade, ...volume };

/** What an HTTP service is made of. */
export interface ServiceOptions {
  readonly engine: Engine;
  /** Answer 400 to what the description forbids. */
  readonly strict: boolean;
  readonly log: Log;
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

function handlerOf(operationId: string): OperationHandler {
  return Object.hasOwn(handlers, operationId) ? (handlers[operationId] as OperationHandler) : answerFromDescription;
}

async function loadServices(engine: Engine): Promise<Services> {
  const { contentService } = await import('./grpc/content.js');
  return contentService(engine.options.store.content);
}

/** Put router, handlers and engine together. */
export function createService(options: ServiceOptions): HttpService {
  const { engine, log } = options;
  const cache = new AnswerCache(() => engine.options.store.generation);
  const onFault = (error: unknown, request: string): void =>
    log('error', `${request}: ${error instanceof Error ? error.message : String(error)}`);
  const pipeline = createPipeline({
    engine,
    cache,
    router: new Router([...operations, grpcOperation]),
    handler: ({ operationId }) => handlerOf(operationId),
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
  let services: Promise<Services> | undefined;
  const http2 = new Http2Front({
    // Loaded with the first call: most runs have none.
    services: () => (services ??= loadServices(engine)),
    rest,
    onFault,
  });
  const upgrade: Http1Options['upgrade'] = (request, socket, head) => http2.upgrade(request, socket, head);
  const http1 = createHttp1Server({ handle: rest, cache, upgrade });
  return { http1, http2, rest };
}
