import { formatReference, tagNameOnly } from '../../../oci/reference.js';
import type { Context } from '../../context.js';
import { parseNormalized } from '../../images/names.js';
import type { Container } from '../container.js';

/** The containers that were made of an image, or show it as a mount. */
export function usersOf({ containers }: Context, imageId: string): readonly Container[] {
  return containers
    .list()
    .filter(
      ({ imageId: own, mountSources }) =>
        own === imageId || [...mountSources.values()].some(({ imageId: mounted }) => mounted === imageId),
    );
}

/** The containers that were made of a platform's manifest. */
export function usersOfManifest({ containers }: Context, digest: string): readonly Container[] {
  return containers.list().filter(({ manifest }) => manifest?.digest === digest);
}

/**
 * Images that a prune must keep because containers use them: by reference, or by digest if the container has no
 * reference.
 */
export interface UsedImages {
  readonly names: ReadonlySet<string>;
  readonly digests: ReadonlySet<string>;
}

/** The images that containers hold on to, whether they run or not. */
export function usedImages({ containers }: Context): UsedImages {
  const names = new Set<string>();
  const digests = new Set<string>();
  for (const { config, imageId } of containers.list()) {
    names.add(`moby-dangling@${imageId}`);
    const { Image: reference } = config;
    const byId = imageId.startsWith(`sha256:${reference.replace(/^sha256:/, '')}`);
    if (byId || reference.endsWith(`@${imageId}`)) digests.add(imageId);
    const named = parseNormalized(reference);
    if (named === undefined) continue;
    names.add(formatReference(tagNameOnly(named)));
    // A name with tag and digest holds the tag too.
    if (named.tag !== undefined) names.add(formatReference({ ...named, digest: undefined }));
  }
  return { names, digests };
}
