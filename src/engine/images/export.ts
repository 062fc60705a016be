import { Readable } from 'node:stream';
import { annotations } from '../../attestations/annotations.js';
import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { type ExportedImage, exportImages } from '../../oci/exporter.js';
import { isIndexType, isManifestType } from '../../oci/media-types.js';
import { anyOf, formatPlatformAll, onlyStrict } from '../../oci/platform.js';
import { formatReference, isNameOnly, type NamedReference, repositoryName } from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import { reachable, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { renderJson } from '../../support/go/json/render.js';
import type { Context } from '../context.js';
import { logImageEvent } from './events.js';
import { platformNotFound, platformOf } from './manifests.js';
import { familiarNameOf, noSuchImage, parseNamed, parseNormalized, resolveImage } from './names.js';
import { availability } from './summary.js';

/** An image to export and the name it gets in the archive. */
interface Choice {
  readonly image: ImageRecord;
  readonly name: string | undefined;
}

/**
 * `GET /images/{name}/get` and `GET /images/get`. A repository without tag exports all its tags; an image named by
 * digest has no name in the archive.
 *
 * @param platforms one selects its manifest alone, several narrow the index
 * @returns a tar
 * @throws NOT_FOUND, INVALID_REFERENCE; INTERNAL for content that cannot be exported
 */
export async function exportByName(
  context: Context,
  names: readonly string[],
  platforms: readonly Platform[] = [],
): Promise<Readable> {
  const exported: ExportedImage[] = [];
  for (const name of names) {
    for (const choice of chooseImages(context, name)) {
      const [platform, ...others] = platforms;
      const single = platform !== undefined && others.length === 0;
      const target = single ? await platformTarget(context, choice.image, platform) : choice.image.target;
      exported.push({ target, name: choice.name });
      await logImageEvent(context, target.digest, target.digest, 'save');
    }
  }
  const lease = context.store.lease();
  const release = (): void => void lease.end().catch((error) => context.debug(`after an export: ${error}`));
  try {
    const matcher = anyOf(platforms, context.hostMatcher);
    const archive = await exportImages(context.store, exported, matcher, lease.hold);
    // The image is exported completely even if it is removed during the export.
    return Readable.from(endWithFault(archive), { objectMode: false }).once('close', release);
  } catch (error) {
    release();
    throw asServerError(error);
  }
}

/** An archive that breaks off ends with the error as a JSON line, as dockerd's do (recording att-size-mismatch). */
async function* endWithFault(archive: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* archive;
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    const { message } = error;
    yield Buffer.concat([
      renderJson({ error: message, errorDetail: { message } }).subarray(0, -1),
      Buffer.from('\r\n'),
    ]);
  }
}

/** dockerd reports export failures as internal errors, except for missing content. */
function asServerError(error: unknown): unknown {
  if (!(error instanceof AttestdError) || error.code === 'INVALID_ARGUMENT') return error;
  if (error.code !== 'NOT_FOUND') return new AttestdError('INTERNAL', error.message, { cause: error });
  // In dockerd, the error crosses the API of the content store, which adds the kind of error.
  const message = error.message.replace(/(^|: )content digest /, '$1NotFound: content digest ');
  return new AttestdError('NOT_FOUND', message, { cause: error });
}

function chooseImages(context: Context, text: string): readonly Choice[] {
  const reference = parseNormalized(text);
  const found = attempt(() => resolveImage(context.store, text));
  const image = found instanceof AttestdError ? undefined : found;
  const byDigest = reference?.digest !== undefined || (image !== undefined && isIdPrefix(image.target.digest, text));
  if ((image === undefined || !byDigest) && reference !== undefined && isNameOnly(reference)) {
    return repositoryImages(context, reference);
  }
  if (found instanceof AttestdError) throw found;
  if (byDigest) return [{ image: found, name: undefined }];
  return [{ image: found, name: reference === undefined ? undefined : formatReference(reference) }];
}

function attempt<T>(action: () => T): T | AttestdError {
  try {
    return action();
  } catch (error) {
    if (error instanceof AttestdError) return error;
    throw error;
  }
}

function isIdPrefix(digest: string, text: string): boolean {
  const [algorithm = '', encoded = ''] = digest.split(':');
  return encoded.startsWith(text.startsWith(`${algorithm}:`) ? text.slice(algorithm.length + 1) : text);
}

function repositoryImages({ store }: Context, reference: NamedReference): readonly Choice[] {
  const repository = repositoryName(reference);
  const choices = store.list().flatMap((image) => {
    const named = parseNamed(image.name);
    const member = named?.tag !== undefined && named.digest === undefined && repositoryName(named) === repository;
    return member ? [{ image, name: image.name }] : [];
  });
  if (choices.length === 0) throw noSuchImage(reference);
  return choices;
}

/** Returns the manifest of one platform if all its content exists. */
async function platformTarget(context: Context, image: ImageRecord, platform: Platform): Promise<Descriptor> {
  const { manifests: documents } = context;
  const matcher = onlyStrict(platform);
  const found: Descriptor[] = [];
  const consider = async (manifest: Descriptor): Promise<void> => {
    if (!isManifestType(manifest.mediaType)) return;
    if (!(await availability(documents, manifest))) return;
    if (Object.hasOwn(manifest.annotations ?? {}, annotations.referenceType)) return;
    if (matcher.match(await platformOf(documents, manifest))) found.push(manifest);
  };
  try {
    if (isIndexType(image.target.mediaType)) await walk(image.target, reachable(documents, consider));
    else await consider(image.target);
  } catch (error) {
    throw asServerError(error);
  }
  const [target, ...others] = found;
  const prefix = 'no suitable export target found: ';
  if (target === undefined) {
    const { code, message } = platformNotFound(familiarNameOf(image), platform);
    throw new AttestdError(code, prefix + message);
  }
  if (others.length === 0) return target;
  throw new AttestdError('CONFLICT', `${prefix}multiple manifests found for platform ${formatPlatformAll(platform)}`);
}
