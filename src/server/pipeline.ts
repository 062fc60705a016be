import Koa, { type Context as KoaContext, type Next } from 'koa';
import type { Context } from '../engine/context.js';
import { AttestdError } from '../errors.js';
import { cleanPath, escapePath, percentDecode, splitTarget } from '../go/url.js';
import { send, sendBytes, sendError, sendNotFound } from './answer.js';
import type { AnswerCache } from './cache.js';
import { type Form, readForm } from './form.js';
import type { OperationHandler, OperationRequest } from './operation.js';
import { type RoutedOperation, type RouteMatch, type Router, splitVersion } from './router.js';
import { compareVersions, maximumApiVersion, negotiateVersion, wantsPlainText } from './version.js';

/** What the pipeline works with. */
export interface PipelineOptions<Operation extends RoutedOperation> {
  readonly context: () => Context;
  readonly router: Router<Operation>;
  /** The handler of an operation; one that answers from the description where none is written. */
  readonly handler: (operation: Operation) => OperationHandler;
  /** Checks a request against the description, in strict mode. */
  readonly check?: (operation: Operation, form: Form, apiVersion: string) => void;
  readonly cache: AnswerCache;
  /** Receives errors that are answered with a status of 500 or above. */
  readonly onFault: (error: unknown, request: string) => void;
}

/** Product name and version in the `Server` header, as observed. */
const product = 'Docker/29.7.2 (linux)';

interface State {
  /** As it stood in the path. */
  prefix: string | undefined;
  path: string;
  apiVersion: string;
}

type PipelineContext = KoaContext & { state: State };

/**
 * A request's way from its first byte to its answer: path, version, operation, handler (docs/architecture.md).
 *
 * @returns the koa application, not listening yet
 */
export function createPipeline<Operation extends RoutedOperation>(options: PipelineOptions<Operation>): Koa {
  const app = new Koa();
  app.silent = true;
  app.use(prepare);
  app.use(locate);
  app.use((ctx) => route(options, ctx as PipelineContext));
  return app;
}

/** Leave out the keep-alive headers, which the daemon does not send either. */
async function prepare(ctx: KoaContext, next: Next): Promise<void> {
  if (ctx.req.httpVersion === '1.1') ctx.res.removeHeader('Connection');
  await next();
}

/** Decode the path, redirect one that is not clean, split its version off. */
async function locate(ctx: KoaContext, next: Next): Promise<void> {
  const target = splitTarget(ctx.req.url ?? '/');
  if (target.path === '*' && ctx.method === 'OPTIONS') return sendBytes(ctx, 200, undefined, Buffer.alloc(0));
  let path: string;
  try {
    path = percentDecode(target.path, false);
  } catch {
    return sendBytes(ctx, 400, 'text/plain; charset=utf-8', Buffer.from('400 Bad Request'));
  }
  const clean = cleanPath(path);
  if (clean !== path) {
    sendBytes(ctx, 301, undefined, Buffer.alloc(0));
    ctx.set('Location', `${target.origin}${escapePath(clean)}${target.search}`);
    return;
  }
  const { version, rest } = splitVersion(clean);
  Object.assign(ctx.state, { prefix: version, path: rest });
  await next();
}

/** Find the operation, negotiate the version, answer; errors become the daemon's error answers. */
async function route<Operation extends RoutedOperation>(
  options: PipelineOptions<Operation>,
  ctx: PipelineContext,
): Promise<void> {
  const { prefix, path } = ctx.state;
  const match = options.router.match(ctx.method, path);
  if (!match && ctx.method !== 'OPTIONS') return sendNotFound(ctx);
  ctx.set({ 'Api-Version': maximumApiVersion, Ostype: 'linux', Server: product });
  try {
    ctx.state.apiVersion = negotiateVersion(prefix);
    ctx.set('Docker-Experimental', 'false');
    if (!match) return sendBytes(ctx, 200, undefined, Buffer.alloc(0));
    gate(match, ctx.state.apiVersion);
    await answer(options, match, ctx);
  } catch (error) {
    sendError(ctx, error, wantsPlainText(prefix));
    if (ctx.status >= 500) options.onFault(error, `${ctx.method} ${ctx.req.url}`);
  }
}

/** Refuse an operation that the request's version does not have (docs/behaviour.md#versions). */
function gate(match: RouteMatch<RoutedOperation>, apiVersion: string): void {
  const { method, since } = match.operation;
  if (since === undefined || compareVersions(apiVersion, since) >= 0) return;
  throw new AttestdError('INVALID_ARGUMENT', `${method} ${match.pattern} requires minimum API version ${since}`);
}

async function answer<Operation extends RoutedOperation>(
  options: PipelineOptions<Operation>,
  match: RouteMatch<Operation>,
  ctx: PipelineContext,
): Promise<void> {
  const mark = options.cache.mark();
  const request = new HttpRequest(match, ctx);
  if (options.check) options.check(match.operation, await request.form(), ctx.state.apiVersion);
  const handler = options.handler(match.operation);
  const result = await handler(request, options.context());
  await send(ctx, result);
  if (result.keep && ctx.method === 'GET' && Buffer.isBuffer(ctx.body))
    options.cache.put(ctx.req.url ?? '', { status: ctx.status, headers: flatHeaders(ctx), body: ctx.body }, mark);
}

function flatHeaders(ctx: KoaContext): string[] {
  return Object.entries(ctx.response.headers).flatMap(([name, value]) => [canonical(name), String(value)]);
}

/** A header name with its words capitalised, as it was set. */
function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** An operation's view of a koa context. */
class HttpRequest implements OperationRequest {
  readonly operationId: string;
  readonly apiVersion: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers;
  readonly body;
  private readonly ctx: PipelineContext;
  private aborter: AbortController | undefined;
  private decoded: Promise<Form> | undefined;

  constructor(match: RouteMatch<RoutedOperation>, ctx: PipelineContext) {
    this.operationId = match.operation.operationId;
    this.apiVersion = ctx.state.apiVersion;
    this.params = match.params;
    this.headers = ctx.req.headers;
    this.body = ctx.req;
    this.ctx = ctx;
  }

  get signal(): AbortSignal {
    if (this.aborter === undefined) {
      const aborter = new AbortController();
      this.ctx.res.once('close', () => aborter.abort());
      this.aborter = aborter;
    }
    return this.aborter.signal;
  }

  form(): Promise<Form> {
    this.decoded ??= readForm(this.ctx.req);
    return this.decoded;
  }
}
