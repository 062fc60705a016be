import type { Descriptor, Platform } from '../../oci/descriptor.js';
import type { ManifestCache } from '../../oci/manifest-cache.js';
import { isIndexType, isManifestType } from '../../oci/media-types.js';
import { anyOf, formatPlatformAll, only, onlyStrict, type PlatformMatcher } from '../../oci/platform.js';
import type { ImageRecord } from '../../oci/store.js';
import { manifestsOnly, present, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { familiarNameOf } from './names.js';

/** The platform of an image manifest: its descriptor's, else its configuration's. */
export async function platformOf(documents: ManifestCache, manifest: Descriptor): Promise<Platform> {
  if (manifest.platform !== undefined) return manifest.platform;
  return platformOfConfig(await documents.config((await documents.manifest(manifest)).config));
}

/** Returns the platform in an image configuration without the other fields. */
export function platformOfConfig(config: Platform): Platform {
  const { architecture, os, variant, 'os.version': version, 'os.features': features } = config;
  return {
    architecture,
    os,
    ...(version !== undefined && { 'os.version': version }),
    ...(features !== undefined && { 'os.features': features }),
    ...(variant !== undefined && { variant }),
  };
}

/** Strictness of a platform match: `loose` accepts older variants. */
export type Strictness = 'loose' | 'strict';

/**
 * Returns a matcher for the requested platform. If no platform is requested, accepts all and prefers those that run
 * best on the host.
 */
export function matcherFor(context: Context, strictness: Strictness, platform: Platform | undefined): PlatformMatcher {
  if (platform === undefined) return anyOf([], context.hostMatcher);
  return strictness === 'loose' ? only(platform) : onlyStrict(platform);
}

/** dockerd's 404 for an image without the wanted platform. */
export function platformNotFound(name: string, platform: Platform | undefined): AttestdError {
  const what = platform === undefined ? 'any platform' : `the specified platform (${formatPlatformAll(platform)})`;
  return new AttestdError('NOT_FOUND', `image with reference ${name} was found but does not provide ${what}`);
}

/** The image manifests of an image that the store has. */
export async function presentManifests(documents: ManifestCache, image: ImageRecord): Promise<readonly Descriptor[]> {
  const { target, name } = image;
  if (isManifestType(target.mediaType)) return [target];
  if (!isIndexType(target.mediaType)) {
    const reason = 'descriptor is neither a manifest or index';
    throw new AttestdError('INVALID_ARGUMENT', `error walking manifest for ${name}: ${reason}`);
  }
  const found: Descriptor[] = [];
  const collect = (descriptor: Descriptor): void => void found.push(descriptor);
  await walk(target, present(documents, manifestsOnly(collect)));
  return found;
}

/**
 * The manifest of an image that fits a platform best, of those that the store has; nested indexes are entered.
 *
 * @throws NOT_FOUND with dockerd's text (docs/reference/behavior/images.md#inspecting-an-image)
 */
export async function bestManifest(
  context: Context,
  image: ImageRecord,
  strictness: Strictness,
  platform: Platform | undefined,
): Promise<Descriptor> {
  const matcher = matcherFor(context, strictness, platform);
  const best = await bestMatch(context.manifests, image, matcher);
  if (best === undefined) throw platformNotFound(familiarNameOf(image), platform);
  return best;
}

/** The manifest that a matcher likes best, of those that the store has; undefined where none matches. */
export async function bestMatch(
  documents: ManifestCache,
  image: ImageRecord,
  matcher: PlatformMatcher,
): Promise<Descriptor | undefined> {
  let best: { manifest: Descriptor; platform: Platform } | undefined;
  for (const manifest of await presentManifests(documents, image)) {
    const candidate = await platformOf(documents, manifest);
    if (!matcher.match(candidate)) continue;
    if (best === undefined || matcher.less(candidate, best.platform)) best = { manifest, platform: candidate };
  }
  return best?.manifest;
}
