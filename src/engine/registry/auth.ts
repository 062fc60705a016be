import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { hostOf } from '../../support/registry-client/authorizer.js';
import { login } from '../../support/registry-client/login.js';

import type { Context } from '../context.js';
import type { AnswerOf } from '../wire.js';
import { decodeCredentials } from './credentials.js';

/**
 * `POST /auth`: checks credentials with their registry (docs/reference/registries.md#login-and-inspect).
 *
 * @param body the request's body
 * @throws INVALID_ARGUMENT for malformed JSON or an invalid address; UNAUTHORIZED if a token server rejects them;
 * INTERNAL if the registry rejects them or does not answer
 */
export async function authenticate(
  context: Context,
  body: Buffer,
  signal?: AbortSignal,
): Promise<AnswerOf<'SystemAuth'>> {
  const credentials = decodeCredentials(body);
  const domain = domainOf(credentials.host ?? '');
  const token = await login(context.registries.registry, domain, credentials, signal);
  return { Status: 'Login Succeeded', ...(token && { IdentityToken: token }) };
}

function domainOf(address: string): string {
  const url = /^https?:\/\//.test(address) ? address : `https://${address}`;
  const host = hostOf(url);
  const refuse = (reason: string): AttestdError =>
    new AttestdError('INVALID_ARGUMENT', `unable to parse server address: parse ${quote(url)}: ${reason}`);
  if (host.startsWith('[') && !host.includes(']')) throw refuse("missing ']' in host");
  if (host === '' || host === 'index.docker.io') return 'docker.io';
  if (!URL.canParse(`https://${host}/`)) throw refuse('invalid character in host name');
  return host;
}
