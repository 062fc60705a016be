import type { LookupFunction } from 'node:net';

/** What a registry may be told to prove who asks; never logged, and never part of an error. */
export interface Credentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A refresh token, by which a token server knows the user without a password. */
  readonly identityToken?: string | undefined;
  /** A bearer token that is sent as it is. */
  readonly registryToken?: string | undefined;
  /** The host (and port) that they are for; that of the reference without it. No other host is sent them. */
  readonly host?: string | undefined;
}

/** How registries are reached. */
export interface RegistryOptions {
  /** Hosts, `host:port` or networks in CIDR form that may speak plain HTTP or have unknown certificates. */
  readonly insecureRegistries?: readonly string[];
  /** Base URLs that are asked before docker.io. */
  readonly mirrors?: readonly string[];
  /** Folder with a folder of certificates for each host, as dockerd has them in /etc/docker/certs.d. */
  readonly certsDir?: string;
  /** Value of the User-Agent header. */
  readonly userAgent?: string;
  /** Finds the addresses of host names; the system does without it. */
  readonly lookup?: LookupFunction;
  /** Receives one line a request, without credentials. */
  readonly debug?: (message: string) => void;
}

/** What a registry answered instead of what was asked for; the cause of errors about it. */
export interface RegistryRefusal {
  readonly status: number;
  /** The start of its body. */
  readonly body: string;
}

/**
 * What a registry answered, where an error was caused by an unexpected status.
 *
 * @returns undefined for any other error
 */
export function refusalOf(error: unknown): RegistryRefusal | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const inner = cause.cause as Partial<RegistryRefusal> | undefined;
    if (typeof inner?.status === 'number' && typeof inner.body === 'string') return inner as RegistryRefusal;
  }
  return undefined;
}
