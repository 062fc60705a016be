import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { isDigest } from '../../oci/digest.js';
import { danglingName } from '../../oci/index-file.js';
import { isLayerType, isManifestType } from '../../oci/media-types.js';
import { formatPlatformAll, only, type PlatformMatcher, parsePlatform } from '../../oci/platform.js';
import {
  familiarName,
  familiarString,
  formatReference,
  isNameOnly,
  type NamedReference,
  parseReference,
  withTag,
} from '../../oci/reference.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import type { RepositoryUse } from '../../support/registry-client/registry.js';
import { listTags } from '../../support/registry-client/tags.js';
import type { Credentials } from '../../support/registry-client/types.js';
import type { Context } from '../context.js';
import { logImageEvent } from '../images/events.js';
import { resolveImage } from '../images/names.js';
import { keepDangling } from '../images/tag.js';
import type { PullOptions, StreamMessage } from '../types.js';
import { type Emit, messagesOf } from './message-stream.js';
import { reportWhile } from './progress.js';
import { PullWalk } from './pull-walk.js';
import { explainRejection } from './refusal.js';

/** Parameters of a pull. */
interface PullRequest {
  readonly reference: NamedReference;
  readonly platform: Platform | undefined;
  readonly credentials: Credentials;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * `POST /images/create?fromImage=`: pulls an image or all tags of a repository (docs/reference/registries.md#pull). The
 * image gets its name once it is complete. Until then it is invisible, and a failed pull deletes its content.
 *
 * @throws INVALID_REFERENCE, INVALID_PLATFORM, FORBIDDEN for `scratch`; before the first message: NOT_FOUND,
 * UNAUTHORIZED, FORBIDDEN, UNAVAILABLE, INTERNAL with dockerd's texts
 */
export async function pullImage(context: Context, options: PullOptions): Promise<AsyncIterable<StreamMessage>> {
  const platform = options.platform ? parsePlatform(options.platform, context.host) : undefined;
  const reference = pullReference(options);
  if (familiarName(reference) === 'scratch') throw new AttestdError('FORBIDDEN', "'scratch' is a reserved name");
  const { credentials = {}, headers = {} } = options;
  const request = { reference, platform, credentials, headers };
  return messagesOf((emit, signal) => pullAll(context, request, emit, signal), options.signal);
}

function pullReference({ fromImage, tag = '' }: PullOptions): NamedReference {
  const reference = parseReference(fromImage.replace(/:$/, ''));
  if (tag === '') return reference;
  const { domain, path } = reference;
  return isDigest(tag) ? { domain, path, digest: tag } : withTag(reference, tag);
}

async function pullAll(context: Context, request: PullRequest, emit: Emit, signal: AbortSignal): Promise<void> {
  const { reference, credentials } = request;
  if (!isNameOnly(reference)) return pullOne(context, request, emit, signal);
  const tags = await listTags(context.registries.registry, reference, { credentials, signal });
  for (const tag of tags) {
    const tagged = taggedOrNothing(reference, tag);
    if (tagged === undefined) continue;
    try {
      await pullOne(context, { ...request, reference: tagged }, emit, signal);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      const what = `error pulling ${formatReference(tagged)}: ${error.message}`;
      throw new AttestdError(error.code, what, { cause: error });
    }
  }
}

function taggedOrNothing(reference: NamedReference, tag: string): NamedReference | undefined {
  try {
    return withTag(reference, tag);
  } catch {
    return undefined;
  }
}

async function pullOne(context: Context, request: PullRequest, emit: Emit, signal: AbortSignal): Promise<void> {
  const { reference, platform } = request;
  const matcher = platform === undefined ? context.hostMatcher : only(platform);
  try {
    await transfer(context, request, matcher, emit, signal);
  } catch (error) {
    throw describeError(error, reference, platform ?? context.host);
  }
}

/** Fetch an image into a lease, name it, and say how it went. */
async function transfer(
  context: Context,
  { reference, credentials, headers }: PullRequest,
  matcher: PlatformMatcher,
  emit: Emit,
  outer: AbortSignal,
): Promise<void> {
  const { store, registries } = context;
  const aborter = new AbortController();
  const abort = (): void => aborter.abort();
  const signal = AbortSignal.any([outer, aborter.signal]);
  const name = formatReference(reference);
  const use: RepositoryUse = { credentials, headers, signal };
  const repository = await registries.registry.repository(reference, use);
  const before = digestBefore(context, reference);
  const target = await resolving(name, () => repository.resolve());
  const lease = store.lease();
  try {
    const { content } = lease;
    const greeting = { status: `Pulling from ${reference.path}`, id: reference.tag ?? name };
    const walk = new PullWalk({
      context,
      repository,
      content,
      matcher,
      emit,
      hasGreeted: greeting,
      name,
      signal,
      abort,
    });
    await reportWhile(
      async () => {
        await walk.run(target);
        await storeImage(context, reference, target, walk);
      },
      () => walk.progress.report(),
    );
    context.lineage.recordRepository(target.digest, reference.domain, reference.path);
    await logImageEvent(context, familiarString(reference), familiarName(reference), 'pull');
  } finally {
    await lease.end();
  }
  emit({ status: `Digest: ${target.digest}` });
  const newer = before !== target.digest;
  const status = newer ? 'Downloaded newer image for' : 'Image is up to date for';
  emit({ status: `Status: ${status} ${familiarString(reference)}` });
}

/** The image that a reference stood for before it is pulled: with a digest, any of its repository that has it. */
function digestBefore({ store }: Context, reference: NamedReference): string | undefined {
  try {
    return resolveImage(store, formatReference(reference)).target.digest;
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

async function resolving(name: string, action: () => Promise<Descriptor>): Promise<Descriptor> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    const what = `failed to resolve reference ${quote(name)}: ${error.message}`;
    throw new AttestdError(error.code, what, { cause: error });
  }
}

/** Names an image. The previous owner of the name becomes a dangling image. */
async function storeImage(
  context: Context,
  reference: NamedReference,
  target: Descriptor,
  walk: PullWalk,
): Promise<void> {
  const { store, registries } = context;
  const name = formatReference(reference);
  const replaced = store.get(name);
  if (replaced !== undefined && replaced.target.digest !== target.digest) await keepDangling(context, replaced);
  await store.put(name, target);
  for (const signature of walk.attached) await store.attach(signature);
  // Content that existed before the pull may have been deleted before the name protected it.
  await walk.complete();
  for (const digest of walk.needed.keys()) registries.sources.add(digest, reference);
  const dangling = danglingName(target.digest);
  if (store.get(dangling) !== undefined) await store.remove(dangling);
  if (!(await walk.fits())) {
    const reason = `no match for platform in manifest ${target.digest}: not found`;
    throw new AttestdError('NOT_FOUND', `failed to unpack image on snapshotter overlayfs: ${reason}`);
  }
  if (!walk.unpacked) await unpackOther(context, walk.manifest ?? target);
}

/**
 * Unpacks an image whose layers were not unpacked during the pull. Fails for layers that are not file systems.
 *
 * @throws INTERNAL with dockerd's text; the image stays
 */
async function unpackOther(context: Context, target: Descriptor): Promise<void> {
  const { manifests: documents } = context;
  if (!isManifestType(target.mediaType)) return;
  const { config, layers = [] } = await documents.manifest(target);
  const diffIds = (await documents.config(config)).rootfs.diff_ids ?? [];
  if (diffIds.length === layers.filter(({ mediaType }) => isLayerType(mediaType)).length) return;
  const reason = 'mismatched image rootfs and manifest layers';
  throw new AttestdError('INTERNAL', `failed to unpack image on snapshotter overlayfs: ${reason}`);
}

/** Returns dockerd's error for a failed pull. */
function describeError(error: unknown, reference: NamedReference, platform: Platform): unknown {
  if (!(error instanceof AttestdError)) return error;
  if (error.code === 'UNAUTHORIZED') {
    if (error.message.includes('no basic auth credentials')) {
      return new AttestdError('INTERNAL', error.message, { cause: error });
    }
    const name = familiarName(reference);
    const reason = `pull access denied for ${name}, repository does not exist or may require 'docker login'`;
    return new AttestdError('NOT_FOUND', reason, { cause: error });
  }
  if (error.code === 'NOT_FOUND' && error.message.includes('platform')) {
    const what = `no matching manifest for ${formatPlatformAll(platform)} in the manifest list entries`;
    return new AttestdError('NOT_FOUND', `${what}: ${error.message}`, { cause: error });
  }
  return explainRejection(error);
}
