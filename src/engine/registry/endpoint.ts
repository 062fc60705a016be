import { AttestdError } from '../../errors.js';
import type { NamedReference } from '../../oci/reference.js';

/** What Go's network library says where names cannot be looked up. */
export function noNetwork(method: 'Get' | 'Head', url: string): AttestdError {
  // Not by URL: what people call a registry need not be a valid host.
  const hostname = /^https?:\/\/([^/?#]*?)(:\d+)?([/?#]|$)/.exec(url)?.[1] ?? '';
  return new AttestdError('INTERNAL', `${method} ${JSON.stringify(url)}: dial tcp: lookup ${hostname}: no such host`);
}

/** The address of a reference's registry. */
export function registryOf({ domain }: NamedReference): string {
  if (domain === 'docker.io') return 'https://registry-1.docker.io';
  const local = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(domain);
  return `${local ? 'http' : 'https'}://${domain}`;
}
