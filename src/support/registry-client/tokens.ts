import { AttestdError } from '../foundation/errors.js';
import { quote } from '../go/quote.js';
import { readAtMost, unexpectedStatus } from './response-errors.js';
import type { RegistryRequest, RegistryResponse } from './transport.js';
import type { RegistryRefusal } from './types.js';

/** What is asked of a token server. */
export interface TokenRequest {
  /** URL of the server. */
  readonly realm: string;
  readonly service: string;
  readonly scopes: readonly string[];
  /** Empty with an identity token. */
  readonly username: string;
  /** Password or identity token; empty for whoever is nobody. */
  readonly secret: string;
  readonly userAgent: string;
  readonly signal?: AbortSignal | undefined;
  /** Ask for an identity token too. */
  readonly offline?: boolean;
  /** Ask by GET, whatever is known. */
  readonly byGet?: boolean;
}

/** A bearer token. */
export interface Token {
  readonly value: string;
  /** Milliseconds since 1970; undefined where it does not expire. */
  readonly expires: number | undefined;
  /** An identity token, where the server gave one. */
  readonly identityToken: string | undefined;
}

type Send = (request: RegistryRequest) => Promise<RegistryResponse>;

const clientId = 'containerd-client';

/** Longest answer of a token server that is read. */
const longest = 1 << 20;

/**
 * Get a token: by OAuth2 with credentials (distribution's "Token Authentication Specification"), else by GET; servers
 * without OAuth2 are asked by GET too.
 *
 * @param send sends the requests
 * @throws AttestdError INTERNAL when the server refuses or answers without a token
 */
export async function fetchToken(request: TokenRequest, send: Send): Promise<Token> {
  if (!URL.canParse(request.realm) || !/^https?:$/.test(new URL(request.realm).protocol))
    throw new AttestdError('INTERNAL', `invalid token auth challenge realm: ${quote(request.realm)}`);
  if (request.secret === '' || request.byGet)
    return explained(`failed to fetch ${request.secret === '' ? 'anonymous' : 'basic'} token: `, byGet(request, send));
  return explained('failed to fetch oauth token: ', byPost(request, send));
}

async function explained(prefix: string, coming: Promise<Token>): Promise<Token> {
  try {
    return await coming;
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, prefix + error.message, { cause: error });
  }
}

async function byPost(wanted: TokenRequest, send: Send): Promise<Token> {
  const { realm, service, scopes, username, secret, signal, userAgent } = wanted;
  const form = new URLSearchParams({ service, client_id: clientId });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  if (username === '') form.set('grant_type', 'refresh_token');
  else form.set('grant_type', 'password');
  if (username === '') form.set('refresh_token', secret);
  else {
    form.set('username', username);
    form.set('password', secret);
  }
  if (wanted.offline) form.set('access_type', 'offline');
  form.sort();
  const bytes = Buffer.from(form.toString());
  const headers = { 'user-agent': userAgent, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const body = { length: bytes.length, open: async () => bytes };
  const response = await send({ method: 'POST', url: new URL(realm), headers, body, confidential: true, signal });
  // Registries without OAuth2 answer in various ways.
  if ((response.status === 405 && username !== '') || [400, 401, 404].includes(response.status)) {
    await response.body.dump().catch(() => undefined);
    return byGet(wanted, send);
  }
  return tokenOf(response);
}

async function byGet(wanted: TokenRequest, send: Send): Promise<Token> {
  const { realm, service, scopes, username, secret, signal, userAgent } = wanted;
  const url = new URL(realm);
  if (service !== '') url.searchParams.append('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (wanted.offline) url.searchParams.append('offline_token', 'true');
  url.searchParams.sort();
  const authorization = `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;
  const headers = { 'user-agent': userAgent, ...(secret !== '' && { authorization }) };
  return tokenOf(await send({ method: 'GET', url, headers, confidential: true, signal }));
}

interface Answer {
  readonly token?: unknown;
  readonly access_token?: unknown;
  readonly expires_in?: unknown;
  readonly refresh_token?: unknown;
}

async function tokenOf(response: RegistryResponse): Promise<Token> {
  if (response.status < 200 || response.status >= 400) throw await unexpectedStatus(response);
  const text = (await readAtMost(response, longest)).toString();
  let answer: Answer | null;
  try {
    answer = JSON.parse(text) as Answer | null;
  } catch {
    throw new AttestdError('INTERNAL', 'unable to decode token response');
  }
  const value = answer?.access_token || answer?.token;
  if (typeof value !== 'string' || value === '' || /[^\x21-\x7e]/.test(value)) {
    const cause = { status: response.status, body: '' } satisfies RegistryRefusal;
    throw new AttestdError('INTERNAL', 'authorization server did not include a token in the response', { cause });
  }
  const seconds = typeof answer?.expires_in === 'number' ? answer.expires_in : 0;
  const identityToken = typeof answer?.refresh_token === 'string' ? answer.refresh_token : undefined;
  return { value, expires: seconds > 0 ? Date.now() + seconds * 1000 : undefined, identityToken };
}
