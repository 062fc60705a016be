import { AttestdError } from '../../errors.js';
import type { JsonObject, JsonValue } from '../../go/json/render.js';
import { goObject } from '../../go/json/value.js';
import { parseGoTime } from '../../go/rfc3339.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { isDangling } from '../../oci/index-file.js';
import { descriptorType } from '../../oci/manifest.js';
import { isIndexType } from '../../oci/media-types.js';
import type { PlatformMatcher } from '../../oci/platform.js';
import { familiarString } from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import type { Context } from '../context.js';
import type { InspectOptions } from '../types.js';
import { has } from '../versions.js';
import { runConfigType } from './config.js';
import { widenConfig, widenInspect } from './inspect-legacy.js';
import { matcherFor, platformNotFound } from './manifests.js';
import { familiarDigested, imagesOf, parseNamed, resolveImage } from './names.js';
import { summarize } from './summary.js';

/**
 * `GET /images/{name}/json` (docs/behaviour.md#inspecting-an-image).
 *
 * @throws NOT_FOUND when the image or the platform is not there; INVALID_ARGUMENT for manifests with platform; CORRUPT
 */
export async function inspectImage(context: Context, name: string, options: InspectOptions): Promise<JsonValue> {
  const { apiVersion } = options;
  const manifests = has(apiVersion, 'inspect.manifests') && options.manifests === true;
  const wanted = has(apiVersion, 'inspect.platform') ? options.platform : undefined;
  if (manifests && wanted !== undefined) {
    const why = 'conflicting options: manifests and platform options cannot both be set';
    throw new AttestdError('INVALID_ARGUMENT', why);
  }
  const image = resolveImage(context.store, name);
  const matcher = matcherFor(context, 'strict', wanted);
  const size = await packedSize(context, image.target, matcher);
  const statements = manifests && context.channel === 'experimental' && has(apiVersion, 'attestations.Statements');
  const summary = await summarize(context, image, matcher, { statements });
  if (summary.best === undefined && wanted !== undefined) throw platformNotFound(name, wanted);
  const target = wanted === undefined ? image.target : (summary.best?.manifest ?? image.target);
  const same = imagesOf(context.store, image.target.digest);
  const config = summary.best?.config;
  const created = config?.created === undefined ? undefined : parseGoTime(config.created).text;
  const body = {
    Id: target.digest,
    ...repoNames(same),
    Comment: config?.history?.at(-1)?.comment || undefined,
    Created: created,
    Author: config?.author || undefined,
    Config: widenConfig(goObject(config?.config ?? {}, runConfigType), apiVersion),
    Architecture: config?.architecture ?? '',
    Variant: config?.variant || undefined,
    Os: config?.os ?? '',
    OsVersion: config?.['os.version'] || undefined,
    Size: size,
    RootFS: rootFs(config?.rootfs.type ?? '', config?.rootfs.diff_ids ?? []),
    Metadata: { LastTagTime: lastTagTime(same) },
    Descriptor: has(apiVersion, 'inspect.Descriptor') ? goObject(target, descriptorType) : undefined,
    Manifests: manifests && summary.manifests.length > 0 ? summary.manifests : undefined,
  };
  return widenInspect(body, apiVersion);
}

function rootFs(type: string, layers: readonly string[]): JsonObject {
  return { Type: type === '' ? undefined : type, Layers: layers.length === 0 ? undefined : layers };
}

/** The last time that one of the names was set, as Go writes a time in UTC. */
function lastTagTime(images: readonly ImageRecord[]): string {
  const last = images.reduce((latest, { updatedAt }) => Math.max(latest, updatedAt.getTime()), 0);
  return parseGoTime(new Date(last).toISOString()).text;
}

/** RepoTags and RepoDigests: the names of an image, and each repository with the digest; a malformed name as it is. */
function repoNames(images: readonly ImageRecord[]): { RepoTags: readonly string[]; RepoDigests: readonly string[] } {
  const tags: string[] = [];
  const digests: string[] = [];
  for (const image of images) {
    if (isDangling(image)) continue;
    const named = parseNamed(image.name);
    if (named === undefined) {
      tags.push(image.name);
      continue;
    }
    tags.push(familiarString(named));
    const digested = named.digest === undefined ? familiarDigested(named, image.target.digest) : familiarString(named);
    if (digested !== undefined) digests.push(digested);
  }
  return { RepoTags: [...new Set(tags)], RepoDigests: [...new Set(digests)] };
}

/** Bytes of the blobs of an image: of an index only the manifest that fits best, absent children left out. */
async function packedSize(context: Context, target: Descriptor, matcher: PlatformMatcher): Promise<number> {
  const children = await childrenOrNone(context, target);
  const chosen = isIndexType(target.mediaType) ? bestChild(children, matcher) : children;
  const sizes = await Promise.all(chosen.map((child) => packedSize(context, child, matcher)));
  return sizes.reduce((sum, size) => sum + size, target.size);
}

function bestChild(children: readonly Descriptor[], matcher: PlatformMatcher): readonly Descriptor[] {
  let best: Descriptor | undefined;
  for (const child of children) {
    if (best === undefined) best = child;
    else if (child.platform === undefined) continue;
    else if (best.platform === undefined || matcher.less(child.platform, best.platform)) best = child;
  }
  return best === undefined ? [] : [best];
}

async function childrenOrNone(context: Context, descriptor: Descriptor): Promise<readonly Descriptor[]> {
  try {
    return await context.documents.children(descriptor);
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}
