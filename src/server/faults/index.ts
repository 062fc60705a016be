/** What a daemon does on a bad day, on demand (docs/reference/faults.md). Loaded with the first fault. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Context as KoaContext } from 'koa';
import type { Context } from '../../engine/context.js';
import type { ContentStore } from '../../oci/content-store.js';
import type { OperationResult } from '../operation.js';
import { sendBytes, sendJson } from '../send-response.js';
import { breakOff, shapeBody, shapeConnection, waitWith } from './body.js';
import { operationOf, strikeCall } from './call.js';
import { type Asked, endOf, FaultChoice } from './choice.js';
import { concerns, FaultyContent, faultyContext, milliseconds } from './content.js';
import { hardenJson } from './hard.js';
import { type FaultRequest, imagesOf } from './images.js';
import { checkFaults, readFaults } from './read.js';
import type { Fault, FaultCount, FaultPlan } from './types.js';

export { readFaults } from './read.js';
export type { BlobFault, Fault, FaultCount, FaultPlace, FaultPlan, Patterns } from './types.js';

/** What happens to one request. */
export class FaultyExchange {
  constructor(
    private readonly ctx: KoaContext,
    private readonly operationId: string,
    private readonly fault: Fault | undefined,
    private readonly choice: FaultChoice,
  ) {}

  /** Do what comes before the operation. @returns whether that was the whole answer */
  async instead(): Promise<boolean> {
    const { ctx, fault } = this;
    if (fault?.delay !== undefined && !(await waitWith(ctx.res, milliseconds(fault.delay)))) {
      ctx.respond = false;
      return true;
    }
    if (fault?.status !== undefined) {
      for (const [name, value] of Object.entries(fault.headers ?? {})) ctx.set(name, value);
      sendJson(ctx, fault.status, { message: fault.message ?? 'a fault that was asked for' });
      this.#shape();
      return true;
    }
    if (fault?.reset !== undefined && fault.reset.after === undefined) {
      ctx.respond = false;
      breakOff(ctx.res);
      return true;
    }
    this.#shape();
    return false;
  }

  /** The daemon's state as the operation sees it. */
  context(context: Context): Context {
    return this.fault?.blob === undefined ? context : faultyContext(context, this.fault.blob);
  }

  /** What the operation answered, with what is done to a hijacked stream. */
  result(result: OperationResult): OperationResult {
    const end = endOf(this.fault);
    if (result.kind !== 'hijack' || end === undefined) return result;
    return {
      ...result,
      run: (connection) => {
        shapeConnection(connection, end);
        return result.run(connection);
      },
      abandon: () => result.abandon(),
    };
  }

  /** Change a body that is there as a whole. */
  harden(): void {
    const { ctx, choice } = this;
    if (!choice.hard) return;
    ctx.set('X-Attestd-Hard', '1');
    const type = ctx.response.get('Content-Type');
    if (!type.startsWith('application/json') || !Buffer.isBuffer(ctx.body)) return;
    sendBytes(ctx, ctx.status, type, hardenJson(this.operationId, ctx.body, choice.chance));
  }

  #shape(): void {
    const end = endOf(this.fault);
    const { contentLength } = this.fault ?? {};
    const { hard, chance } = this.choice;
    if (end === undefined && contentLength === undefined && !hard) return;
    shapeBody(this.ctx.res, {
      ...(end && { end }),
      ...(contentLength !== undefined && { contentLength }),
      ...(hard && { hard: chance }),
    });
  }
}

/** The faults of a server, which can be replaced while it runs. */
export class Faults {
  #choice: FaultChoice | undefined;
  #plan: FaultPlan = {};

  /** Whether anything is to go wrong. */
  get active(): boolean {
    return this.#choice !== undefined;
  }

  get plan(): FaultPlan {
    return this.#plan;
  }

  /** How often each fault was met, in their order. */
  get counts(): readonly FaultCount[] {
    return this.#choice?.counts() ?? [];
  }

  /**
   * Have other faults from now on; none without a plan. Counts begin anew.
   *
   * @throws AttestdError INVALID_ARGUMENT for a plan that does not fit the schema
   */
  async replace(plan: FaultPlan = {}): Promise<void> {
    const { version: _version, ...checked } = (await checkFaults(plan)) as FaultPlan & { version: string };
    this.#plan = checked;
    const { mode, store, faults = [] } = checked;
    const idle = mode === undefined && store === undefined && faults.length === 0;
    this.#choice = idle ? undefined : new FaultChoice(checked);
  }

  /**
   * As `replace`, with a text in YAML or JSON.
   *
   * @throws AttestdError INVALID_ARGUMENT
   */
  async replaceBy(text: string, name: string): Promise<void> {
    await this.replace(await readFaults(text, name));
  }

  /** What happens to a request; undefined where nothing can. */
  async begin(ctx: KoaContext, request: FaultRequest): Promise<FaultyExchange | undefined> {
    const choice = this.#choice;
    if (choice === undefined) return undefined;
    const { operationId } = request;
    const query = new URLSearchParams(ctx.querystring);
    const images = choice.byImage ? await imagesOf(request, query) : [];
    const asked = { operationId, images, client: ctx.get('User-Agent') };
    const fault = choice.of(asked);
    return fault === undefined && !choice.hard ? undefined : new FaultyExchange(ctx, operationId, fault, choice);
  }

  /** Do what is to happen to a call of gRPC. @returns whether that was the whole answer */
  async call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<boolean> {
    const asked: Asked = {
      operationId: operationOf(headers[':path'] ?? ''),
      images: [],
      client: headers['user-agent'] ?? '',
    };
    const fault = this.#choice?.of(asked, ({ blob }) => blob === undefined);
    return fault !== undefined && strikeCall(fault, stream, headers);
  }

  /** What the content service reads: `ContentInfo` and `ContentRead` are its operations, blob faults are what it knows. */
  content(inner: ContentStore): Pick<ContentStore, 'info' | 'stream' | 'list'> {
    const of = (operationId: string, digest: string): ContentStore => {
      const asked: Asked = { operationId, images: [], client: '' };
      const fault = this.#choice?.of(asked, ({ blob }) => blob !== undefined && concerns(blob, digest));
      return fault?.blob === undefined ? inner : new FaultyContent(inner, () => fault.blob);
    };
    return {
      info: (digest) => of('ContentInfo', digest).info(digest),
      stream: (digest, range) => of('ContentRead', digest).stream(digest, range),
      list: () => inner.list(),
    };
  }
}
