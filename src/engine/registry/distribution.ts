import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { digestOf, isDigest } from '../../oci/digest.js';
import { checkMediaType, decodeManifest, platformType } from '../../oci/manifest.js';
import { isIndexType, isManifestType, mediaTypes } from '../../oci/media-types.js';
import { familiarName, isNamed, type NamedReference, parseAnyReference, tagNameOnly } from '../../oci/reference.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { JsonObject } from '../../support/go/json/render.js';
import { decodeJson, slice, struct } from '../../support/go/json.js';
import { refusalError } from '../../support/registry-client/error-codes.js';
import { LegacyEndpoint, legacyEndpoints } from '../../support/registry-client/legacy-endpoint.js';
import { maximumManifest } from '../../support/registry-client/repository.js';
import { readAtMost } from '../../support/registry-client/response-errors.js';
import { header, type RegistryResponse } from '../../support/registry-client/transport.js';
import type { Context } from '../context.js';
import { maxRegistryConfigBytes } from '../limits.js';
import type { RegistryUse } from '../types.js';
import { type AnswerOf, undescribed } from '../wire.js';

const schema1Type = 'application/vnd.docker.distribution.manifest.v1+json';
const accepted = [
  mediaTypes.dockerList,
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  schema1Type.replace('+json', '+prettyjws'),
  schema1Type,
  mediaTypes.dockerManifest,
].join(', ');

/**
 * `GET /distribution/{name}/json`: inspects an image in a registry without a pull
 * (docs/reference/registries.md#login-and-inspect).
 *
 * @throws INVALID_REFERENCE; NOT_FOUND, UNAUTHORIZED, FORBIDDEN, UNAVAILABLE, INTERNAL with the registry's error
 */
export async function inspectDistribution(
  context: Context,
  name: string,
  use: RegistryUse = {},
): Promise<AnswerOf<'DistributionInspect'>> {
  const reference = parseAnyReference(name);
  if (!isNamed(reference)) throw new AttestdError('INTERNAL', 'no manifest found for full image ID');
  if (familiarName(reference) === 'scratch') throw new AttestdError('INVALID_ARGUMENT', "'scratch' is a reserved name");
  const { registry } = context.registries;
  const scopes = [`repository:${reference.path}:pull`];
  const { credentials, signal } = use;
  const reachable: LegacyEndpoint[] = [];
  let failure: unknown;
  for (const endpoint of await legacyEndpoints(registry, reference.domain, 'pull')) {
    try {
      reachable.push(await LegacyEndpoint.open(registry, endpoint, { credentials, scopes, signal }));
    } catch (error) {
      failure = error;
    }
  }
  for (const endpoint of reachable) {
    try {
      return await inspectAt(endpoint, tagNameOnly(reference));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function inspectAt(
  endpoint: LegacyEndpoint,
  reference: NamedReference,
): Promise<AnswerOf<'DistributionInspect'>> {
  const { path, tag = '', digest } = reference;
  const found: Pick<Descriptor, 'digest' | 'size'> =
    digest === undefined ? await describe(endpoint, `${path}/manifests/${tag}`) : { digest, size: 0 };
  const response = await endpoint.send('GET', `${path}/manifests/${found.digest}`, { accept: accepted });
  if (!isSuccess(response)) throw await refusalError(response);
  const given = typeOf(response);
  const bytes = await readAtMost(response, maximumManifest);
  if (!isManifestType(given) && !isIndexType(given)) {
    const reason = `unsupported manifest media type and no default available: ${given}`;
    throw new AttestdError(
      'INTERNAL',
      given.startsWith(schema1Type.slice(0, -5)) ? 'schema 1 is not supported' : reason,
    );
  }
  const platforms = await readable(() => platformsOf(endpoint, path, given, bytes));
  const Descriptor = { mediaType: given, digest: found.digest, size: found.size || bytes.length };
  // For an image that is not an index, dockerd returns null, which the description does not allow.
  if (platforms === undefined) return undescribed({ Descriptor, Platforms: null });
  return { Descriptor, Platforms: platforms.map(toJson) };
}

/** Resolves a tag by `HEAD`, or by `GET` to obtain the error. */
async function describe(endpoint: LegacyEndpoint, target: string): Promise<{ digest: string; size: number }> {
  const head = await endpoint.send('HEAD', target, { accept: accepted });
  await head.body.dump().catch(() => undefined);
  const digest = header(head, 'docker-content-digest');
  if (isSuccess(head) && digest !== undefined) return sized(digest, header(head, 'content-length'));
  const response = await endpoint.send('GET', target, { accept: accepted });
  if (!isSuccess(response)) throw await refusalError(response);
  const bytes = await readAtMost(response, maximumManifest);
  const given = header(response, 'docker-content-digest') ?? digestOf(bytes);
  return sized(given, String(bytes.length));
}

function sized(digest: string, length: string | undefined): { digest: string; size: number } {
  if (!isDigest(digest)) throw new AttestdError('INTERNAL', 'invalid checksum digest format');
  if (length === undefined) throw new AttestdError('INTERNAL', 'missing or empty Content-Length header');
  return { digest, size: Number(length) };
}

const isSuccess = ({ status }: RegistryResponse): boolean => status >= 200 && status < 400;
const typeOf = (response: RegistryResponse): string =>
  (header(response, 'content-type') ?? '').split(';', 1)[0]?.trim() ?? '';

const listType = struct<{ manifests: { platform: Platform }[] | undefined }>('manifestlist.ManifestList', {
  manifests: slice(struct<{ platform: Platform }>('manifestlist.ManifestDescriptor', { platform: platformType })),
});

/** The platforms that an index names, or that of a Docker image's configuration; undefined of an OCI image. */
async function platformsOf(
  endpoint: LegacyEndpoint,
  path: string,
  mediaType: string,
  bytes: Buffer,
): Promise<readonly Platform[] | undefined> {
  checkMediaType(bytes, mediaType);
  if (isIndexType(mediaType)) {
    const manifests = decodeJson(bytes, listType).manifests ?? [];
    return manifests.length === 0 ? undefined : manifests.map(({ platform }) => platform);
  }
  if (mediaType !== mediaTypes.dockerManifest) return undefined;
  const { config } = decodeManifest(bytes);
  const response = await endpoint.send('GET', `${path}/blobs/${config.digest}`);
  const content = await readAtMost(response, maxRegistryConfigBytes);
  if (!isSuccess(response)) return undefined;
  try {
    const platform = decodeJson(content, platformType);
    return platform.os === '' && platform.architecture === '' ? undefined : [platform];
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
}

/** Unreadable registry responses are not the caller's fault. */
async function readable<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof AttestdError) || error.code === 'UNAUTHORIZED') throw error;
    throw new AttestdError('INTERNAL', error.message, { cause: error });
  }
}

function toJson(platform: Platform): JsonObject {
  const { architecture, os, 'os.version': version, 'os.features': features, variant } = platform;
  return {
    architecture,
    os,
    ...(version && { 'os.version': version }),
    ...(features !== undefined && features.length > 0 && { 'os.features': features }),
    ...(variant && { variant }),
  };
}
