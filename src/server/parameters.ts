/** The request as its operation sees it, with parameters of the description's types. */
import { Readable } from 'node:stream';
import { isAtLeast } from '../engine/versions.js';
import type { ParameterEntry } from '../spec/table.js';
import type { RequestContext, Route, Step } from './app.js';
import { type Form, readForm } from './form.js';
import { readBody } from './json-body.js';
import type { OperationRequest, QueryValue } from './operation.js';
import { checkStrictly } from './strict-validation.js';

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
