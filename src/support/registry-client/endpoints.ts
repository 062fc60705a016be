import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { AttestdError } from '../foundation/errors.js';
import { quote } from '../go/quote.js';
import { trimRight } from '../go/strings.js';
import { type HostCertificates, readHostCertificates } from './certificates.js';
import type { RegistryOptions } from './types.js';

/** Where a registry, or a mirror of it, is. */
export interface Endpoint {
  readonly scheme: 'https' | 'http';
  /** With its port where the name has one. */
  readonly host: string;
  /** Path before repositories, `/v2` as a rule. */
  readonly path: string;
  /** Whether it stands in for another registry, which it must be told then. */
  readonly mirror: boolean;
  /** Whether certificates go unchecked. */
  readonly insecure: boolean;
  /** Whether plain HTTP is spoken where the other side does not speak TLS. */
  readonly fallback: boolean;
  readonly certificates: HostCertificates;
}

const defaultDomain = 'docker.io';
const defaultHost = 'registry-1.docker.io';

/** Which registries may be reached insecurely, and which mirrors stand before docker.io. */
export class Endpoints {
  private readonly networks = new BlockList();
  private readonly insecure = new Set<string>();
  private readonly mirrors: readonly URL[];
  private readonly certsDir: string | undefined;
  private readonly lookup: LookupFunction;

  /** @throws AttestdError INVALID_ARGUMENT for a mirror or an insecure registry that dockerd would refuse */
  constructor(options: RegistryOptions) {
    for (const registry of options.insecureRegistries ?? []) this.addInsecure(registry);
    // Whoever runs a registry on this machine need not get a certificate for it.
    this.networks.addSubnet('127.0.0.0', 8, 'ipv4');
    this.networks.addSubnet('::1', 128, 'ipv6');
    this.mirrors = [...new Set((options.mirrors ?? []).map((mirror) => parseMirror(mirror).href))].map(
      (href) => new URL(href),
    );
    this.certsDir = options.certsDir;
    this.lookup = options.lookup ?? lookup;
  }

  /**
   * The endpoints of a registry in the order in which they are tried.
   *
   * @param domain as in references, `docker.io` for example
   * @param purpose mirrors are only pulled from
   */
  async of(domain: string, purpose: 'pull' | 'push'): Promise<readonly Endpoint[]> {
    if (domain !== defaultDomain) return [await this.endpoint('https', domain, '/v2', false)];
    const mirrors = purpose === 'pull' ? this.mirrors : [];
    return Promise.all([
      ...mirrors.map(({ protocol, host, pathname }) => {
        const path = trimRight(pathname, '/');
        const scheme = protocol === 'http:' ? 'http' : 'https';
        return this.endpoint(scheme, host, path.endsWith('/v2') ? path : `${path}/v2`, true);
      }),
      officialEndpoint,
    ]);
  }

  /** Whether a host, with or without its port, may be reached insecurely. */
  async isInsecure(host: string): Promise<boolean> {
    if (this.insecure.has(host)) return true;
    const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    const addresses = isIP(name) === 0 ? await this.addressesOf(name) : [name];
    return addresses.some((address) => this.networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
  }

  /** None where the name cannot be looked up. */
  private addressesOf(name: string): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.lookup(name, { all: true }, (error, found) => {
        const list = Array.isArray(found) ? found.map(({ address }) => address) : [found];
        resolve(error === null ? list : []);
      });
    });
  }

  private async endpoint(scheme: Endpoint['scheme'], host: string, path: string, mirror: boolean): Promise<Endpoint> {
    const insecure = await this.isInsecure(host);
    const known = !insecure && this.certsDir !== undefined;
    const certificates = known ? await readHostCertificates(this.certsDir as string, host) : {};
    return { scheme, host, path, mirror, insecure, fallback: insecure, certificates };
  }

  private addInsecure(text: string): void {
    const refuse = (why: string): never => {
      throw new AttestdError('INVALID_ARGUMENT', why);
    };
    if (/^-|-$/.test(text)) refuse(`invalid index name (${text}). Cannot begin or end with a hyphen`);
    const [, scheme, rest] = /^([^:/]*):\/\/(.*)$/s.exec(text) ?? [];
    if (scheme !== undefined && !/^https?$/i.test(scheme)) refuse(`insecure registry ${text} should not contain '://'`);
    const registry = rest ?? text;
    const [, network = '', bits = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(registry) ?? [];
    const family = isIP(network);
    if (family !== 0 && Number(bits) <= (family === 6 ? 128 : 32)) {
      this.networks.addSubnet(network, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
      return;
    }
    const [, name = '', port] = /^(.*?)(?::(\d+))?$/s.exec(registry) ?? [];
    const host = name.replace(/^\[(.*)\]$/, '$1');
    if (!isHostName(host) && isIP(host) === 0)
      refuse(`insecure registry ${registry} is not valid: invalid host "${host}"`);
    if (Number(port ?? 0) > 65535) refuse(`insecure registry ${registry} is not valid: invalid port "${port}"`);
    this.insecure.add(registry);
  }
}

const officialEndpoint: Endpoint = {
  scheme: 'https',
  host: defaultHost,
  path: '/v2',
  mirror: false,
  insecure: false,
  fallback: false,
  certificates: {},
};

const isHostName = (text: string): boolean =>
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/.test(text);

/** The base URL of a mirror, as dockerd's `--registry-mirror` takes it. */
function parseMirror(text: string): URL {
  const refuse = (why: string): AttestdError => new AttestdError('INVALID_ARGUMENT', `invalid mirror: ${why}`);
  const schemes = "must use either 'https://' or 'http://'";
  if (!/^[^:/]+:\/\//.test(text)) throw refuse(`no scheme specified for ${quote(text)}: ${schemes}`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refuse(`${quote(text)} is not a valid URI`);
  if (!/^https?:$/.test(url.protocol)) {
    throw refuse(`unsupported scheme ${quote(url.protocol.slice(0, -1))} in ${quote(text)}: ${schemes}`);
  }
  if (url.search !== '' || url.hash !== '') throw refuse(`query or fragment at end of the URI ${quote(text)}`);
  if (url.username !== '' || url.password !== '') {
    throw refuse(`username/password not allowed in URI for host ${quote(url.host)}`);
  }
  return url;
}
