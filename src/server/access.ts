import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { AttestdError } from '../support/foundation/errors.js';
import { type Address, formatAddress } from './address.js';

/** Who may send requests over TCP, besides programs that name the server by its address. */
export interface AccessOptions {
  /** Names by which clients may call the server in `Host`, besides addresses, `localhost` and the names it listens at. */
  readonly allowHosts?: readonly string[];
  /** Whether to answer requests with an `Origin`, which only web pages send. */
  readonly allowOrigin?: boolean;
  /** Whether to listen beyond this machine without TLS: whoever reaches the port can then do everything. */
  readonly allowInsecureRemote?: boolean;
}

/** Says why a request is refused; undefined where it is not. */
export type AccessRule = (
  request: Pick<IncomingMessage, 'headers' | 'url'> & { readonly socket: Peer },
) => string | undefined;

/** The other end of a connection; without an address on a unix socket. */
interface Peer {
  readonly remoteAddress?: string | undefined;
}

/** Whether only programs on this machine reach an address. */
function isLocal(address: Address): boolean {
  if (address.kind === 'unix') return true;
  return address.host === 'localhost' || address.host === '::1' || /^127(\.\d{1,3}){3}$/.test(address.host);
}

/**
 * The addresses of a server that everybody who reaches them may use: TCP beyond this machine, without TLS.
 *
 * @throws AttestdError USAGE for such an address unless it is allowed
 */
export function insecureAddresses(
  addresses: readonly Address[],
  tls: boolean,
  { allowInsecureRemote = false }: AccessOptions,
): readonly string[] {
  const insecure = tls ? [] : addresses.filter((address) => !isLocal(address)).map(formatAddress);
  if (insecure.length === 0 || allowInsecureRemote) return insecure;
  throw new AttestdError(
    'USAGE',
    `${insecure[0]} can be reached from other machines without TLS: give --tlscert and --tlskey, or --allow-insecure-remote`,
  );
}

/** The host of a `Host` header, without its port. */
function hostOf(header: string): string {
  return header
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

/**
 * A web page must not drive the server through its reader's browser: neither with requests across origins, form-encoded
 * ones included, nor with a name of its own that it lets point to the server. Programs send no `Origin`, and name the
 * server by its address. Unix sockets are out of a page's reach.
 *
 * @param addresses where the server listens
 */
export function accessRule(
  addresses: readonly Address[],
  { allowHosts = [], allowOrigin = false }: AccessOptions,
): AccessRule {
  const listened = addresses.flatMap((address) => (address.kind === 'tcp' ? [address.host] : []));
  const names = new Set(['localhost', ...listened, ...allowHosts].map((name) => name.toLowerCase()));
  const isOurs = (host: string): boolean =>
    host === '' || names.has(host) || host.endsWith('.localhost') || isIP(host) !== 0;
  return ({ socket, headers, url = '' }) => {
    if (socket.remoteAddress === undefined) return undefined;
    if (headers.origin !== undefined && !allowOrigin)
      return `requests of web pages (Origin: ${headers.origin}) are refused`;
    const called = [headers.host ?? (headers[':authority'] as string | undefined) ?? '', ...authorityIn(url)];
    const other = called.map(hostOf).find((host) => !isOurs(host));
    return other === undefined ? undefined : `the host '${other}' is not a name of this server`;
  };
}

/** The authority of a request target in absolute form (RFC 9112, section 3.2.2). */
function authorityIn(target: string): readonly string[] {
  const [, authority] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(target) ?? [];
  return authority === undefined ? [] : [authority];
}
