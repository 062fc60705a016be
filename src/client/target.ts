import { AttestdError } from '../support/foundation/errors.js';

/** Address of a daemon. */
export type Target =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsMaterial };

/** PEM texts for TLS: the files of DOCKER_CERT_PATH. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Verify the daemon's certificate. */
  readonly verify: boolean;
}

/**
 * Parses a daemon address in the docker CLI's format.
 *
 * @param host `unix:///path`, `tcp://host:port`, `http://host:port` or `https://host:port`
 * @param tls TLS material. With it, `tcp://` means TLS.
 * @throws AttestdError USAGE if the address has another form
 */
export function parseHost(host: string, tls?: TlsMaterial): Target {
  if (host.startsWith('unix://')) {
    const path = host.slice('unix://'.length);
    if (!path.startsWith('/')) throw new AttestdError('USAGE', `host '${host}': a unix socket needs an absolute path`);
    return { kind: 'unix', path };
  }
  const refused = new AttestdError('USAGE', `host '${host}' is not a unix://, tcp://, http:// or https:// address`);
  const match = /^(tcp|http|https):\/\/(\[[0-9a-fA-F:.]+\]|[^[\]:/?#@]+)(?::(\d{1,5}))?\/?$/.exec(host);
  if (!match) throw refused;
  const [, scheme, name = '', digits] = match;
  const secure = tls !== undefined || scheme === 'https';
  const standard = scheme === 'http' ? 80 : scheme === 'https' ? 443 : secure ? 2376 : 2375;
  const port = digits === undefined ? standard : Number(digits);
  if (port < 1 || port > 65535) throw refused;
  return {
    kind: 'tcp',
    host: name.replace(/^\[(.*)\]$/, '$1'),
    port,
    ...(secure ? { tls: tls ?? { verify: true } } : {}),
  };
}
