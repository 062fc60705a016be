import { AttestdError } from '../foundation/errors.js';
import { type Challenge, parseChallenges } from './challenge.js';
import { fetchToken, type Token, type TokenRequest } from './tokens.js';
import type { RegistryRequest, RegistryResponse } from './transport.js';
import type { Credentials } from './types.js';

/** How one host wants requests to be authorized. */
interface Handler {
  readonly scheme: 'basic' | 'bearer';
  readonly realm: string;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly username: string;
  readonly secret: string;
  /** Tokens, or requests for them, by their scopes. */
  readonly tokens: Map<string, Promise<Token>>;
}

const dockerHost = 'registry-1.docker.io';

/** Answers the challenges of registries, each host with what is meant for it. */
export class Authorizer {
  private readonly handlers = new Map<string, Handler>();
  private readonly host: string;

  /**
   * @param domain the registry that the credentials are for where they do not say
   * @param send sends requests to token servers
   */
  constructor(
    domain: string,
    private readonly credentials: Credentials,
    private readonly send: (request: RegistryRequest) => Promise<RegistryResponse>,
    private readonly userAgent: string,
  ) {
    const host = hostOf(credentials.host ?? '') || domain;
    this.host = host === 'docker.io' || host === 'index.docker.io' ? dockerHost : host;
  }

  /**
   * The Authorization header for a request.
   *
   * @param scopes what the request needs, such as `repository:library/busybox:pull`
   * @returns undefined where the host has not asked for any
   * @throws AttestdError UNAUTHORIZED when a token server refuses, INTERNAL when it answers nonsense
   */
  async authorize(url: URL, scopes: readonly string[], signal?: AbortSignal): Promise<string | undefined> {
    const { registryToken } = this.credentials;
    if (registryToken) return url.host === this.host ? `Bearer ${registryToken}` : undefined;
    const handler = this.handlers.get(url.host);
    if (handler === undefined) return undefined;
    if (handler.scheme === 'basic') return `Basic ${base64(`${handler.username}:${handler.secret}`)}`;
    return `Bearer ${(await this.token(handler, scopes, signal)).value}`;
  }

  /**
   * Take in an answer of status 401.
   *
   * @param repeated whether the same request had this answer before
   * @returns whether the request is worth sending again
   * @throws AttestdError UNAUTHORIZED where it cannot succeed
   */
  challenged(response: RegistryResponse, repeated: boolean): boolean {
    if (this.credentials.registryToken) return false;
    const { host } = response.url;
    const values = response.headers['www-authenticate'] ?? [];
    for (const challenge of parseChallenges(Array.isArray(values) ? values : [values])) {
      if (challenge.scheme === 'bearer') return this.bearer(host, challenge, repeated);
      if (challenge.scheme === 'basic') return this.basic(host);
    }
    return false;
  }

  private bearer(host: string, { parameters }: Challenge, repeated: boolean): boolean {
    const { realm = '', service = '', scope = '', error } = parameters;
    if (error !== undefined && error !== '') {
      this.handlers.delete(host);
      if (repeated) throw new AttestdError('UNAUTHORIZED', `server message: ${error}: authorization failed`);
    }
    if (this.handlers.has(host)) return true;
    if (realm === '') throw new AttestdError('INTERNAL', 'no realm specified for token auth challenge');
    const [username, secret] = this.secretFor(host);
    const scopes = scope.split(' ').filter((one) => one !== '');
    this.handlers.set(host, { scheme: 'bearer', realm, service, scopes, username, secret, tokens: new Map() });
    return true;
  }

  private basic(host: string): boolean {
    const [username, secret] = this.secretFor(host);
    if (username === '' || secret === '')
      throw new AttestdError('UNAUTHORIZED', 'authorization failed: no basic auth credentials');
    this.handlers.set(host, {
      scheme: 'basic',
      realm: '',
      service: '',
      scopes: [],
      username,
      secret,
      tokens: new Map(),
    });
    return true;
  }

  /** What is known for a host: nothing, unless the credentials are for it. */
  private secretFor(host: string): readonly [username: string, secret: string] {
    if (host !== this.host) return ['', ''];
    const { username = '', password = '', identityToken } = this.credentials;
    return identityToken ? ['', identityToken] : [username, password];
  }

  private async token(handler: Handler, scopes: readonly string[], signal?: AbortSignal): Promise<Token> {
    const { realm, service, username, secret, tokens } = handler;
    const wanted = [...new Set([...handler.scopes, ...scopes])].sort();
    const key = wanted.join(' ');
    const known = await tokens.get(key)?.catch(() => undefined);
    if (known !== undefined && (known.expires === undefined || known.expires > Date.now())) return known;
    const request: TokenRequest = {
      realm,
      service,
      scopes: wanted,
      username,
      secret,
      userAgent: this.userAgent,
      signal,
    };
    const coming = fetchToken(request, this.send);
    tokens.set(key, coming);
    return coming;
  }
}

/** The host in a server's address, which may be a URL. */
export function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, '').split('/', 1)[0] as string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
