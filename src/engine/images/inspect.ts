import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { runConfigType } from '../../oci/image-config.js';
import { isDangling } from '../../oci/index-file.js';
import { descriptorType } from '../../oci/manifest.js';
import type { PlatformMatcher } from '../../oci/platform.js';
import { familiarString } from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import { choosing, reachable, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { ImageInspect } from '../../support/foundation/types.js';
import { goObject } from '../../support/go/json/value.js';
import { formatGoTime } from '../../support/go/rfc3339.js';
import type { Context } from '../context.js';
import type { InspectOptions } from '../types.js';
import { has } from '../versions.js';
import type { Wire } from '../wire.js';
import { identityOf } from './identity.js';
import { widenConfig, widenInspect } from './inspect-legacy.js';
import { matcherFor, platformNotFound, platformOfConfig } from './manifests.js';
import { familiarDigested, imagesOf, parseNamed, resolveImage } from './names.js';
import { type PlatformImage, summarize } from './summary.js';

/**
 * `GET /images/{name}/json` (docs/reference/behavior/images.md#inspecting-an-image).
 *
 * @throws NOT_FOUND if the image or the platform is missing; INVALID_ARGUMENT for manifests with platform; CORRUPT
 */
export async function inspectImage(
  context: Context,
  name: string,
  options: InspectOptions,
): Promise<Wire<ImageInspect>> {
  const { apiVersion } = options;
  const manifests = options.manifests === true;
  const wanted = options.platform;
  if (manifests && wanted !== undefined) {
    const reason = 'conflicting options: manifests and platform options cannot both be set';
    throw new AttestdError('INVALID_ARGUMENT', reason);
  }
  const image = resolveImage(context.store, name);
  const matcher = matcherFor(context, 'strict', wanted);
  const size = await packedSize(context, image.target, matcher);
  const statements =
    manifests &&
    context.channel === 'experimental' &&
    has(apiVersion, 'ImageManifestSummary.AttestationData.Statements');
  const summary = await summarize(context, image, matcher, { statements });
  if (summary.best === undefined && wanted !== undefined) throw platformNotFound(name, wanted);
  const target = wanted === undefined ? image.target : (summary.best?.manifest ?? image.target);
  const same = imagesOf(context.store, image.target.digest);
  const config = summary.best?.config;
  const created = config?.created;
  const platform = summary.best && platformOf(summary.best);
  const body = {
    Id: target.digest,
    ...repoNames(same),
    ...parentOf(context, image),
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
    Descriptor: has(apiVersion, 'ImageInspect.Descriptor') ? goObject(target, descriptorType) : undefined,
    Manifests: manifests && summary.manifests.length > 0 ? summary.manifests : undefined,
    Identity: has(apiVersion, 'ImageInspect.Identity')
      ? await identityOf(context, image.target.digest, platform)
      : undefined,
  } satisfies Wire<ImageInspect>;
  return widenInspect(body, apiVersion);
}

function platformOf({ manifest, config }: PlatformImage): Platform | undefined {
  return manifest.platform ?? (config?.os ? platformOfConfig(config) : undefined);
}

function rootFs(type: string, layers: readonly string[]): Wire<ImageInspect['RootFS']> {
  return { Type: type === '' ? undefined : type, Layers: layers.length === 0 ? undefined : layers };
}

/** The last time that one of the names was set, as Go writes a time in UTC. */
function lastTagTime(images: readonly ImageRecord[]): string {
  const last = images.reduce((latest, { updatedAt }) => Math.max(latest, updatedAt.getTime()), 0);
  return formatGoTime(new Date(last));
}

/**
 * Returns RepoTags and RepoDigests: the names of an image, and each repository with the digest. Keeps malformed names
 * unchanged.
 */
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
async function packedSize(
  { manifests: documents }: Context,
  target: Descriptor,
  matcher: PlatformMatcher,
): Promise<number> {
  let total = 0;
  const count = ({ size }: Descriptor): void => {
    total += size;
  };
  await walk(
    target,
    choosing(reachable(documents, count), (children) => bestChild(children, matcher)),
  );
  return total;
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

/**
 * The image's parent, if it was committed or built here. dockerd returns it although the description does not contain
 * it.
 */
function parentOf({ lineage }: Context, { target }: ImageRecord): object {
  return { Parent: lineage.parentOf(target.digest) };
}
