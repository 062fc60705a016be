import { AttestdError } from '../foundation/errors.js';
import { quote } from '../go/quote.js';

/** What Go's network libraries say of failures that Node names by a code (observed of dockerd). */
const texts: Readonly<Record<string, (address: string, host: string) => string>> = {
  ECONNREFUSED: (address) => `dial tcp ${address}: connect: connection refused`,
  EHOSTUNREACH: (address) => `dial tcp ${address}: connect: no route to host`,
  ENETUNREACH: (address) => `dial tcp ${address}: connect: network is unreachable`,
  ETIMEDOUT: (address) => `dial tcp ${address}: i/o timeout`,
  UND_ERR_CONNECT_TIMEOUT: (address) => `dial tcp ${address}: i/o timeout`,
  ENOTFOUND: (_, host) => `dial tcp: lookup ${host}: no such host`,
  EAI_AGAIN: (_, host) => `dial tcp: lookup ${host}: Temporary failure in name resolution`,
  ECONNRESET: () => 'read: connection reset by peer',
  EPIPE: () => 'write: broken pipe',
  UND_ERR_SOCKET: () => 'EOF',
  UND_ERR_HEADERS_TIMEOUT: () => 'net/http: timeout awaiting response headers',
  UND_ERR_BODY_TIMEOUT: () => 'net/http: timeout awaiting response body',
  ERR_SSL_WRONG_VERSION_NUMBER: () => 'http: server gave HTTP response to HTTPS client',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: () => 'http: server gave HTTP response to HTTPS client',
  CERT_HAS_EXPIRED: () => `${unverified}x509: certificate has expired or is not yet valid`,
  CERT_NOT_YET_VALID: () => `${unverified}x509: certificate has expired or is not yet valid`,
  ERR_TLS_CERT_ALTNAME_INVALID: (_, host) => `${unverified}x509: certificate is not valid for ${host}`,
};

const unverified = 'tls: failed to verify certificate: ';
const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The code of a network failure, of whichever of several attempts has one; empty without. */
export function failureCode(error: unknown): string {
  return causes(error).find(({ code }) => code !== undefined)?.code ?? '';
}

/** Whether the other side does not speak TLS. */
export function isPlainHttp(error: unknown): boolean {
  const code = failureCode(error);
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || code === 'EPROTO';
}

/** Whether trying again may help: the connection ended, or nothing came in time. */
export function isTransient(error: unknown): boolean {
  return [
    'UND_ERR_SOCKET',
    'ECONNRESET',
    'EPIPE',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_CONNECT_TIMEOUT',
    'ETIMEDOUT',
  ].includes(failureCode(error));
}

/**
 * The error for a request that got no answer, worded as Go's client words it.
 *
 * @param url what was asked for; its query is left out, for it may hold a secret
 */
export function requestFailed(method: string, url: URL, error: unknown): AttestdError {
  const [first] = causes(error);
  const why = explain(url, error) ?? first?.message ?? String(error);
  return new AttestdError('INTERNAL', `${goMethod(method)} ${quote(withoutQuery(url))}: ${why}`, {
    cause: error,
  });
}

/** `GET` as Go's url.Error writes it: `Get`. */
export const goMethod = (method: string): string => method[0] + method.slice(1).toLowerCase();

/** A URL as it may be shown. */
export const withoutQuery = (url: URL): string => `${url.origin}${url.pathname}`;

function explain(url: URL, error: unknown): string | undefined {
  if (error instanceof Error && error.name === 'AbortError') return 'context canceled';
  const failure = causes(error).find(({ code }) => code !== undefined);
  const code = failure?.code ?? '';
  if (unknownAuthority.has(code)) return `${unverified}x509: certificate signed by unknown authority`;
  const { address, port } = failure ?? {};
  const named = address?.includes(':') === true ? `[${address}]` : address;
  const at = named === undefined ? url.host : `${named}:${port ?? url.port}`;
  return Object.hasOwn(texts, code) ? texts[code]?.(at, url.hostname) : undefined;
}

interface Failure extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
}

/** An error and what it came of, those of several attempts included. */
function causes(error: unknown): Failure[] {
  if (!(error instanceof Error)) return [];
  const several = error instanceof AggregateError ? error.errors.flatMap(causes) : [];
  // The project's own errors have codes of another table.
  const own = error instanceof AttestdError ? [] : [error as Failure];
  return [...several, ...own, ...(error.cause === error ? [] : causes(error.cause))];
}
