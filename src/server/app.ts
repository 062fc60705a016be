import type { RequestListener } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import Koa, { type Middleware, type ParameterizedContext } from 'koa';
import type { Context } from '../engine/context.js';
import type { ParameterEntry } from '../spec/table.js';
import { admitTask } from '../support/foundation/scheduler.js';
import { renderJson } from '../support/go/json/render.js';
import type { AccessRule } from './access.js';
import type { FaultRequest } from './faults/images.js';
import type { Faults, FaultyExchange } from './faults/index.js';
import { InFlightCounter } from './in-flight.js';
import type { OperationHandler, OperationResult } from './operation.js';
import { type HttpRequest, parameters } from './parameters.js';
import { isRead } from './persist-before-reply.js';
import { type RequestRecord, record } from './request-record.js';
import { generationOf, keepable, ResponseCache, serveKept } from './response-cache.js';
import { type RouteMatch, route } from './routes.js';
import { send } from './send-response.js';
import { cleanPath, version } from './version.js';

/** An operation as the application serves it. */
export interface Route {
  readonly operationId: string;
  readonly method: string;
  /** Path template, such as `/images/{name}/json`. */
  readonly path: string;
  readonly tag: string;
  /** First API version that has the operation; absent: 1.25 or earlier. */
  readonly since?: string | undefined;
  readonly parameters: readonly ParameterEntry[];
  readonly handler: OperationHandler;
}

/** What the middleware learns about a request. Each member is set by the step that is named. */
export interface RequestState {
  /** `track`: the generation of the daemon's state when the request arrived. */
  generation: number;
  /** `track`: ends this request's share of `settled()`; undefined for a request that only reads. */
  changed: (() => void) | undefined;
  /** `cleanPath`: the version as it stands in the path, and the decoded path after it. */
  prefix: string | undefined;
  path: string;
  /** `route`: the operation; undefined for OPTIONS, which any path answers. */
  match: RouteMatch<Route> | undefined;
  /** `version`: undefined while no operation is found, or the version is refused. */
  apiVersion: string | undefined;
  operationId: string | undefined;
  /** `parameters`: the request as the operation sees it. */
  request: HttpRequest;
  /** `faults`: what is to go wrong with this request. */
  faulty: FaultyExchange | undefined;
  /** `handler` */
  result: OperationResult;
}

export type RequestContext = ParameterizedContext<RequestState>;

/** A step of a request's way. */
export type Step = Middleware<RequestState>;

/** Parts of the application. */
export interface AppOptions {
  /** The daemon's state, asked for anew by each request, so that it can be replaced. */
  readonly context: () => Context;
  readonly routes: readonly Route[];
  /** Whether a request that the description forbids gets 400. */
  readonly strict: boolean;
  readonly access?: AccessRule | undefined;
  /** Sees each request before it is answered. */
  readonly observe?: RequestListener | undefined;
  /** Gets a record of each request. Without it none is made, and a warm read costs nothing more. */
  readonly watch?: ((record: RequestRecord) => void) | undefined;
  readonly faults?: Faults | undefined;
  /** Resolves once the changes of a request are durable; its errors become the response. */
  readonly settle?:
    | ((
        operation: Pick<Route, 'operationId' | 'tag' | 'method'>,
        params: Readonly<Record<string, string>>,
      ) => Promise<void>)
    | undefined;
  /** Receives errors that are answered with a status of 500 or above. */
  readonly onFault: (error: unknown, request: string) => void;
}

/** The application, ready for requests of any HTTP version. */
export interface App {
  readonly listener: RequestListener;
  /** Resolves once no response is in flight. */
  idle(): Promise<void>;
  /** Resolves once no request is in flight that may still change durable state. */
  settled(): Promise<void>;
}

/** Builds the koa application: the list below is the way of every request that no kept response answers. */
export function createApp(options: AppOptions): App {
  const { context, faults, watch, onFault } = options;
  const cache = new ResponseCache(() => generationOf(context()));
  const keeps = (): boolean => faults?.active !== true;
  const [responses, changes] = [new InFlightCounter(), new InFlightCounter()];
  const app = new Koa<RequestState>();
  app.silent = true;
  if (watch) app.use(record(watch));
  app
    .use(access(options.access))
    .use(track(cache, responses, changes))
    .use(admission)
    .use(cleanPath)
    .use(route(options.routes, () => context().release))
    .use(version(() => context().release, onFault))
    .use(parameters(options.strict));
  if (faults) app.use(strike(faults, context));
  app.use(handler(context)).use(persist(options.settle)).use(response(cache, keeps));
  return {
    listener: serveKept({ ...options, cache, keeps, next: app.callback() }),
    idle: () => responses.idle(),
    settled: () => changes.idle(),
  };
}

/** Answers 403, without the daemon's headers, to a request that the rule refuses. */
function access(rule: AccessRule | undefined): Step {
  return (ctx, next) => {
    const message = rule?.(ctx.req);
    if (message === undefined) return next();
    const body = renderJson({ message });
    ctx.respond = false;
    ctx.res.writeHead(403, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
  };
}

/** Counts the request as in flight until its connection or stream is through with it. */
function track(cache: ResponseCache, responses: InFlightCounter, changes: InFlightCounter): Step {
  return ({ req, res, state }, next) => {
    state.generation = cache.generation();
    res.once('close', responses.begin());
    state.changed = isRead(req.method) ? undefined : changes.begin();
    if (state.changed) res.once('close', state.changed);
    return next();
  };
}

/** Longest URL, in characters, of a request that is taken for a quick question. */
const longestQuestion = 16 * 1024;

/** The queue of a request: a ping needs no lookup, a short read is a question. */
function queueOf({ method = '', url = '' }: RequestContext['req']): 'ping' | 'question' | 'other' {
  if (!isRead(method) || url.length > longestQuestion) return 'other';
  return /^(?:\/v[\d.]+)?\/_ping(?:\?|$)/.test(url) ? 'ping' : 'question';
}

/** The connection of a request. Over HTTP/2 each request has a socket of its own, so the session is taken. */
function connectionOf(request: RequestContext['req'] | Http2ServerRequest): object {
  return ('stream' in request ? request.stream.session : undefined) ?? request.socket;
}

/** Waits until the event loop's scheduler admits the request. Skips requests whose client has disconnected. */
export const admission: Step = (ctx, next) =>
  new Promise((resolve, reject) => {
    const begin = (): void => {
      ctx.respond = !ctx.res.destroyed;
      if (ctx.respond) next().then(resolve, reject);
      else resolve(undefined);
    };
    admitTask(connectionOf(ctx.req), begin, queueOf(ctx.req));
  });

/** Applies the fault that a plan has for the request. A fault may be the whole response. */
function strike(faults: Faults, context: () => Context): Step {
  return async (ctx, next) => {
    const { request } = ctx.state;
    const asked: FaultRequest = {
      operationId: request.operationId,
      params: request.params,
      context: context(),
      peek: () => request.peek(),
    };
    ctx.state.faulty = await faults.begin(ctx, asked);
    if (!(await ctx.state.faulty?.instead())) await next();
  };
}

/** Calls the operation. */
function handler(context: () => Context): Step {
  return async ({ state }, next) => {
    const { match, request, faulty } = state;
    if (match === undefined) return;
    const daemon = context();
    state.result = await match.route.handler(request, faulty?.context(daemon) ?? daemon);
    await next();
  };
}

/** Delays a response until the state it reports is durable. Applies to each chunk of a stream. */
function persist(settle: AppOptions['settle']): Step {
  return async ({ state: { match, result }, state }, next) => {
    if (settle !== undefined && match !== undefined && !isRead(match.route.method)) {
      const kept = (): Promise<void> => settle(match.route, match.params);
      await kept();
      if (result.kind === 'records') state.result = { ...result, records: each(result.records, kept) };
    }
    await next();
  };
}

async function* each<T>(records: AsyncIterable<T>, before: () => Promise<void>): AsyncGenerator<T> {
  for await (const record of records) {
    await before();
    yield record;
  }
}

/** Sends the result, and keeps the response for the next request to the same URL if it allows that. */
function response(cache: ResponseCache, keeps: () => boolean): Step {
  return async (ctx) => {
    const { faulty, changed, result } = ctx.state;
    // What a stream of bytes changes is not waited for: it may last as long as a container runs.
    if (result.kind === 'hijack') changed?.();
    await send(ctx, faulty?.result(result) ?? result);
    faulty?.harden();
    const kept = result.kind === 'hijack' || !result.keep || !keeps() ? undefined : keepable(ctx);
    if (kept !== undefined) cache.put(ctx.req.url ?? '', kept, ctx.state.generation);
  };
}
