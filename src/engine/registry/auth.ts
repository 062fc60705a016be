import { AttestdError } from '../../errors.js';
import { decodeJson, firstJson, type GoType, goString, pointer, struct } from '../../go/json.js';
import type { Context } from '../context.js';
import type { AnswerOf } from '../wire.js';
import { noNetwork, registryOf } from './endpoint.js';

/**
 * `POST /auth`: no registry, so valid credentials cannot be checked.
 *
 * @param body the request's body
 * @throws INVALID_ARGUMENT for a body that is no JSON; INTERNAL for the missing network
 */
export async function authenticate(_context: Context, body: Buffer): Promise<AnswerOf<'SystemAuth'>> {
  const address = serverAddress(body);
  const url = /^https?:\/\//.test(address) ? address : `https://${address}`;
  const host = url.replace(/^https?:\/\//, '').split(/[/?#]/, 1)[0] as string;
  if (host.startsWith('[') && !host.includes(']')) {
    const why = `unable to parse server address: parse ${JSON.stringify(url)}: missing ']' in host`;
    throw new AttestdError('INVALID_ARGUMENT', why);
  }
  const domain = host === '' || host === 'index.docker.io' ? 'docker.io' : host;
  throw noNetwork('Get', `${registryOf({ domain, path: '' })}/v2/`);
}

/** registry.AuthConfig */
interface AuthConfig {
  username?: string;
  password?: string;
  auth?: string;
  serveraddress?: string;
  identitytoken?: string;
  registrytoken?: string;
}

const authConfigType: GoType<AuthConfig | undefined> = pointer(
  struct<AuthConfig>('registry.AuthConfig', {
    'username?': goString,
    'password?': goString,
    'auth?': goString,
    'serveraddress?': goString,
    'identitytoken?': goString,
    'registrytoken?': goString,
  }),
);

function serverAddress(body: Buffer): string {
  try {
    const first = firstJson(body);
    const address = decodeJson(first, authConfigType)?.serveraddress ?? '';
    if (!/^\s*[^\s\]}]/.test(body.toString('latin1', first.length))) return address;
  } catch (cause) {
    if (!(cause instanceof AttestdError)) throw cause;
    throw new AttestdError('INVALID_ARGUMENT', `${badCredentials}: invalid JSON: ${cause.message}`, { cause });
  }
  throw new AttestdError('INVALID_ARGUMENT', `${badCredentials}: multiple JSON documents not allowed`);
}

/** Said of the body too, in dockerd's words. */
const badCredentials = 'invalid X-Registry-Auth header';
