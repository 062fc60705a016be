import { AttestdError } from '../foundation/errors.js';
import { quote } from '../go/quote.js';
import { type Challenge, parseChallenges } from './challenge.js';
import type { Endpoint } from './endpoints.js';
import { refusalError } from './error-codes.js';
import { goMethod, withoutQuery } from './network-errors.js';
import type { Registry } from './registry.js';
import { fetchToken, type Token, type TokenRequest } from './tokens.js';
import { drop, type RegistryResponse, type Transport } from './transport.js';
import type { Credentials } from './types.js';

/** What a client of one endpoint needs to know. */
export interface LegacyEndpointOptions {
  readonly credentials?: Credentials | undefined;
  /** What tokens must be good for. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Ask for an identity token. */
  readonly offline?: boolean;
}

/**
 * One endpoint of a registry, asked once what credentials it wants: how dockerd logs in, inspects and lists tags, where a
 * registry that wants none at `/v2/` gets none later either (docs/reference/registries.md#login-and-inspect).
 */
export class LegacyEndpoint {
  /** The last token server's identity token. */
  identityToken: string | undefined;
  private token: Token | undefined;

  private constructor(
    private readonly base: URL,
    private readonly transport: Transport,
    private readonly challenges: readonly Challenge[],
    private readonly userAgent: string,
    private readonly options: LegacyEndpointOptions,
  ) {}

  /**
   * Ask an endpoint for `/v2/`.
   *
   * @throws AttestdError INTERNAL when it does not answer
   */
  static async open(registry: Registry, endpoint: Endpoint, options: LegacyEndpointOptions): Promise<LegacyEndpoint> {
    const { scheme, host, path } = endpoint;
    const base = new URL(`${scheme}://${host}${path}/`);
    const transport = registry.transport(endpoint);
    const headers = { 'user-agent': registry.userAgent };
    const response = await transport.send({ method: 'GET', url: base, headers, signal: options.signal });
    await drop(response);
    const values = response.status === 401 ? (response.headers['www-authenticate'] ?? []) : [];
    const challenges = parseChallenges(Array.isArray(values) ? values : [values]);
    return new LegacyEndpoint(base, transport, challenges, registry.userAgent, options);
  }

  /**
   * Send one request with the credentials that the endpoint wants, once.
   *
   * @param target behind `/v2/`
   * @throws AttestdError INTERNAL without an answer, UNAUTHORIZED when a token server refuses
   */
  async send(
    method: string,
    target: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RegistryResponse> {
    const url = new URL(target, this.base);
    const authorize = async (to: URL): Promise<string | undefined> =>
      to.host === url.host ? this.authorization(method, url) : undefined;
    const { signal } = this.options;
    return this.transport.send(
      { method, url, headers: { ...headers, 'user-agent': this.userAgent }, signal },
      authorize,
    );
  }

  private async authorization(method: string, url: URL): Promise<string | undefined> {
    const { credentials = {} } = this.options;
    const { username = '', password = '', registryToken } = credentials;
    for (const { scheme, parameters } of this.challenges) {
      if (scheme === 'bearer') return `Bearer ${registryToken || (await this.bearer(parameters, method, url))}`;
      if (scheme === 'basic' && !registryToken && username !== '' && password !== '')
        return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    }
    return undefined;
  }

  private async bearer(parameters: Readonly<Record<string, string>>, method: string, url: URL): Promise<string> {
    const { expires } = this.token ?? {};
    if (this.token !== undefined && (expires === undefined || expires > Date.now())) return this.token.value;
    const { credentials = {}, scopes, signal, offline } = this.options;
    const { username = '', password = '', identityToken } = credentials;
    const request: TokenRequest = {
      realm: parameters.realm ?? '',
      service: parameters.service ?? '',
      scopes,
      username: identityToken ? '' : username,
      secret: identityToken || password,
      userAgent: this.userAgent,
      signal,
      ...(offline && { offline }),
      byGet: !identityToken,
    };
    try {
      this.token = await fetchToken(request, (one) => this.refusing(this.transport.send(one)));
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      const why = error.message.replace(/^failed to fetch [a-z]+ token: /, '');
      const message = `${goMethod(method)} ${quote(withoutQuery(url))}: ${why}`;
      throw new AttestdError(error.code, message, { cause: error });
    }
    this.identityToken = this.token.identityToken ?? this.identityToken;
    return this.token.value;
  }

  private async refusing(coming: Promise<RegistryResponse>): Promise<RegistryResponse> {
    const response = await coming;
    if (response.status < 200 || response.status > 399) throw await refusalError(response);
    return response;
  }
}

/** The endpoints of a registry as such clients try them: TLS, then plain HTTP where it may be spoken. */
export async function legacyEndpoints(
  registry: Registry,
  domain: string,
  purpose: 'pull' | 'push',
): Promise<readonly Endpoint[]> {
  const endpoints = await registry.endpoints.of(domain, purpose);
  return endpoints.flatMap((endpoint) => {
    const strict = { ...endpoint, fallback: false };
    const plain = { ...strict, scheme: 'http' } as const;
    return endpoint.insecure && !endpoint.mirror && endpoint.scheme === 'https' ? [strict, plain] : [strict];
  });
}
