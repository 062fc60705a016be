import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { connect, type EngineClient } from '../client/engine-client.js';
import type { ImageAccess } from '../client/index.js';
import { accessRule, insecureAddresses } from '../server/access.js';
import { formatAddress, parseAddress } from '../server/address.js';
import { createHttp1Server } from '../server/http1.js';
import { type Listener, listen } from '../server/listener.js';
import { AttestdError } from '../support/foundation/errors.js';
import type { Audit, Decision } from './audit.js';
import { type Admitted, type Around, admitCreate, admitStart, Denied, withWarnings } from './containers.js';
import { DaemonFiles } from './daemon-files.js';
import type { Exception } from './exceptions.js';
import { admitExec, admitVolume } from './exec-and-volume.js';
import { answerError, Daemon, pass, passUpgrade } from './forward.js';
import { serveHeads } from './front.js';
import { CachedImageAccess } from './image-cache.js';
import type { GateJudge } from './judge.js';
import { type Rule, ruleOf } from './rules.js';
import { isLarge, streamBodies } from './stream-bodies.js';
import { type GateTarget, readTarget, writeTarget } from './target.js';

export { type Audit, type Decision, fileAudit, streamAudit } from './audit.js';
export { type Exception, exceptions } from './exceptions.js';
export { type GateJudge, type GatePlatform, type GateVerdict, policyJudge, type Question } from './judge.js';

/** How a gate is to stand. */
export interface GateOptions {
  /** Addresses to listen at, `unix:///path` or `tcp://127.0.0.1:port`. */
  readonly listen: readonly string[];
  /** The daemon behind it; found as the docker CLI finds it without it. */
  readonly host?: string;
  /** Makes the judge, of what the gate knows of the daemon's images. */
  readonly judge: (access: ImageAccess) => GateJudge | Promise<GateJudge>;
  readonly audit: Audit;
  /** Rules that are off. */
  readonly allow?: readonly Exception[];
  /** Milliseconds that a decision may take; after them it is none. 10 seconds without it. */
  readonly timeout?: number;
}

/** A gate that stands. */
export interface Gate {
  /** Where it listens, as DOCKER_HOST has it. */
  readonly hosts: readonly string[];
  /** The daemon behind it. */
  readonly daemon: string;
  /** Ends every connection, and removes the sockets. */
  close(): Promise<void>;
}

/** Containers whose images' names are remembered, and questions whose answers are. */
const rememberedNames = 10_000;

/** Longest body that is judged, in bytes: more than any client sends. */
const longestBody = 4 * 1024 * 1024;

/** Milliseconds in which the body of a judged request has to come. */
const bodyTime = 30_000;

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const coding = request.headers['content-encoding'];
  if (coding !== undefined) throw new AttestdError('INVALID_ARGUMENT', `the gate refuses a body in ${coding}`);
  const late = setTimeout(() => request.destroy(), bodyTime);
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > longestBody) throw new AttestdError('INVALID_ARGUMENT', 'the gate refuses a body of this length');
      pieces.push(piece);
    }
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(pieces);
}

/** Bodies are read as JSON here, and a daemon would read a form in the query's place. */
function checkForJson({ headers }: IncomingMessage, body: Buffer): void {
  const type = headers['content-type'];
  if (body.length === 0 && type === undefined) return;
  if (!/^application\/json\s*(;|$)/i.test(type ?? ''))
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `the gate refuses a body of type '${type ?? ''}': it has to be application/json`,
    );
}

/** A request, and what is known of it. */
interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: GateTarget;
  readonly operation: string;
  readonly began: number;
}

class GateKeeper {
  readonly #around: Around;
  readonly #daemon: Daemon;
  readonly #access: CachedImageAccess;
  readonly #options: GateOptions;

  constructor(options: GateOptions, client: EngineClient, daemon: Daemon, access: CachedImageAccess, judge: GateJudge) {
    const allow = new Set(options.allow);
    const { target } = client.discovery;
    this.#options = options;
    this.#daemon = daemon;
    this.#access = access;
    this.#around = {
      client,
      access,
      judge,
      files: new DaemonFiles(target),
      names: new LRUCache({ max: rememberedNames }),
      made: new LRUCache({ max: rememberedNames }),
      allows: (exception) => allow.has(exception),
    };
  }

  /** Take a request; whatever goes wrong ends in a refusal. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const began = performance.now();
    const { method = '', url = '' } = request;
    let operation = `${method} ${url.slice(0, 200)}`;
    const take = async (): Promise<void> => {
      const target = readTarget(url);
      const found = ruleOf(method, target.path);
      operation = found.operation;
      await this.#follow(found.rule, { request, response, target, operation, began });
    };
    take().catch((error: unknown) => this.#refuse(response, operation, began, error));
  }

  async #follow(rule: Rule, visit: Visit): Promise<void> {
    const { request, response, target } = visit;
    const mayUpgrade = rule.kind === 'hijack' || (rule.kind === 'unjudged' && rule.upgrade === true);
    if (request.headers.upgrade !== undefined && !mayUpgrade)
      throw new AttestdError('INVALID_ARGUMENT', 'the gate refuses to upgrade the connection of this request');
    if (rule.kind === 'unjudged' && !this.#around.allows(rule.exception))
      throw new AttestdError(
        'FORBIDDEN',
        `the gate refuses ${visit.operation}: it cannot be judged ('--allow ${rule.exception}')`,
      );
    if (changesImages(visit)) {
      this.#access.forget();
      response.once('close', () => this.#access.forget());
    }
    if (mayUpgrade) {
      const { 'content-length': length = '0' } = request.headers;
      const body = length === '0' ? Buffer.alloc(0) : await readAll(request);
      passUpgrade(this.#daemon, request, response, writeTarget(target), body);
    } else if (rule.kind === 'pass' || rule.kind === 'unjudged')
      (isLarge(visit.operation, request) ? streamBodies : pass)(this.#daemon, request, response, writeTarget(target));
    else await this.#judge(rule.kind, visit);
  }

  async #admit(kind: 'create' | 'start' | 'exec' | 'volume', { request, target }: Visit): Promise<Admitted> {
    const bytes = await readAll(request);
    const version = target.version ?? this.#around.client.apiVersion;
    if (kind !== 'start' || target.path.endsWith('/update')) checkForJson(request, bytes);
    if (kind === 'create') return admitCreate(this.#around, target, bytes, version);
    if (kind === 'start') return admitStart(this.#around, target, { bytes, version });
    return kind === 'exec' ? admitExec(this.#around, target, bytes) : admitVolume(this.#around, target, bytes);
  }

  /** Decide, write it down, and only then ask the daemon. */
  async #judge(kind: 'create' | 'start' | 'exec' | 'volume', visit: Visit): Promise<void> {
    const { response, operation, began } = visit;
    const admitted = await this.#inTime(this.#admit(kind, visit));
    const { image, id, manifest, container } = admitted;
    const about = {
      ...(image && { image }),
      ...(id && { id }),
      ...(manifest && { manifest }),
      ...(container && { container }),
    };
    if (kind === 'create' || kind === 'start')
      await this.#write({ decision: 'allow', operation, ...about, ms: since(began) });
    if (response.destroyed) return;
    const { status, headers, body } = await this.#daemon.send(admitted, response);
    if (status === 201 && admitted.check) await admitted.check(JSON.parse(body.toString()) as { Id?: string });
    const answer = status === 201 && kind === 'create' ? withWarnings(body, admitted.warnings ?? []) : body;
    response.sendDate = false;
    response.writeHead(status, {
      ...headers,
      ...(status === 204 || status === 304 ? {} : { 'Content-Length': answer.length }),
    });
    response.end(answer);
  }

  async #inTime<T>(decision: Promise<T>): Promise<T> {
    const { timeout = 10_000 } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new AttestdError('UNAVAILABLE', `the gate has no verdict after ${timeout} ms`)),
        timeout,
      );
    });
    try {
      return await Promise.race([decision, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #write(decision: Decision): Promise<void> {
    try {
      await this.#options.audit.write(decision);
    } catch (cause) {
      throw new AttestdError('UNAVAILABLE', 'the gate cannot write down what it decides', { cause });
    }
  }

  #refuse(response: ServerResponse, operation: string, began: number, error: unknown): void {
    const known = error instanceof AttestdError;
    const message = error instanceof Error ? error.message : String(error);
    const denied = error instanceof Denied ? error : undefined;
    const decision = denied ? 'deny' : known && error.httpStatus < 500 ? 'refuse' : 'error';
    const status = known && error.httpStatus < 500 ? error.httpStatus : 503;
    const reasons = denied?.reasons ?? [message];
    this.#write({ decision, operation, ...denied?.about, reasons, ms: since(began) })
      .catch(() => undefined)
      .then(() => {
        if (!response.destroyed) answerError(response, status, message);
      });
  }

  /** Close idle connections, and hear no more of the daemon. */
  close(): void {
    this.#access.close();
    this.#daemon.close();
  }
}

/** Whether a request may change what names lead to: its event may come later than the client's next request. */
const changesImages = ({ request, target }: Visit): boolean =>
  request.method !== 'GET' &&
  request.method !== 'HEAD' &&
  /^\/(images|build|commit|session|grpc)(\/|$)/.test(target.path);

const since = (began: number): number => Math.round((performance.now() - began) * 10) / 10;

/** The keeper's handler behind the rule about web pages. */
function guarded(keeper: GateKeeper, refusal: (request: IncomingMessage) => string | undefined) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const reason = refusal(request);
    if (reason === undefined) keeper.handle(request, response);
    else answerError(response, 403, reason);
  };
}

/**
 * Stand before a daemon and let through what a policy allows (docs/reference/gate.md). Requests are read to the end of their heads, and
 * written anew for the daemon.
 *
 * @throws AttestdError USAGE for an address that is none, UNAVAILABLE when no daemon answers, ALREADY_EXISTS when somebody else listens
 *   there
 */
export async function startGate(options: GateOptions): Promise<Gate> {
  const addresses = options.listen.map(parseAddress);
  insecureAddresses(addresses, false, {});
  const { host, timeout = 10_000 } = options;
  // What a decision that is over has asked the daemon is not asked for ever.
  const client = await connect({ ...(host !== undefined && { host }), deadline: Math.max(timeout, 10_000) });
  const { target } = client.discovery;
  const daemon = new Daemon(target);
  const access = new CachedImageAccess(client, daemon);
  const keeper = new GateKeeper(options, client, daemon, access, await options.judge(access));
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((one) => one.close()));
    keeper.close();
    client.close();
    await options.audit.close();
  };
  try {
    for (const address of addresses) {
      if (address.kind === 'unix' && target.kind === 'unix' && address.path === target.path)
        throw new AttestdError('USAGE', `${formatAddress(address)} is the daemon's own address`);
      const server = createHttp1Server({ handle: guarded(keeper, accessRule(addresses, {})), upgrade: () => false });
      listeners.push(await listen(address, { http1: (socket) => serveHeads(server, socket) }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    hosts: listeners.map(({ address }) => formatAddress(address)),
    daemon: target.kind === 'unix' ? `unix://${target.path}` : `tcp://${target.host}:${target.port}`,
    close,
  };
}
