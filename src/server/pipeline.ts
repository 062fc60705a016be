import { Readable } from 'node:stream';
import Koa, { type Context as KoaContext } from 'koa';
import type { Context } from '../engine/context.js';
import { isAtLeast } from '../engine/versions.js';
import type { OperationEntry } from '../spec/table.js';
import { AttestdError } from '../support/foundation/errors.js';
import { cleanPath, escapePath, percentDecode, splitTarget } from '../support/go/url.js';
import type { Faults } from './faults/index.js';
import { type Form, readForm } from './form.js';
import { readBody } from './json-body.js';
import { leaveOutKeepAlive } from './keep-alive.js';
import type { OperationHandler, OperationRequest, OperationResult } from './operation.js';
import { isRead } from './persist-before-reply.js';
import type { CachedResponse } from './response-cache.js';
import { createRouter, type RouteMatch, type Router } from './routes.js';
import { send, sendBytes, sendError, sendNotFound } from './send-response.js';
import { negotiateVersion, splitVersion, wantsPlainText } from './version.js';

/** What the pipeline works with. */
export interface PipelineOptions {
  readonly context: () => Context;
  readonly operations: readonly OperationEntry[];
  /** The handler of an operation; one that refuses it where none is written. */
  readonly handler: (operation: OperationEntry) => OperationHandler;
  /** Checks a request against the description, in strict mode. */
  readonly check?: (operation: OperationEntry, form: Form, apiVersion: string) => void;
  /** Is told which operation a request is for, and the API version that it speaks. */
  readonly located: (request: KoaContext['req'], operationId: string, apiVersion: string) => void;
  /** Gets an answer that stays right until the store changes. */
  readonly keep: (request: KoaContext['req'], response: Pick<CachedResponse, 'status' | 'headers' | 'body'>) => void;
  /** Resolves once what a request did is kept; what it throws is the answer. Nothing is kept without it. */
  readonly settle?: ((operation: OperationEntry, params: RouteMatch['params']) => Promise<void>) | undefined;
  /** Is told of a request that becomes a stream of bytes, which may go on for as long as a container runs. */
  readonly hijacked: (request: KoaContext['req']) => void;
  /** What is to go wrong with requests. */
  readonly faults?: Pick<Faults, 'begin'> | undefined;
  /** Receives errors that are answered with a status of 500 or above. */
  readonly onFault: (error: unknown, request: string) => void;
}

/**
 * A request's way from its first byte to its answer: path, version, operation, handler (docs/explanation/architecture.md).
 *
 * @returns the koa application, not listening yet
 */
export function createPipeline(options: PipelineOptions): Koa {
  const app = new Koa();
  app.silent = true;
  const router = createRouter(options.operations);
  app.use((ctx) => answer(options, router, ctx));
  return app;
}

/** Decode the path, redirect one that is not clean, split its version off: what is left is what the router looks at. */
async function answer(options: PipelineOptions, router: Router, ctx: KoaContext): Promise<void> {
  leaveOutKeepAlive(ctx.req, ctx.res);
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
  const match = router(ctx.method, rest);
  await (match === undefined ? answerOther(options, ctx, version) : answerOperation(options, ctx, match, version));
}

/**
 * Answer within the daemon's headers and at a version that it speaks; errors become the daemon's error answers.
 *
 * @param prefix the version as it stood in the path
 */
async function withinVersion(
  options: PipelineOptions,
  ctx: KoaContext,
  prefix: string | undefined,
  act: (apiVersion: string) => Promise<void> | void,
): Promise<void> {
  const { release } = options.context();
  const { res } = ctx;
  res.setHeader('Api-Version', release.api);
  res.setHeader('Ostype', 'linux');
  res.setHeader('Server', `Docker/${release.engine} (linux)`);
  try {
    const apiVersion = negotiateVersion(prefix, release);
    res.setHeader('Docker-Experimental', 'false');
    await act(apiVersion);
  } catch (error) {
    sendError(ctx, error, wantsPlainText(prefix));
    if (ctx.status >= 500) options.onFault(error, `${ctx.method} ${ctx.req.url}`);
  }
}

/** Answer what no operation matches: OPTIONS on any path, and not found for everything else. */
async function answerOther(options: PipelineOptions, ctx: KoaContext, prefix: string | undefined): Promise<void> {
  if (ctx.method !== 'OPTIONS') return sendNotFound(ctx);
  await withinVersion(options, ctx, prefix, () => sendBytes(ctx, 200, undefined, Buffer.alloc(0)));
}

/** Refuse an operation that the request's version does not have (docs/reference/behavior/http.md#versions). */
function gate({ operation: { method, since }, pattern }: RouteMatch, apiVersion: string): void {
  if (since === undefined || isAtLeast(apiVersion, since)) return;
  throw new AttestdError('INVALID_ARGUMENT', `${method} ${pattern} requires minimum API version ${since}`);
}

async function answerOperation(
  options: PipelineOptions,
  ctx: KoaContext,
  match: RouteMatch,
  prefix: string | undefined,
): Promise<void> {
  const { since } = match.operation;
  // A release whose newest version does not have an operation does not know its path.
  if (since !== undefined && !isAtLeast(options.context().release.api, since)) return sendNotFound(ctx);
  await withinVersion(options, ctx, prefix, async (apiVersion) => {
    const { operation } = match;
    options.located(ctx.req, operation.operationId, apiVersion);
    gate(match, apiVersion);
    const request = new HttpRequest(match, apiVersion, ctx);
    if (options.check) options.check(operation, await request.everything(), apiVersion);
    const faulty = await options.faults?.begin(ctx, {
      operationId: operation.operationId,
      params: match.params,
      context: options.context(),
      peek: () => request.peek(),
    });
    if (await faulty?.instead()) return;
    const context = options.context();
    const answer = await options.handler(operation)(request, faulty?.context(context) ?? context);
    const result = await settled(options, match, answer);
    if (result.kind === 'hijack') options.hijacked(ctx.req);
    await send(ctx, faulty?.result(result) ?? result);
    faulty?.harden();
    if (result.kind === 'hijack' || !result.keep || !Buffer.isBuffer(ctx.body)) return;
    options.keep(ctx.req, { status: ctx.status, headers: flatHeaders(ctx), body: ctx.body });
  });
}

/** Hold an answer back until what it tells of is kept; of a stream, each piece. */
async function settled(options: PipelineOptions, match: RouteMatch, result: OperationResult): Promise<OperationResult> {
  const { settle } = options;
  if (settle === undefined || isRead(match.operation.method)) return result;
  const keep = (): Promise<void> => settle(match.operation, match.params);
  await keep();
  if (result.kind !== 'records') return result;
  const { records } = result;
  return {
    ...result,
    records: (async function* () {
      for await (const piece of records) {
        await keep();
        yield piece;
      }
    })(),
  };
}

function flatHeaders(ctx: KoaContext): string[] {
  return Object.entries(ctx.response.headers).flatMap(([name, value]) => [canonical(name), String(value)]);
}

/** A header name with its words capitalised, as it was set. */
function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Why a request's signal aborts; made once, for each has a stack. */
const over = new DOMException('This operation was aborted', 'AbortError');

/** An operation's view of a koa context. */
class HttpRequest implements OperationRequest {
  readonly operationId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers;
  body: Readable;
  private aborter: AbortController | undefined;
  private decoded: Promise<Form> | undefined;

  constructor(
    private readonly match: RouteMatch,
    readonly apiVersion: string,
    private readonly ctx: KoaContext,
  ) {
    this.operationId = match.operation.operationId;
    this.params = match.params;
    this.headers = ctx.req.headers;
    this.body = ctx.req;
  }

  get signal(): AbortSignal {
    if (this.aborter === undefined) {
      const aborter = new AbortController();
      this.ctx.res.once('close', () => aborter.abort(over));
      this.aborter = aborter;
    }
    return this.aborter.signal;
  }

  /** Every parameter, those that the request's version does not have yet included. */
  everything(): Promise<Form> {
    this.decoded ??= readForm(this.ctx.req);
    return this.decoded;
  }

  /** The whole body, which stays to be read. @throws INVALID_ARGUMENT when it is too long */
  async peek(): Promise<Buffer> {
    const bytes = await readBody(this);
    this.body = Readable.from([bytes]);
    return bytes;
  }

  async form(): Promise<Form> {
    const newer = this.match.operation.parameters
      .filter(({ since }) => since !== undefined && !isAtLeast(this.apiVersion, since))
      .map(({ name }) => name);
    const form = await this.everything();
    return newer.length === 0 ? form : form.without(newer);
  }
}
