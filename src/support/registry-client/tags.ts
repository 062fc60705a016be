import type { NamedReference } from '../../oci/reference.js';
import { AttestdError } from '../foundation/errors.js';
import { refusalError } from './error-codes.js';
import { LegacyEndpoint, legacyEndpoints } from './legacy-endpoint.js';
import type { Registry, RepositoryUse } from './registry.js';
import { readAtMost } from './response-errors.js';
import { header } from './transport.js';

/** Bytes of a page of tags, which is read in one turn of the event loop, and of all pages. */
const longestPage = 4 << 20;
const longestList = 16 << 20;
/** Pages that are read at most; a registry may link its last page to its first. */
const mostPages = 1000;

/**
 * The tags of a repository (distribution-spec, "Listing Tags").
 *
 * @throws AttestdError NOT_FOUND when the registry has no such repository or wants other credentials; INTERNAL
 */
export async function listTags(
  registry: Registry,
  reference: NamedReference,
  { credentials, signal }: RepositoryUse,
): Promise<readonly string[]> {
  const scopes = [`repository:${reference.path}:pull`];
  let failure: unknown;
  for (const endpoint of await legacyEndpoints(registry, reference.domain, 'pull')) {
    try {
      const pinged = await LegacyEndpoint.open(registry, endpoint, { credentials, scopes, signal });
      return await listAt(pinged, reference);
    } catch (error) {
      if (!(error instanceof AttestdError) || signal?.aborted === true) throw error;
      failure = error;
      // A registry that answered need not be asked in plain text.
      if (error.code !== 'INTERNAL') break;
    }
  }
  throw failure;
}

async function listAt(pinged: LegacyEndpoint, { path }: NamedReference): Promise<readonly string[]> {
  const tags: string[] = [];
  let target = `${path}/tags/list`;
  let left = longestList;
  for (let page = 0; page < mostPages; page++) {
    const response = await pinged.send('GET', target);
    if (response.status < 200 || response.status > 399) throw await refusalError(response);
    const bytes = await readAtMost(response, Math.min(longestPage, left));
    left -= bytes.length;
    for (const tag of tagsOf(bytes.toString())) tags.push(tag);
    const [, next] = /^\s*<([^>]*)>/.exec(header(response, 'link') ?? '') ?? [];
    if (next === undefined) return tags;
    const url = new URL(next, response.url);
    if (url.host !== response.url.host) break;
    target = url.href;
  }
  return tags;
}

function tagsOf(text: string): readonly string[] {
  try {
    const { tags } = (JSON.parse(text) ?? {}) as { tags?: unknown };
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  } catch (cause) {
    throw new AttestdError('INTERNAL', `cannot read the list of tags: ${(cause as Error).message}`, { cause });
  }
}
