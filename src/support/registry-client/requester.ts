import { setTimeout as sleep } from 'node:timers/promises';
import { AttestdError } from '../foundation/errors.js';
import type { Authorizer } from './authorizer.js';
import type { Endpoint } from './endpoints.js';
import { isTransient } from './network-errors.js';
import { drop, header, type RegistryResponse, type RequestBody, type Transport } from './transport.js';

/** One of the places where a repository can be had. */
export interface Host {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly authorizer: Pick<Authorizer, 'authorize' | 'challenged'>;
}

/** A request to a registry, by its path in it. */
export interface ApiRequest {
  readonly method: string;
  /** Behind the endpoint's own path, with its query, or a whole URL on the same host. */
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** What a token must be good for. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** The registry that a mirror is asked for. */
  readonly namespace?: string;
  /** Whether nobody else can be asked. */
  readonly last?: boolean;
}

/** Times that a request is sent in all. */
const attempts = 5;
/** Longest wait that a registry may ask for, in milliseconds. */
const longestWait = 30_000;
/** Wait after a broken connection, in milliseconds. */
const shortWait = 50;

/**
 * Send a request, with what the registry demands, again where that may help: after a challenge, when it is busy, once when
 * it failed, and after a connection that broke.
 *
 * @returns the last answer, whatever its status
 * @throws AttestdError INTERNAL without an answer, UNAUTHORIZED where there are no credentials for a challenge
 */
export async function sendWithRetries(host: Host, wanted: ApiRequest): Promise<RegistryResponse> {
  let { method } = wanted;
  let before: RegistryResponse | undefined;
  for (let attempt = 1; ; attempt++) {
    let response: RegistryResponse;
    try {
      response = await sendOnce(host, wanted, method);
    } catch (error) {
      const again = wanted.last !== false && attempt < attempts && error instanceof AttestdError;
      if (!again || !isTransient(error.cause) || wanted.signal?.aborted === true) throw error;
      await sleep(shortWait, undefined, { signal: wanted.signal });
      continue;
    }
    const next = attempt < attempts ? await verdict(host, wanted, response, before) : 'enough';
    if (next === 'enough') return response;
    await drop(response);
    if (next === 'by GET') method = 'GET';
    before = response;
  }
}

async function sendOnce(host: Host, wanted: ApiRequest, method: string): Promise<RegistryResponse> {
  const { endpoint, transport, authorizer } = host;
  const { headers = {}, body, scopes, signal } = wanted;
  const authorize = async (url: URL): Promise<string | undefined> => {
    try {
      return await authorizer.authorize(url, scopes, signal);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      throw new AttestdError(error.code, `failed to authorize: ${error.message}`, { cause: error });
    }
  };
  const request = { method, url: urlOf(endpoint, wanted), headers, signal, ...(body && { body }) };
  try {
    return await transport.send(request, authorize);
  } catch (error) {
    if (!(error instanceof AttestdError) || error.message.startsWith('failed to authorize')) throw error;
    throw new AttestdError(error.code, `failed to do request: ${error.message}`, { cause: error.cause ?? error });
  }
}

function urlOf(endpoint: Endpoint, { target, namespace }: ApiRequest): URL {
  const { scheme, host, path, mirror } = endpoint;
  const url = target instanceof URL ? target : new URL(`${scheme}://${host}${path}/${target}`);
  if (mirror && namespace !== undefined) url.searchParams.set('ns', namespace);
  return url;
}

/** What to do after an answer. */
async function verdict(
  { authorizer }: Host,
  { last, signal, target, method: asked }: ApiRequest,
  response: RegistryResponse,
  before: RegistryResponse | undefined,
): Promise<'enough' | 'again' | 'by GET'> {
  const { status, method } = response;
  switch (status) {
    case 401: {
      const same = before?.method === method && before.url.href === response.url.href;
      return authorizer.challenged(response, same) ? 'again' : 'enough';
    }
    case 405:
      return asked === 'HEAD' && method === 'HEAD' && String(target).includes('/manifests/') ? 'by GET' : 'enough';
    case 408:
    case 429: {
      const wait = retryAfter(response);
      if (wait > longestWait) return 'enough';
      await sleep(wait, undefined, { signal });
      return 'again';
    }
    case 500:
    case 503:
    case 504: {
      if (before?.status === status || last === false) return 'enough';
      const wait = retryAfter(response);
      if (wait > longestWait) return 'enough';
      await sleep(wait, undefined, { signal });
      return 'again';
    }
  }
  return 'enough';
}

/** Milliseconds that a registry asks to wait (RFC 9110, section 10.2.3). */
function retryAfter(response: RegistryResponse): number {
  const value = header(response, 'retry-after');
  if (value === undefined) return shortWait;
  const milliseconds = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? shortWait : Math.max(milliseconds, shortWait);
}
