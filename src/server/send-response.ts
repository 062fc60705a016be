import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { AttestdError } from '../support/foundation/errors.js';
import { yieldIfDue } from '../support/foundation/scheduler.js';
import { type JsonValue, renderJson } from '../support/go/json/render.js';
import { hijack } from './hijack.js';
import type { OperationResult, RecordsResult } from './operation.js';
import { responseBuffers } from './response-buffer-budget.js';

/** Longest body that dockerd sends with its length; a longer one is chunked (observed: 1781 and 2067 bytes). */
const buffered = 2048;

/** Give the answer a body that is there as a whole. */
export function sendBytes(ctx: Context, status: number, contentType: string | undefined, body: Buffer): void {
  ctx.status = status;
  // Without a type, koa would look for one.
  ctx.res.setHeader('Content-Type', contentType ?? 'none');
  ctx.body = body;
  responseBuffers.hold(ctx.res, body);
  if (contentType === undefined) ctx.res.removeHeader('Content-Type');
  if (body.length > buffered) chunk(ctx);
}

/** Send without a length where HTTP/1.1 allows it; HTTP/1.0 and HTTP/2 frame bodies their own way. */
function chunk(ctx: Context): void {
  if (ctx.req.httpVersion !== '1.1') return;
  ctx.remove('Content-Length');
  ctx.set('Transfer-Encoding', 'chunked');
}

/** Give the answer a JSON body. */
export function sendJson(ctx: Context, status: number, value: JsonValue): void {
  sendBytes(ctx, status, 'application/json', renderJson(value));
}

/** Give the answer a body that is still coming. */
function sendStream(ctx: Context, status: number, contentType: string, stream: Readable): void {
  ctx.status = status;
  ctx.body = stream;
  if (contentType === '') ctx.remove('Content-Type');
  else ctx.set('Content-Type', contentType);
  // An answer that breaks off must not look complete.
  stream.once('error', () => ctx.res.destroy());
  chunk(ctx);
}

async function* chain<T>(first: T, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    yield first;
    for (;;) {
      const next = await rest.next();
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

/**
 * Write pieces as they come and as the client takes them. A stream between the two would cost more than all else that a wait for a
 * container does.
 */
async function relay(response: ServerResponse, records: RecordsResult['records']): Promise<void> {
  const iterator = records[Symbol.asyncIterator]();
  response.on('error', () => response.destroy());
  response.once('close', () => void iterator.return?.().catch(() => undefined));
  try {
    for (let written = 1; ; written++) {
      const next = await iterator.next();
      if (response.destroyed) return;
      if (next.done) break;
      if (!response.write(next.value)) await room(response, next.value);
      if (written % 64 === 0) await yieldIfDue();
    }
    response.end();
  } catch {
    // An answer that breaks off must not look complete.
    response.destroy();
  }
}

/**
 * Resolves when more may be written, or nothing ever.
 *
 * @param piece what was written last
 */
async function room(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  const letGo = typeof piece === 'string' ? undefined : responseBuffers.hold(response, piece);
  await new Promise<void>((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.once('drain', go).once('close', go);
    if (response.destroyed) go();
  });
  letGo?.();
}

/** Let what is there at once go out with the header: a write of its own takes longer than to answer a wait for a container. */
function holdBack({ req, res }: Context): void {
  const { socket } = res;
  if (req.httpVersionMajor !== 1 || socket === null) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}

async function sendRecords(ctx: Context, status: number, result: RecordsResult): Promise<void> {
  if (result.early) {
    ctx.status = status;
    ctx.respond = false;
    if (result.contentType !== '') ctx.set('Content-Type', result.contentType);
    chunk(ctx);
    holdBack(ctx);
    ctx.flushHeaders();
    void relay(ctx.res, result.records);
    return;
  }
  const iterator = result.records[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) sendBytes(ctx, status, result.contentType, Buffer.alloc(0));
  else {
    // A piece may be large: no more of them are made than are sent.
    const pieces = Readable.from(chain(first.value, iterator), { highWaterMark: 1 });
    sendStream(ctx, status, result.contentType, pieces);
  }
}

/** Turn what an operation answered into the answer of its request. */
export async function send(ctx: Context, result: OperationResult): Promise<void> {
  if (result.kind === 'hijack') return hijack(ctx, result);
  const status = result.status ?? 200;
  for (const [name, value] of Object.entries(result.headers ?? {})) ctx.set(name, value);
  switch (result.kind) {
    case 'json':
      return sendJson(ctx, status, result.value);
    case 'body': {
      const { content } = result.body;
      if (Buffer.isBuffer(content)) return sendBytes(ctx, status, result.contentType, content);
      return sendStream(ctx, status, result.contentType, content);
    }
    case 'records':
      return sendRecords(ctx, status, result);
    case 'empty':
      return sendBytes(ctx, status, undefined, Buffer.alloc(0));
  }
}

/** What a client is told of a fault of the server: no path, and nothing of its insides. */
function faultText(error: unknown): string {
  const { code, message = '' } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return 'internal error';
  // Node's errors of the system: `EROFS: read-only file system, open '/…'`.
  return /^[A-Z0-9]+: ([^,]+),/.exec(message)?.[1] ?? 'internal error';
}

/**
 * Answer with an error in the daemon's form.
 *
 * @param plain whether the client wants plain text (docs/reference/behavior/http.md#versions)
 */
export function sendError(ctx: Context, error: unknown, plain: boolean): void {
  const status = error instanceof AttestdError ? error.httpStatus : 500;
  const message = error instanceof AttestdError ? error.message : faultText(error);
  if (!plain) {
    sendJson(ctx, status, { message });
    return;
  }
  sendBytes(ctx, status, 'text/plain; charset=utf-8', Buffer.from(`${message}\n`));
  ctx.set('X-Content-Type-Options', 'nosniff');
}

/** Answer as dockerd's router does when it knows no such path and method: without the daemon's headers. */
export function sendNotFound(ctx: Context): void {
  sendJson(ctx, 404, { message: 'page not found' });
}
