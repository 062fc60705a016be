import { AttestdError } from '../../support/foundation/errors.js';
import { decodeJson, firstJson, goBool, goInt, goString, slice, struct } from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import { atoi } from '../../support/go/strconv.js';
import { legacyEndpoints } from '../../support/registry-client/legacy-endpoint.js';
import { withoutQuery } from '../../support/registry-client/network-errors.js';
import { readAtMost } from '../../support/registry-client/response-errors.js';
import { drop, type Transport } from '../../support/registry-client/transport.js';
import type { Context } from '../context.js';
import { checkKeys, flagOf, parseFilters, valuesOf } from '../filters.js';
import { maxSearchResponseBytes } from '../limits.js';
import type { SearchOptions } from '../types.js';
import type { AnswerOf } from '../wire.js';

const searchFilters = ['is-automated', 'is-official', 'stars'];

/** Docker Hub's index, which is not asked whether it is one. */
const officialIndex = 'https://index.docker.io/v1/';

/**
 * `GET /images/search`: searches Docker Hub or a registry with the version 1 API (docs/reference/registries.md#search).
 *
 * @returns undefined for a negative limit: dockerd answers 200 with an empty body
 * @throws INVALID_ARGUMENT for bad parameters and registries that lack the API; INTERNAL if the registry does not
 * answer
 */
export async function searchImages(
  context: Context,
  options: SearchOptions,
): Promise<AnswerOf<'ImageSearch'> | undefined> {
  const { term, limit = '' } = options;
  const count = limit === '' ? 0 : goInteger(limit, 'invalid limit specified');
  if (count < 0) return undefined;
  const filters = parseFilters(options.filters);
  checkKeys(filters, searchFilters);
  if (flagOf(filters, 'is-automated', false)) return [];
  const official = filters.has('is-official') ? flagOf(filters, 'is-official', false) : undefined;
  let stars = 0;
  for (const text of valuesOf(filters, 'stars'))
    stars = Math.max(stars, goInteger(text, `invalid filter 'stars=${text}'`));
  const { domain, rest } = splitTerm(term);
  const { transport, base } =
    domain === undefined ? officialSearch(context) : await findSearch(context, domain, options);
  if (count > 100) throw new AttestdError('INVALID_ARGUMENT', `limit ${count} is outside the range of [1, 100]`);
  const query = new URLSearchParams({ q: rest, n: String(count === 0 ? 25 : count) });
  const found = await request(context, transport, new URL(`${base}search?${query}`), options);
  return found.filter(({ is_official, star_count }) => {
    return (official === undefined || official === is_official) && (!filters.has('stars') || star_count >= stars);
  });
}

/** The registry that a term names before its first slash; undefined for the official one. */
function splitTerm(term: string): { domain: string | undefined; rest: string } {
  if (term.includes('://')) {
    const reason = `invalid repository name: repository name (${term}) should not have a scheme`;
    throw new AttestdError('INVALID_ARGUMENT', reason);
  }
  const slash = term.indexOf('/');
  const domain = term.slice(0, Math.max(slash, 0));
  const named = slash >= 0 && (/[.:]/.test(domain) || domain === 'localhost');
  const official = !named || domain === 'docker.io' || domain === 'index.docker.io';
  const rest = named ? term.slice(slash + 1) : term;
  return official ? { domain: undefined, rest: rest.replace(/^library\//, '') } : { domain, rest };
}

interface SearchApi {
  readonly transport: Transport;
  /** Ends with `/v1/`. */
  readonly base: string;
}

function officialSearch({ registries }: Context): SearchApi {
  const host = { path: '', mirror: false, insecure: false, fallback: false, certificates: {} } as const;
  const endpoint = { scheme: 'https', host: 'index.docker.io', ...host } as const;
  return { transport: registries.registry.transport(endpoint), base: officialIndex };
}

/** Ask a registry whether it has the API of version 1: by TLS, then in plain HTTP where that may be spoken. */
async function findSearch({ registries }: Context, domain: string, { signal }: SearchOptions): Promise<SearchApi> {
  const { registry } = registries;
  const tried: { url: string; error: AttestdError }[] = [];
  for (const endpoint of await legacyEndpoints(registry, domain, 'push')) {
    const base = `${endpoint.scheme}://${endpoint.host}/v1/`;
    const transport = registry.transport(endpoint);
    const headers = { 'user-agent': registry.userAgent };
    try {
      await drop(await transport.send({ method: 'GET', url: new URL(`${base}_ping`), headers, signal }));
      return { transport, base };
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      tried.push({ url: base, error });
    }
  }
  const [secure, plain] = tried;
  const { url = '' } = plain ?? secure ?? {};
  if (plain === undefined) {
    const reason = `${secure?.error.message}. ${hint(domain)}`;
    throw new AttestdError('INVALID_ARGUMENT', `invalid registry endpoint ${url}: ${reason}`);
  }
  const reason = `HTTPS attempt: ${secure?.error.message}. HTTP attempt: ${plain.error.message}`;
  throw new AttestdError('INVALID_ARGUMENT', `invalid registry endpoint ${quote(url)}. ${reason}`);
}

const hint = (domain: string): string =>
  `If this private registry supports only HTTP or HTTPS with an unknown CA certificate, add ` +
  `\`--insecure-registry ${domain}\` to the daemon's arguments. In the case of HTTPS, if you have access to the ` +
  `registry's CA certificate, no need for the flag; place the CA certificate at /etc/docker/certs.d/${domain}/ca.crt`;

/** registry.SearchResult. `is_automated` is no longer reported. */
interface SearchResult {
  star_count: number;
  is_official: boolean;
  name: string;
  is_automated: boolean;
  description: string;
}

const resultsType = struct<{ results: SearchResult[] | undefined }>('registry.SearchResults', {
  results: slice(
    struct<SearchResult>('registry.SearchResult', {
      star_count: goInt,
      is_official: goBool,
      name: goString,
      is_automated: goBool,
      description: goString,
    }),
  ),
});

async function request(
  { registries }: Context,
  transport: Transport,
  url: URL,
  { credentials = {}, signal }: SearchOptions,
): Promise<readonly SearchResult[]> {
  const { username = '', password = '' } = credentials;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const headers = { 'user-agent': registries.registry.userAgent, 'x-docker-token': 'true' };
  const authorize = async (to: URL) => (username !== '' && to.host === url.host ? authorization : undefined);
  const response = await transport.send({ method: 'GET', url, headers, signal }, authorize).catch((error: unknown) => {
    // The query is not a secret here, and dockerd shows it.
    if (!(error instanceof AttestdError)) throw error;
    const shown = error.message.replace(quote(withoutQuery(url)), quote(url.href));
    throw new AttestdError('INTERNAL', shown, { cause: error });
  });
  if (response.status !== 200) {
    await drop(response);
    throw new AttestdError('INTERNAL', `unexpected status code ${response.status}`);
  }
  try {
    const { results = [] } = decodeJson(firstJson(await readAtMost(response, maxSearchResponseBytes)), resultsType);
    return results.map((result) => ({ ...result, is_automated: false }));
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError('INTERNAL', `error decoding registry search results: ${error.message}`, { cause: error });
  }
}

function goInteger(text: string, what: string): number {
  try {
    return atoi(text);
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', `${what}: ${(error as Error).message}`, { cause: error });
  }
}
