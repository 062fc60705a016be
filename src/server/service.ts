import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Engine } from '../engine/engine.js';
import { operations } from '../generated/operations.js';
import { AnswerCache } from './cache.js';
import { answerFromDescription } from './fallback.js';
import { createHttp1Server } from './http1.js';
import type { Log } from './log.js';
import type { OperationHandler, OperationHandlers } from './operation.js';
import { handlers as distribution } from './operations/distribution.js';
import { handlers as image } from './operations/image.js';
import { handlers as system } from './operations/system.js';
import { createPipeline } from './pipeline.js';
import { Router } from './router.js';
import { checkStrictly } from './strict.js';

const handlers: OperationHandlers = { ...distribution, ...image, ...system };

/** What an HTTP service is made of. */
export interface ServiceOptions {
  readonly engine: Engine;
  /** Answer 400 to what the description forbids. */
  readonly strict: boolean;
  readonly log: Log;
  /** Takes over `POST /grpc` with an upgrade; false leaves the request to the pipeline. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
}

/** The Engine API over HTTP, not listening yet. */
export interface HttpService {
  /** Gets its connections by its `connection` event. */
  readonly http1: Server;
  /** Answers one request, of whatever version of HTTP. */
  readonly rest: RequestListener;
}

function handlerOf(operationId: string): OperationHandler {
  return Object.hasOwn(handlers, operationId) ? (handlers[operationId] as OperationHandler) : answerFromDescription;
}

/** Put router, handlers and engine together. */
export function createService(options: ServiceOptions): HttpService {
  const { engine, log } = options;
  const cache = new AnswerCache(() => engine.options.store.generation);
  const pipeline = createPipeline({
    engine,
    cache,
    router: new Router(operations),
    handler: ({ operationId }) => handlerOf(operationId),
    ...(options.strict && {
      check: checkStrictly,
    }),
    onFault: (error, request) => log('error', `${request}: ${error instanceof Error ? error.message : String(error)}`),
  });
  const answer = pipeline.callback();
  const rest = (request: IncomingMessage, response: ServerResponse): void => {
    log('debug', `${request.method} ${request.url}`);
    answer(request, response);
  };
  const http1 = createHttp1Server({ handle: rest, cache, ...(options.upgrade && { upgrade: options.upgrade }) });
  return { http1, rest };
}
