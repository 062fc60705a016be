import type { Readable } from 'node:stream';
import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { type ImportedImage, importArchive } from '../../oci/importer.js';
import { danglingName, isDangling } from '../../oci/index-file.js';
import { anyOf, formatPlatformAll, type PlatformMatcher } from '../../oci/platform.js';
import { familiarString, formatReference, tagNameOnly } from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import type { Context } from '../context.js';
import type { LoadOptions, StreamMessage } from '../types.js';
import { logImageEvent } from './events.js';
import { platformOf, presentManifests } from './manifests.js';
import { familiarNameOf, parseNormalized } from './names.js';
import { isAvailable, isPseudo } from './summary.js';

/** The importer's text for an archive without a manifest. */
const emptyArchive = 'image might be filtered out';

/**
 * `POST /images/load` (docs/reference/behavior/images.md#loading-images). Errors are reported in the stream with the
 * daemon's text.
 */
export async function* loadImages(
  context: Context,
  archive: Readable,
  options: LoadOptions = {},
): AsyncGenerator<StreamMessage> {
  const { platforms = [], signal } = options;
  try {
    const { images, blobs } = await importNamed(context, archive, platforms, signal);
    const unpackable = platforms.length > 0 ? anyOf(platforms, context.hostMatcher) : context.hostMatcher;
    for (const image of images) {
      await yieldIfDue();
      if (signal?.aborted) return;
      yield* report(context, image, unpackable, blobs);
    }
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    yield { error: error.message, errorDetail: { message: error.message } };
  }
}

/** Read the archive, give its images their names and see that they have the wanted platforms. */
async function importNamed(
  context: Context,
  archive: Readable,
  platforms: readonly Platform[],
  signal: AbortSignal | undefined,
): Promise<{ images: readonly ImageRecord[]; blobs: ReadonlySet<string> }> {
  const { store, hostMatcher } = context;
  const matcher = platforms.length > 0 ? anyOf(platforms, hostMatcher) : undefined;
  const imported = await importArchive(archive, store, matcher, hostMatcher, signal).catch((error: unknown) => {
    throw matcher === undefined ? error : explainPlatforms(error, platforms);
  });
  try {
    const named = await nameAll(context, imported.images, signal);
    // Checked before other platforms are dropped: a broken manifest of an unrequested platform is an error, too.
    if (platforms.length > 0) await requirePlatforms(context, named, platforms);
    return { images: named, blobs: imported.blobs };
  } finally {
    await imported.end();
  }
}

/**
 * Assigns the names of an archive to its images. An image without a valid name becomes dangling. Like dockerd, keeps
 * the previous target of a name as a dangling image, even if the target is the same. If several images share a name,
 * the last one gets it. The first image without an error ends the loop.
 */
async function nameAll(
  { store }: Context,
  images: readonly ImportedImage[],
  signal: AbortSignal | undefined,
): Promise<readonly ImageRecord[]> {
  // Names that are added together are saved together.
  const given: Promise<ImageRecord>[] = [];
  const added: Promise<ImageRecord>[] = [];
  const fresh = new Set<string>();
  const failures: unknown[] = [];
  const put = (name: string, target: Descriptor): Promise<ImageRecord> => {
    const done = store.put(name, target);
    done.catch((error: unknown) => failures.push(error));
    return done;
  };
  const keepPrevious = (name: string): void => {
    const image = fresh.has(name) ? undefined : store.get(name);
    fresh.add(name);
    if (image === undefined || store.get(danglingName(image.target.digest)) !== undefined) return;
    added.push(put(danglingName(image.target.digest), image.target));
  };
  for (const { name, target } of images) {
    await yieldIfDue();
    if (failures.length > 0 || signal?.aborted) break;
    const named = name === undefined ? undefined : parseNormalized(name);
    if (named !== undefined) keepPrevious(formatReference(named));
    if (name !== undefined) given.push(put(name, target));
    if (named === undefined) given.push(put(danglingName(target.digest), target));
  }
  await Promise.allSettled([...given, ...added]);
  if (failures.length > 0) throw failures[0];
  return Promise.all(given);
}

function namesOf(platforms: readonly Platform[]): string {
  return `[${platforms.map(formatPlatformAll).join(' ')}]`;
}

function explainPlatforms(error: unknown, platforms: readonly Platform[]): unknown {
  if (!(error instanceof AttestdError)) return error;
  const what = `requested platform(s) (${namesOf(platforms)})`;
  if (error.message === emptyArchive) return new AttestdError('NOT_FOUND', `${what} not found: ${error.message}`);
  if (error.code !== 'NOT_FOUND') return error;
  return new AttestdError('NOT_FOUND', `${what} found, but some content is missing: NotFound: ${error.message}`);
}

/** Check that each image has one of the wanted platforms, with all its content. */
async function requirePlatforms(
  context: Context,
  images: readonly ImageRecord[],
  platforms: readonly Platform[],
): Promise<void> {
  const matcher = anyOf(platforms, context.hostMatcher);
  const incomplete: string[] = [];
  for (const image of images) if (!(await provides(context, image, matcher))) incomplete.push(familiarNameOf(image));
  if (incomplete.length === 0) return;
  const requested = `the requested platform (${namesOf(platforms)})`;
  const [only] = incomplete;
  throw new AttestdError(
    'NOT_FOUND',
    incomplete.length === 1
      ? `image ${only} was loaded, but doesn't provide ${requested}`
      : `images [${incomplete.join(', ')}] were loaded, but don't provide ${requested}`,
  );
}

async function provides(context: Context, image: ImageRecord, matcher: PlatformMatcher): Promise<boolean> {
  const { manifests: documents } = context;
  for (const manifest of await presentManifests(documents, image)) {
    const platform = await platformIfKnown(context, manifest);
    if (platform === undefined || !matcher.match(platform)) continue;
    if ((await isAvailable(documents, manifest)) === true) return true;
  }
  return false;
}

/** Returns the platform of a manifest. Undefined if its configuration is missing. */
async function platformIfKnown({ manifests: documents }: Context, manifest: Descriptor): Promise<Platform | undefined> {
  try {
    return await platformOf(documents, manifest);
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** Unpacks the host's platform of an image and reports it as loaded. The image stays if it cannot be unpacked. */
async function* report(
  context: Context,
  image: ImageRecord,
  unpackable: PlatformMatcher,
  blobs: ReadonlySet<string>,
): AsyncGenerator<StreamMessage> {
  const { digest } = image.target;
  const dangling = isDangling(image);
  const name = dangling ? digest : displayName(image.name);
  const failure = await unpack(context, image, unpackable, blobs);
  yield { stream: `${dangling ? 'Loaded image ID' : 'Loaded image'}: ${name}\n` };
  await logImageEvent(context, digest, digest, 'load');
  if (failure !== undefined) yield { stream: `Error unpacking image ${name}: ${failure}\n` };
}

function displayName(name: string): string {
  const named = parseNormalized(name);
  return named === undefined ? name : familiarString(tagNameOnly(named));
}

/** @returns the error text, if any */
async function unpack(
  context: Context,
  image: ImageRecord,
  unpackable: PlatformMatcher,
  blobs: ReadonlySet<string>,
): Promise<string | undefined> {
  const { manifests: documents, snapshots } = context;
  try {
    for (const manifest of await presentManifests(documents, image)) {
      if ((await isPseudo(documents, manifest)) !== false) continue;
      const platform = await platformIfKnown(context, manifest).catch(() => undefined);
      if (platform === undefined || !unpackable.match(platform)) continue;
      if (!(await hasConfig(context, manifest))) continue;
      await snapshots.unpack(manifest, image.name, blobs);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    return error.message;
  }
}

async function hasConfig({ manifests: documents }: Context, manifest: Descriptor): Promise<boolean> {
  try {
    await documents.config((await documents.manifest(manifest)).config);
    return true;
  } catch (error) {
    if (error instanceof AttestdError) return false;
    throw error;
  }
}
