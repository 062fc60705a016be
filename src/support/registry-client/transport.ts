import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AttestdError } from '../foundation/errors.js';
import { quote } from '../go/quote.js';
import type { Endpoint } from './endpoints.js';
import { goMethod, isPlainHttp, requestFailed, withoutQuery } from './network-errors.js';
import type { RegistryOptions } from './types.js';

/** A body that can be sent more than once, for a request may have to be. */
export interface RequestBody {
  /** Bytes. */
  readonly length: number;
  readonly open: () => Promise<Readable | Buffer>;
}

/** A request to a registry or to what it names. */
export interface RegistryRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** Whether headers or body hold credentials, which no other host may have. */
  readonly confidential?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body has to be read or dropped. */
export interface RegistryResponse {
  readonly method: string;
  /** Where the answer came from, after redirects and with the scheme that was spoken. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
}

/** Redirects that are followed. */
const maximumRedirects = 10;
/** Milliseconds until a connection must be there. */
const connectTimeout = 30_000;
/** Milliseconds without a byte after which an answer counts as broken. */
const silence = 120_000;

/** Loaded with the first request: a server that asks no registry starts sooner without it. */
const undici = (): Promise<Undici> => import('undici');

type Undici = typeof import('undici');

/** Requests to one endpoint and to where it redirects. */
export class Transport {
  private readonly agents = new Map<string, Dispatcher>();
  /** Set once the endpoint answered TLS with plain HTTP. */
  private plain = false;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly options: Pick<RegistryOptions, 'debug' | 'lookup'> = {},
  ) {}

  /**
   * Send a request and follow redirects.
   *
   * @param authorize gives the Authorization header for a URL, where its host is to have one
   * @throws AttestdError INTERNAL with what Go says of a broken connection; whatever `authorize` throws
   */
  async send(
    wanted: RegistryRequest,
    authorize: (url: URL) => Promise<string | undefined> = async () => undefined,
  ): Promise<RegistryResponse> {
    let { method, url, body } = wanted;
    for (let redirects = 0; ; redirects++) {
      const authorization = this.isWeaker(url, wanted.url) ? undefined : await authorize(url);
      const headers = { ...wanted.headers, ...(authorization !== undefined && { authorization }) };
      const response = await this.one({ ...wanted, method, url, headers, ...(body && { body }) });
      const { location } = response.headers;
      if (![301, 302, 303, 307, 308].includes(response.status) || typeof location !== 'string') return response;
      await drop(response);
      const stop = (why: string): AttestdError =>
        new AttestdError('INTERNAL', `${goMethod(method)} ${quote(withoutQuery(url))}: ${why}`);
      if (redirects + 1 >= maximumRedirects) throw stop(`stopped after ${maximumRedirects} redirects`);
      const next = redirected(method, response.url, location);
      if (wanted.confidential && (next.host !== wanted.url.host || this.isWeaker(next, wanted.url)))
        throw stop(`the redirect to ${next.origin} is not followed, for it would give credentials away`);
      url = next;
      if (response.status < 307 && method !== 'GET' && method !== 'HEAD') {
        method = 'GET';
        body = undefined;
      }
    }
  }

  /** Whether a URL is asked in plain text although another was not, by the other side's will alone. */
  private isWeaker(url: URL, than: URL): boolean {
    return than.protocol === 'https:' && url.protocol === 'http:' && !(this.plain && url.host === than.host);
  }

  async close(): Promise<void> {
    await Promise.all([...this.agents.values()].map((agent) => agent.destroy()));
  }

  /** One request, in plain HTTP where the endpoint does not speak TLS and need not. */
  private async one(wanted: RegistryRequest): Promise<RegistryResponse> {
    const fallback = this.endpoint.fallback && wanted.url.host === this.endpoint.host;
    if (fallback && this.plain) return this.exchange(wanted, plainUrl(wanted.url));
    try {
      return await this.exchange(wanted, wanted.url);
    } catch (error) {
      if (!fallback || wanted.url.protocol !== 'https:' || !isPlainHttp(error)) throw error;
      this.plain = true;
      return this.exchange(wanted, plainUrl(wanted.url));
    }
  }

  private async exchange({ method, headers, body, signal }: RegistryRequest, url: URL): Promise<RegistryResponse> {
    this.options.debug?.(`${method} ${withoutQuery(url)}`);
    const http = await undici();
    const content = await body?.open();
    try {
      const response = await http.request(url, {
        method: method as Dispatcher.HttpMethod,
        headers: { ...headers, ...(body && { 'content-length': String(body.length) }) },
        body: content ?? null,
        dispatcher: this.agent(http, url),
        headersTimeout: silence,
        bodyTimeout: silence,
        ...(signal && { signal }),
      });
      // Whoever drops the body must not bring the process down by it.
      response.body.on('error', () => undefined);
      return { method, url, status: response.statusCode, headers: response.headers, body: response.body };
    } catch (error) {
      if (content !== undefined && !Buffer.isBuffer(content)) content.destroy();
      throw requestFailed(method, url, error);
    }
  }

  private agent(http: Undici, url: URL): Dispatcher {
    const known = this.agents.get(url.origin);
    if (known !== undefined) return known;
    const { insecure, certificates, host } = this.endpoint;
    const { ca, cert, key } = certificates;
    const own = url.host === host && cert !== undefined && key !== undefined;
    const connect = {
      timeout: connectTimeout,
      rejectUnauthorized: !insecure,
      ...(this.options.lookup && { lookup: this.options.lookup }),
      ...(ca && { ca }),
      ...(own && { cert, key }),
    };
    // As in Go, this machine is never reached by way of a proxy.
    const here = /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
    const agent = here ? new http.Agent({ connect }) : new http.EnvHttpProxyAgent({ connect, requestTls: connect });
    this.agents.set(url.origin, agent);
    return agent;
  }
}

/** Let an answer go without reading it all. */
export async function drop({ body }: Pick<RegistryResponse, 'body'>): Promise<void> {
  // A short rest is read so that the connection can be used again; a long one is cut off.
  await body.dump({ limit: 16 * 1024 }).catch(() => undefined);
}

/** A header that comes once. */
export function header({ headers }: Pick<RegistryResponse, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function redirected(method: string, from: URL, location: string): URL {
  const bad = (why: string): AttestdError =>
    new AttestdError('INTERNAL', `${goMethod(method)} ${quote(withoutQuery(from))}: ${why}`);
  if (!URL.canParse(location, from.href)) throw bad('failed to parse Location header');
  const url = new URL(location, from);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw bad(`unsupported protocol scheme ${quote(url.protocol.slice(0, -1))}`);
  // Credentials in a redirect are nobody's to send.
  url.username = '';
  url.password = '';
  return url;
}

function plainUrl(url: URL): URL {
  const plain = new URL(url);
  plain.protocol = 'http:';
  return plain;
}
