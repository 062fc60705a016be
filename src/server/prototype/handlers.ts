import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { AttestdError } from '../../support/foundation/errors.js';
import { type JsonValue, renderJson } from '../../support/go/json/render.js';
import { readBody } from '../json-body.js';
import type { OperationRequest, OperationResult } from '../operation.js';
import type { HandlerAnswer, HandlerJson, HandlerRequest, PrototypeHandler, PrototypeHandlers } from './types.js';

/**
 * Load handlers from an ES module: each export is the handler of the operation that it is called as.
 *
 * @param path the module's file
 * @throws AttestdError USAGE when it cannot be loaded
 */
export async function loadHandlers(path: string): Promise<PrototypeHandlers> {
  try {
    const module = (await import(pathToFileURL(resolve(path)).href)) as PrototypeHandlers;
    return { ...module };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new AttestdError('USAGE', `cannot load ${path}: ${reason}`, { cause });
  }
}

/**
 * Refuse handlers of what is no operation.
 *
 * @throws AttestdError INVALID_ARGUMENT that names it
 */
export function checkHandlers(handlers: PrototypeHandlers, known: ReadonlySet<string>): void {
  for (const [name, handler] of Object.entries(handlers)) {
    if (!known.has(name))
      throw new AttestdError('INVALID_ARGUMENT', `there is a handler of '${name}', which is no operation`);
    if (typeof handler !== 'function')
      throw new AttestdError('INVALID_ARGUMENT', `the handler of ${name} is no function`);
  }
}

/** All bytes of a stream or of bytes that are there. */
async function wholeOf(content: Readable | Buffer): Promise<Buffer> {
  if (Buffer.isBuffer(content)) return content;
  const pieces: Buffer[] = [];
  for await (const piece of content as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** An answer of the server as a handler gets it. */
async function toAnswer(result: OperationResult): Promise<HandlerAnswer> {
  if (result.kind === 'hijack') {
    result.abandon();
    throw new AttestdError('NOT_IMPLEMENTED', 'an operation that takes the connection over has no answer to hand on');
  }
  const { status = 200, headers = {} } = result;
  switch (result.kind) {
    case 'json':
      return { status, headers, json: JSON.parse(renderJson(result.value).toString()) as HandlerJson };
    case 'body':
      return { status, headers, body: await wholeOf(result.body.content), contentType: result.contentType };
    case 'records':
      return { status, headers, body: result.records, contentType: result.contentType };
    case 'empty':
      return { status, headers };
  }
}

/** An answer of a handler as the server sends it. */
function toResult(answer: HandlerAnswer): OperationResult {
  const { status = 200, headers = {} } = answer;
  if ('json' in answer && answer.json !== undefined)
    return { kind: 'json', status, headers, value: answer.json as JsonValue };
  if (!('body' in answer) || answer.body === undefined) return { kind: 'empty', status, headers };
  const { body, contentType = 'application/octet-stream' } = answer;
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    return { kind: 'records', status, headers, contentType, records: body, early: true };
  const content = Buffer.from(body as string);
  return { kind: 'body', status, headers, contentType, body: { length: content.length, content } };
}

/** A request as a handler gets it, and one that the server can still answer afterwards. */
async function toRequest(request: OperationRequest): Promise<[HandlerRequest, () => OperationRequest]> {
  const query = new URLSearchParams();
  const form = await request.form();
  for (const name of form.names()) for (const value of form.all(name)) query.append(name, value);
  let read: Promise<Buffer> | undefined;
  let bytes: Buffer | undefined;
  const readAll = (): Promise<Buffer> => {
    read ??= readBody(request).then((whole) => (bytes = whole));
    return read;
  };
  const { operationId, apiVersion, params, headers } = request;
  const handed: HandlerRequest = {
    operationId,
    apiVersion,
    params,
    query,
    headers,
    get signal() {
      return request.signal;
    },
    bytes: readAll,
    json: async () => {
      const text = (await readAll()).toString();
      if (text.trim() === '') return undefined;
      try {
        return JSON.parse(text) as unknown;
      } catch (cause) {
        throw new AttestdError('INVALID_ARGUMENT', `invalid JSON: ${(cause as Error).message}`, { cause });
      }
    },
  };
  const onward = (): OperationRequest => ({
    operationId,
    apiVersion,
    params,
    headers,
    get signal() {
      return request.signal;
    },
    body: bytes === undefined ? request.body : Readable.from([bytes]),
    query: () => request.query(),
    form: () => request.form(),
  });
  return [handed, onward];
}

/**
 * Let a handler answer.
 *
 * @param own what the server answers without it
 * @throws AttestdError INTERNAL when the handler gives no answer, and what it throws
 */
export async function answerBy(
  handler: PrototypeHandler,
  request: OperationRequest,
  own: (request: OperationRequest) => Promise<OperationResult>,
): Promise<OperationResult> {
  const [handed, onward] = await toRequest(request);
  const answer = (await handler(handed, async () => toAnswer(await own(onward())))) as HandlerAnswer | undefined;
  if (typeof answer !== 'object' || answer === null)
    throw new AttestdError('INTERNAL', `the handler of ${request.operationId} gave no answer`);
  return toResult(answer);
}
