import { AttestdError } from '../../support/foundation/errors.js';
import { decodeJson, firstJson, type GoType, goString, map, struct } from '../../support/go/json.js';
import type { Credentials } from '../../support/registry-client/types.js';

/** registry.AuthConfig */
interface AuthConfig {
  username?: string;
  password?: string;
  auth?: string;
  serveraddress?: string;
  identitytoken?: string;
  registrytoken?: string;
}

const authConfigType: GoType<AuthConfig> = struct<AuthConfig>('registry.AuthConfig', {
  'username?': goString,
  'password?': goString,
  'auth?': goString,
  'serveraddress?': goString,
  'identitytoken?': goString,
  'registrytoken?': goString,
});

/** Said of bodies too, in dockerd's words. */
const invalid = (reason: string, cause?: unknown): AttestdError =>
  new AttestdError('INVALID_ARGUMENT', `invalid X-Registry-Auth header: ${reason}`, { cause });

const credentialsOf = (config: AuthConfig): Credentials => ({
  username: config.username,
  password: config.password,
  host: config.serveraddress,
  identityToken: config.identitytoken,
  registryToken: config.registrytoken,
});

/**
 * Credentials in a request's body.
 *
 * @throws INVALID_ARGUMENT with dockerd's text for anything but one JSON object
 */
export function decodeCredentials(body: Buffer): Credentials {
  let config: AuthConfig;
  let remainder: string;
  try {
    const first = firstJson(body);
    config = decodeJson(first, authConfigType);
    remainder = body.toString('latin1', first.length);
  } catch (cause) {
    if (!(cause instanceof AttestdError)) throw cause;
    throw invalid(`invalid JSON: ${cause.message}`, cause);
  }
  if (/^\s*[^\s\]}]/.test(remainder)) throw invalid('multiple JSON documents not allowed');
  return credentialsOf(config);
}

/**
 * Credentials in a header: base64url with padding, as Go reads it.
 *
 * @throws INVALID_ARGUMENT with dockerd's text
 */
export function decodeAuthHeader(header: string): Credentials {
  if (header === '') return {};
  const text = header.replace(/[\r\n]/g, '');
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9_-]*={0,2}$/.test(text))
    throw invalid('must be a valid base64url-encoded string');
  const decoded = Buffer.from(text, 'base64url');
  return decoded.equals(Buffer.from('{}')) ? {} : decodeCredentials(decoded);
}

/** Credentials of a header that dockerd does without where they cannot be read, as it does in pulls, pushes and inspects. */
export function credentialsIn(header: string | undefined): Credentials {
  try {
    return decodeAuthHeader(header ?? '');
  } catch (error) {
    if (error instanceof AttestdError) return {};
    throw error;
  }
}

/** Keys under which clients store the credentials of Docker Hub. */
const dockerHub = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'];

/**
 * Returns a lookup of credentials in `X-Registry-Config` by registry domain. An unreadable header has none.
 *
 * @param header base64url of a JSON object
 */
export function registryConfigIn(header: string): (domain: string) => Credentials {
  const known = registryConfig(header);
  return (domain) => {
    const names = domain === 'docker.io' ? dockerHub : [domain, `https://${domain}`, `http://${domain}`];
    const name = names.find((candidate) => Object.hasOwn(known, candidate));
    return name === undefined ? {} : credentialsOf(known[name] as AuthConfig);
  };
}

function registryConfig(header: string): Record<string, AuthConfig> {
  if (header === '') return {};
  try {
    return decodeJson(Buffer.from(header, 'base64url'), map(authConfigType)) ?? {};
  } catch {
    return {};
  }
}
