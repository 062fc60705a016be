import { AttestdError } from '../../errors.js';
import type { JsonObject, JsonValue } from '../../go/json/render.js';
import { decodeJson, firstJson, type GoType, goString, pointer, struct } from '../../go/json.js';
import type { Platform } from '../../oci/descriptor.js';
import { isDigest } from '../../oci/digest.js';
import { isIndexType, isManifestType } from '../../oci/media-types.js';
import { formatPlatformAll, only, parsePlatform } from '../../oci/platform.js';
import {
  familiarName,
  familiarString,
  formatReference,
  isNamed,
  isNameOnly,
  type NamedReference,
  parseAnyReference,
  parseReference,
  repositoryName,
  withTag,
} from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, flagOf, valuesOf } from '../filters.js';
import { logImageEvent } from '../images/events.js';
import { platformOf, presentManifests, walkPresent } from '../images/manifests.js';
import type { PullOptions, StreamMessage } from '../types.js';

/** What Go's network library says where names cannot be looked up. */
function noNetwork(method: 'Get' | 'Head', url: string): AttestdError {
  // Not by URL: what people call a registry need not be a valid host.
  const hostname = /^https?:\/\/([^/?#]*?)(:\d+)?([/?#]|$)/.exec(url)?.[1] ?? '';
  return new AttestdError('INTERNAL', `${method} ${JSON.stringify(url)}: dial tcp: lookup ${hostname}: no such host`);
}

/** The address of a reference's registry. */
function registryOf({ domain }: NamedReference): string {
  if (domain === 'docker.io') return 'https://registry-1.docker.io';
  const local = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(domain);
  return `${local ? 'http' : 'https'}://${domain}`;
}

/**
 * `POST /images/create?fromImage=`. There is no registry: an image that the store has is up to date, as if the registry
 * had the same; anything else cannot be fetched.
 *
 * @throws INVALID_REFERENCE, INVALID_PLATFORM, FORBIDDEN for `scratch`; INTERNAL when the image is not there; NOT_FOUND
 * when it lacks the platform
 */
export async function pullImage(context: Context, options: PullOptions): Promise<AsyncIterable<StreamMessage>> {
  const platform = options.platform ? parsePlatform(options.platform, context.host) : undefined;
  const reference = pullReference(options);
  if (familiarName(reference) === 'scratch') throw new AttestdError('FORBIDDEN', "'scratch' is a reserved name");
  if (isNameOnly(reference)) throw noNetwork('Get', `${registryOf(reference)}/v2/`);
  const image = context.store.get(formatReference(reference)) ?? byDigest(context, reference);
  if (image === undefined) throw unresolved(reference);
  await requirePlatform(context, image, platform);
  return upToDate(context, reference, image);
}

function pullReference({ fromImage, tag = '' }: PullOptions): NamedReference {
  const reference = parseReference(fromImage.replace(/:$/, ''));
  if (tag === '') return reference;
  const { domain, path } = reference;
  return isDigest(tag) ? { domain, path, digest: tag } : withTag(reference, tag);
}

function byDigest({ store }: Context, reference: NamedReference): ImageRecord | undefined {
  if (reference.digest === undefined) return undefined;
  const prefix = repositoryName(reference);
  return store.list().find(({ name, target }) => target.digest === reference.digest && name.startsWith(prefix));
}

function unresolved(reference: NamedReference): AttestdError {
  const { path, tag = '', digest = tag } = reference;
  const { message } = noNetwork('Head', `${registryOf(reference)}/v2/${path}/manifests/${digest}`);
  const name = formatReference(reference);
  const why = `failed to resolve reference ${JSON.stringify(name)}: failed to do request: ${message}`;
  return new AttestdError('INTERNAL', why);
}

async function requirePlatform(context: Context, image: ImageRecord, wanted: Platform | undefined): Promise<void> {
  if (wanted === undefined) return;
  const matcher = only(wanted);
  for (const manifest of await presentManifests(context.documents, image)) {
    if (matcher.match(await platformOf(context.documents, manifest))) return;
  }
  const why = `no matching manifest for ${formatPlatformAll(wanted)} in the manifest list entries`;
  throw new AttestdError('NOT_FOUND', `${why}: no match for platform in manifest: not found`);
}

async function* upToDate(
  context: Context,
  reference: NamedReference,
  image: ImageRecord,
): AsyncGenerator<StreamMessage> {
  yield { status: `Pulling from ${reference.path}`, id: reference.tag ?? reference.digest ?? '' };
  await logImageEvent(context, familiarString(reference), familiarName(reference), 'pull');
  yield { status: `Digest: ${image.target.digest}` };
  yield { status: `Status: Image is up to date for ${familiarString(reference)}` };
}

/**
 * `POST /images/{name}/push`. There is no registry to push to, so every push ends with an error in the stream.
 *
 * @throws INVALID_REFERENCE
 */
export async function pushImage(
  context: Context,
  name: string,
  tag: string | undefined,
): Promise<AsyncIterable<StreamMessage>> {
  const parsed = parseReference(name);
  if (tag && parsed.digest !== undefined) throw new AttestdError('INVALID_ARGUMENT', 'cannot import digest reference');
  return push(context, tag ? withTag(parsed, tag) : parsed);
}

async function* push(context: Context, reference: NamedReference): AsyncGenerator<StreamMessage> {
  const { store, documents } = context;
  const all = isNameOnly(reference);
  const repository = repositoryName(reference);
  const images = all
    ? store.list().filter((image) => image.name.startsWith(`${repository}:`))
    : [store.get(formatReference(reference))].filter((image) => image !== undefined);
  yield { status: `The push refers to repository [${repository}]` };
  const [image] = images;
  if (image === undefined) {
    const wanted = all ? familiarName(reference) : familiarString(reference);
    yield failure(all ? 'An image does not exist locally with the tag: ' : 'tag does not exist: ', wanted);
    return;
  }
  const blobs: string[] = [];
  await walkPresent(documents, image.target, ({ digest, mediaType }) => {
    if (!isIndexType(mediaType) && !isManifestType(mediaType)) blobs.push(digest);
  });
  const url = `${registryOf(reference)}/v2/${reference.path}/blobs/${blobs[0] ?? image.target.digest}`;
  yield failure('failed to do request: ', noNetwork('Head', url).message);
}

function failure(what: string, detail: string): StreamMessage {
  return { error: what + detail, errorDetail: { message: what + detail } };
}

const searchFilters = ['is-automated', 'is-official', 'stars'];

/**
 * `GET /images/search`: no registry, so a valid search fails.
 *
 * @returns undefined where dockerd answers 200 and an empty body, for a negative limit
 *   (docs/behaviour.md#registries-without-a-network)
 * @throws INVALID_ARGUMENT for bad parameters; INTERNAL for the missing network
 */
export function searchImages(options: { term: string; limit?: string; filters: Filters }): JsonValue | undefined {
  const { term, limit = '', filters } = options;
  const count = limit === '' ? 0 : goInteger(limit, 'invalid limit specified');
  if (count < 0) return undefined;
  checkKeys(filters, searchFilters);
  if (flagOf(filters, 'is-automated', false)) return [];
  flagOf(filters, 'is-official', false);
  for (const stars of valuesOf(filters, 'stars')) goInteger(stars, `invalid filter 'stars=${stars}'`);
  if (count > 100) throw new AttestdError('INVALID_ARGUMENT', `limit ${count} is outside the range of [1, 100]`);
  const domain = searchDomain(term);
  if (domain !== undefined) throw noSearchEndpoint(domain);
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
  if (/^[+-]?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text.replace('+', ''))) === BigInt(text.replace('+', ''))) {
    return Number(text);
  }
  const why = /^[+-]?\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
  throw new AttestdError('INVALID_ARGUMENT', `${what}: strconv.Atoi: parsing ${JSON.stringify(text)}: ${why}`);
}

/**
 * `GET /distribution/{name}/json`: no registry, so a valid name cannot be looked up.
 *
 * @throws INVALID_REFERENCE; INTERNAL for the missing network
 */
export function inspectDistribution(name: string): JsonObject {
  const reference = parseAnyReference(name);
  if (!isNamed(reference)) throw new AttestdError('INTERNAL', 'no manifest found for full image ID');
  throw noNetwork('Get', `${registryOf(reference)}/v2/`);
}

/**
 * `POST /auth`: no registry, so valid credentials cannot be checked.
 *
 * @param body the request's body
 * @throws INVALID_ARGUMENT for a body that is no JSON; INTERNAL for the missing network
 */
export function authenticate(body: Buffer): JsonObject {
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
