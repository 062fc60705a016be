import type { NamedReference } from '../../oci/reference.js';
import { Authorizer } from './authorizer.js';
import { type Endpoint, Endpoints } from './endpoints.js';
import { Repository } from './repository.js';
import type { Host } from './requester.js';
import { Transport } from './transport.js';
import type { Credentials, RegistryOptions } from './types.js';
import { Uploader } from './uploader.js';

/** What one use of a repository brings along. */
export interface RepositoryUse {
  readonly credentials?: Credentials | undefined;
  /** Sent to the registry with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** A client of OCI registries; keeps connections between uses, but no credentials. */
export class Registry {
  readonly endpoints: Endpoints;
  readonly userAgent: string;
  private readonly transports = new Map<string, Transport>();

  /** @throws AttestdError INVALID_ARGUMENT for a mirror or an insecure registry that dockerd would refuse */
  constructor(private readonly options: RegistryOptions = {}) {
    this.endpoints = new Endpoints(options);
    this.userAgent = options.userAgent ?? 'attestd';
  }

  /**
   * A repository to read from.
   *
   * @throws AttestdError INVALID_ARGUMENT for certificates that are incomplete
   */
  async repository(reference: NamedReference, use: RepositoryUse = {}): Promise<Repository> {
    return new Repository(await this.repositoryOptions(reference, use, 'pull'));
  }

  /**
   * A repository to write to.
   *
   * @throws AttestdError INVALID_ARGUMENT for certificates that are incomplete
   */
  async uploader(reference: NamedReference, use: RepositoryUse = {}): Promise<Uploader> {
    return new Uploader(await this.repositoryOptions(reference, use, 'push'));
  }

  /** The connections to an endpoint. */
  transport(endpoint: Endpoint): Transport {
    const { scheme, host, insecure, fallback } = endpoint;
    const key = `${scheme}://${host} ${insecure} ${fallback}`;
    const known = this.transports.get(key);
    if (known !== undefined) return known;
    const transport = new Transport(endpoint, this.options);
    this.transports.set(key, transport);
    return transport;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const open = [...this.transports.values()];
    this.transports.clear();
    await Promise.all(open.map((transport) => transport.close()));
  }

  private async repositoryOptions(reference: NamedReference, use: RepositoryUse, purpose: 'pull' | 'push') {
    const { credentials = {}, headers = {}, signal } = use;
    const endpoints = await this.endpoints.of(reference.domain, purpose);
    const hosts = endpoints.map((endpoint): Host => {
      const transport = this.transport(endpoint);
      const send = (request: Parameters<Transport['send']>[0]) => transport.send(request);
      const authorizer = new Authorizer(reference.domain, credentials, send, this.userAgent);
      return { endpoint, transport, authorizer };
    });
    const foreign = (url: URL): Host => this.foreign(url);
    return { reference, hosts, headers: { ...headers, 'user-agent': this.userAgent }, signal, foreign };
  }

  private foreign(url: URL): Host {
    const scheme = url.protocol === 'http:' ? 'http' : 'https';
    const about = { path: '', mirror: false, insecure: false, fallback: false, certificates: {} } as const;
    const endpoint = { scheme, host: url.host, ...about } as const;
    const nobody = { authorize: async () => undefined, challenged: () => false };
    return { endpoint, transport: this.transport(endpoint), authorizer: nobody };
  }
}
