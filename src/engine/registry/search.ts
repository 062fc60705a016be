import { AttestdError } from '../../errors.js';
import { atoi } from '../../go/strconv.js';
import type { Context } from '../context.js';
import { checkKeys, flagOf, valuesOf } from '../filters.js';
import type { SearchOptions } from '../types.js';
import type { AnswerOf } from '../wire.js';
import { noNetwork } from './endpoint.js';

const searchFilters = ['is-automated', 'is-official', 'stars'];

/**
 * `GET /images/search`: no registry, so a valid search fails.
 *
 * @returns undefined where dockerd answers 200 and an empty body, for a negative limit
 *   (docs/behaviour.md#registries-without-a-network)
 * @throws INVALID_ARGUMENT for bad parameters; INTERNAL for the missing network
 */
export async function searchImages(
  _context: Context,
  options: SearchOptions,
): Promise<AnswerOf<'ImageSearch'> | undefined> {
  const { term, limit = '', filters } = options;
  const count = limit === '' ? 0 : goInteger(limit, 'invalid limit specified');
  if (count < 0) return undefined;
  checkKeys(filters, searchFilters);
  if (flagOf(filters, 'is-automated', false)) return [];
  flagOf(filters, 'is-official', false);
  for (const stars of valuesOf(filters, 'stars')) goInteger(stars, `invalid filter 'stars=${stars}'`);
  const domain = searchDomain(term);
  if (domain !== undefined) throw noSearchEndpoint(domain);
  if (count > 100) throw new AttestdError('INVALID_ARGUMENT', `limit ${count} is outside the range of [1, 100]`);
  const query = `q=${encodeURIComponent(term).replace(/%20/g, '+')}&n=${count === 0 ? 25 : count}`;
  throw noNetwork('Get', `https://index.docker.io/v1/search?${query}`);
}

/** The registry that a term names before its first slash; undefined for the official one. */
function searchDomain(term: string): string | undefined {
  if (term.includes('://')) {
    const why = `invalid repository name: repository name (${term}) should not have a scheme`;
    throw new AttestdError('INVALID_ARGUMENT', why);
  }
  const [domain, rest] = term.split('/', 2) as [string, string | undefined];
  const named = rest !== undefined && (/[.:]/.test(domain) || domain === 'localhost');
  return named && domain !== 'docker.io' && domain !== 'index.docker.io' ? domain : undefined;
}

function noSearchEndpoint(domain: string): AttestdError {
  const url = `https://${domain}/v1/`;
  const hint =
    `If this private registry supports only HTTP or HTTPS with an unknown CA certificate, add ` +
    `\`--insecure-registry ${domain}\` to the daemon's arguments. In the case of HTTPS, if you have access to the ` +
    `registry's CA certificate, no need for the flag; place the CA certificate at /etc/docker/certs.d/${domain}/ca.crt`;
  const why = `invalid registry endpoint ${url}: ${noNetwork('Get', `${url}_ping`).message}. ${hint}`;
  return new AttestdError('INVALID_ARGUMENT', why);
}

function goInteger(text: string, what: string): number {
  try {
    return atoi(text);
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', `${what}: ${(error as Error).message}`, { cause: error });
  }
}
