import type { RequestListener, Server } from 'node:http';
import type { Context } from '../engine/context.js';
import { operations } from '../generated/operations.js';
import type { OperationEntry } from '../spec/table.js';
import type { AccessRule } from './access.js';
import type { Faults } from './faults/index.js';
import type { Services } from './grpc/call.js';
import { Http2Front } from './grpc/http2.js';
import { createHttp1Server, type Http1Options } from './http1.js';
import type { Log } from './log.js';
import { notImplemented } from './not-implemented.js';
import type { OperationHandler, OperationHandlers } from './operation.js';
import { allHandlers } from './operations/index.js';
import { undescribed } from './operations/undescribed.js';
import { createPipeline, type PipelineOptions } from './pipeline.js';
import type { Prototype } from './prototype/index.js';
import { RequestLifecycle, type RequestRecord } from './request-lifecycle.js';
import { ResponseCache } from './response-cache.js';
import { checkStrictly } from './strict-validation.js';

/** What an HTTP service is made of. */
export interface ServiceOptions {
  /** The daemon's state; read anew with each request, so that another can take its place. */
  readonly context: () => Context;
  /** Answer 400 to what the description forbids. */
  readonly strict: boolean;
  readonly log: Log;
  /** By operationId; all that the server has without it. */
  readonly handlers?: OperationHandlers | undefined;
  /** Operations beyond those of the packaged description, or in their place, with their handlers. */
  readonly prototype?: Pick<Prototype, 'operations' | 'handler'> | undefined;
  /** Sees each request that is not gRPC before it is answered. */
  readonly observe?: RequestListener | undefined;
  /** Says why a request is refused, if it is, before anybody else looks at it. */
  readonly access?: AccessRule | undefined;
  /** Resolves once what a request did is kept. */
  readonly settle?: PipelineOptions['settle'];
  /** What is to go wrong; undefined where nothing can. */
  readonly faults?: Faults | undefined;
  /** Gets a record of each request that is not gRPC once it is answered. */
  readonly watch?: ((record: RequestRecord) => void) | undefined;
}

/** The Engine API over HTTP, not listening yet. */
export interface HttpService {
  /** Gets its connections by its `connection` event. */
  readonly http1: Server;
  /** Takes connections that begin with the HTTP/2 preface: the same API, and the content store over gRPC. */
  readonly http2: Http2Front;
  /** Answers one request, of whatever version of HTTP. */
  readonly rest: RequestListener;
  /** Resolves once no answer is under way. */
  idle(): Promise<void>;
  /** Resolves once nothing is under way that may change what is kept. */
  settled(): Promise<void>;
}

function handlerOf(handlers: OperationHandlers, operation: OperationEntry): OperationHandler {
  const { operationId } = operation;
  return Object.hasOwn(handlers, operationId) ? (handlers[operationId] as OperationHandler) : notImplemented(operation);
}

/** Moves with whatever kept answers depend on: images, where they came from, and the containers that are counted with them. */
function generationOf({ store, containers, lineage, swarm }: Context): number {
  return store.generation + containers.generation + lineage.generation + swarm.generation;
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

/** Put connections, exchanges, routes and handlers together. */
export function createService(options: ServiceOptions): HttpService {
  const { context, log, handlers = allHandlers, prototype, observe, watch, access, faults } = options;
  const onFault = (error: unknown, request: string): void =>
    log('error', `${request}: ${error instanceof Error ? error.message : String(error)}`);
  const exchanges: RequestLifecycle = new RequestLifecycle({
    cache: new ResponseCache(() => generationOf(context())),
    answer: (request, response) => answer(request, response),
    observe,
    watch,
    access,
    ...(faults && { keeps: () => !faults.active }),
  });
  const answer = createPipeline({
    context,
    operations: [...undescribed, ...(prototype?.operations ?? operations)],
    handler: (operation) =>
      prototype === undefined || undescribed.includes(operation)
        ? handlerOf(handlers, operation)
        : prototype.handler(operation),
    ...(options.strict && { check: checkStrictly }),
    located: (request, operationId, apiVersion) => exchanges.located(request, operationId, apiVersion),
    keep: (request, response) => exchanges.keep(request, response),
    settle: options.settle,
    hijacked: (request) => exchanges.hijacked(request),
    faults,
    onFault,
  }).callback();
  const rest = exchanges.handle;
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
  return { http1, http2, rest, idle: () => exchanges.idle(), settled: () => exchanges.settled() };
}
