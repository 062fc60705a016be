/** The parameters of a request: as text, and by the description's types. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { isAtLeast } from '../engine/versions.js';
import type { ParameterEntry } from '../spec/table.js';
import { AttestdError } from '../support/foundation/errors.js';
import { parseQuery, splitTarget, type Values } from '../support/go/url.js';
import type { RequestContext, Route, Step } from './app.js';
import { readBody } from './json-body.js';
import type { OperationRequest, QueryValue } from './operation.js';
import { checkStrictly } from './strict-validation.js';

/** Longest form body, in bytes, as in Go. */
const maximumForm = 10 * 1024 * 1024;

const falseWords = new Set(['', '0', 'no', 'false', 'none']);

/** The parameters of a request as text, read as leniently as dockerd reads them. */
export class Form {
  private readonly values: Values;

  constructor(values: Values) {
    this.values = values;
  }

  /** Returns the first value; empty if the parameter is absent. */
  get(name: string): string {
    return this.values.get(name)?.[0] ?? '';
  }

  /** Returns all values, in order. */
  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** Returns the names of the given parameters. */
  names(): Iterable<string> {
    return this.values.keys();
  }

  /** Returns the form without the given names. */
  without(names: readonly string[]): Form {
    return new Form(new Map([...this.values].filter(([name]) => !names.includes(name))));
  }

  /**
   * Returns the first value as a flag (docs/reference/behavior/http.md#flags). Trimmed and in any case, an empty value, `0`, `no`, `false`
   * and `none` are false; everything else is true.
   *
   * @param absent the result if the parameter is absent
   */
  flag(name: string, absent = false): boolean {
    if (!this.has(name)) return absent;
    return !falseWords.has(this.get(name).trim().toLowerCase());
  }
}

/**
 * Reads the parameters of a request. Those of a form body (POST, PUT and PATCH) come before those of the query.
 *
 * @throws AttestdError INVALID_ARGUMENT if the query or the body cannot be decoded
 */
async function readForm(request: IncomingMessage): Promise<Form> {
  const body = await readFormBody(request);
  const query = parseQuery(splitTarget(request.url ?? '').search.slice(1));
  if (body === '') return new Form(query);
  const merged = new Map(parseQuery(body));
  for (const [name, values] of query) merged.set(name, [...(merged.get(name) ?? []), ...values]);
  return new Form(merged);
}

/** Reads a form body as Latin-1. Any other body stays for the operation to read. */
async function readFormBody(request: IncomingMessage): Promise<string> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return '';
  if (!['POST', 'PUT', 'PATCH'].includes(request.method ?? '')) return '';
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maximumForm) throw new AttestdError('INVALID_ARGUMENT', 'http: POST too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('latin1');
}

/** The value of a query parameter, by its type in the description. */
function queryValue({ name, type, default: absent }: ParameterEntry, form: Form): QueryValue {
  if (type === 'boolean') return form.flag(name, absent === true);
  if (type === 'array') return form.all(name);
  return form.has(name) ? form.get(name) : String(absent ?? '');
}

/** Why a request's signal aborts. Made once, because each has a stack. */
const over = new DOMException('This operation was aborted', 'AbortError');

/** The request of a koa context as its operation sees it. */
export class HttpRequest implements OperationRequest {
  readonly operationId: string;
  readonly headers;
  body: Readable;
  private aborter: AbortController | undefined;
  private decoded: Promise<Form> | undefined;

  constructor(
    private readonly ctx: RequestContext,
    private readonly route: Route,
    readonly params: Readonly<Record<string, string>>,
    readonly apiVersion: string,
  ) {
    this.operationId = route.operationId;
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

  /** Returns all parameters, with those that the request's version does not have yet. */
  everything(): Promise<Form> {
    this.decoded ??= readForm(this.ctx.req);
    return this.decoded;
  }

  /**
   * Returns the whole body, and leaves it to be read again.
   *
   * @throws AttestdError INVALID_ARGUMENT if it is too long
   */
  async peek(): Promise<Buffer> {
    const bytes = await readBody(this);
    this.body = Readable.from([bytes]);
    return bytes;
  }

  async form(): Promise<Form> {
    const newer = this.route.parameters
      .filter(({ since }) => since !== undefined && !isAtLeast(this.apiVersion, since))
      .map(({ name }) => name);
    const form = await this.everything();
    return newer.length === 0 ? form : form.without(newer);
  }

  async query(): Promise<Readonly<Record<string, QueryValue>>> {
    const form = await this.form();
    const described = this.route.parameters.filter((one) => one.in === 'query');
    return Object.fromEntries(described.map((one) => [one.name, queryValue(one, form)]));
  }
}

/**
 * Gives the operation its view of the request.
 *
 * @param strict whether the parameters are checked against the description; without, they are decoded when the operation asks
 */
export function parameters(strict: boolean): Step {
  return async (ctx, next) => {
    const { match, apiVersion } = ctx.state;
    if (match === undefined || apiVersion === undefined) return;
    const request = new HttpRequest(ctx, match.route, match.params, apiVersion);
    ctx.state.request = request;
    if (strict) checkStrictly(match.route, await request.everything(), apiVersion);
    await next();
  };
}
