import { join } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';
import { temporaryFolder } from './temporary.js';

/** Where the server listens. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/**
 * Parse an address to listen on, as dockerd's `--host` has it.
 *
 * @param text `unix:///path` or `tcp://host:port`; port 0 takes a free one
 * @throws AttestdError USAGE when it has neither form
 */
export function parseAddress(text: string): Address {
  if (text.startsWith('unix://')) {
    const path = text.slice('unix://'.length);
    if (!path.startsWith('/')) throw new AttestdError('USAGE', `'${text}': a unix socket needs an absolute path`);
    return { kind: 'unix', path };
  }
  const match = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[^[\]:/?#@]+):(\d{1,5})\/?$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65535)
    throw new AttestdError('USAGE', `'${text}' is neither unix:///path nor tcp://host:port`);
  return { kind: 'tcp', host: match[1].replace(/^\[(.*)\]$/, '$1'), port };
}

/**
 * Parse all addresses to listen on; one that is given again counts once, as for dockerd.
 *
 * @throws what parseAddress throws
 */
export function parseAddresses(texts: readonly string[]): Address[] {
  const found = new Map<string, Address>();
  for (const [at, text] of texts.entries()) {
    const address = parseAddress(text);
    // Each port 0 is another one.
    const free = address.kind === 'tcp' && address.port === 0;
    found.set(free ? `${formatAddress(address)} ${at}` : formatAddress(address), address);
  }
  return [...found.values()];
}

/** The address as a client's DOCKER_HOST has it. */
export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix://${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `tcp://${host}:${address.port}`;
}

/** A socket in a new temporary folder that only this user can enter, and how to remove both. */
export async function privateSocket(): Promise<{ address: Address; remove: () => Promise<void> }> {
  const { path, remove } = await temporaryFolder();
  return {
    address: { kind: 'unix', path: join(path, 'docker.sock') },
    remove,
  };
}
