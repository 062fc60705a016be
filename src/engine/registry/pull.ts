import { AttestdError } from '../../errors.js';
import type { Platform } from '../../oci/descriptor.js';
import { isDigest } from '../../oci/digest.js';
import { formatPlatformAll, only, parsePlatform } from '../../oci/platform.js';
import {
  familiarName,
  familiarString,
  formatReference,
  isNameOnly,
  type NamedReference,
  parseReference,
  repositoryName,
  withTag,
} from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import type { Context } from '../context.js';
import { logImageEvent } from '../images/events.js';
import { platformOf, presentManifests } from '../images/manifests.js';
import type { PullOptions, StreamMessage } from '../types.js';
import { noNetwork, registryOf } from './endpoint.js';

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
