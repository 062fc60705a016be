import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { formatPlatformAll } from '../../oci/platform.js';
import type { ImageRecord } from '../../oci/store.js';
import { manifestsOnly, reachable, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { matcherFor, platformNotFound, platformOf } from '../images/manifests.js';
import { familiarNameOf } from '../images/names.js';
import { availability } from '../images/summary.js';

const referenceType = 'vnd.docker.reference.type';

/**
 * Selects the part of an image to push if not all of it is pushed: the manifest of a platform, or the local one
 * (docs/reference/registries.md#push).
 *
 * @throws NOT_FOUND if no manifest matches; CONFLICT if the choice is ambiguous; CORRUPT
 */
export async function pushTarget(
  context: Context,
  image: ImageRecord,
  platform: Platform | undefined,
): Promise<Descriptor> {
  const { manifests: documents, hostMatcher } = context;
  const matcher = matcherFor(context, 'strict', platform);
  const fitting: { manifest: Descriptor; platform: Platform }[] = [];
  let missing = false;
  const visit = async (manifest: Descriptor): Promise<void> => {
    if (!(await availability(documents, manifest))) {
      missing = true;
      return;
    }
    if (manifest.annotations?.[referenceType] === 'attestation-manifest') return;
    const found = await platformOf(documents, manifest);
    if (matcher.match(found)) fitting.push({ manifest, platform: found });
  };
  await walk(image.target, reachable(documents, manifestsOnly(visit)));
  const [first, ...others] = fitting;
  if (first === undefined) throw platformNotFound(familiarNameOf(image), platform);
  if (platform !== undefined) {
    if (others.length === 0) return first.manifest;
    throw new AttestdError('CONFLICT', `multiple manifests found for platform ${formatPlatformAll(platform)}`);
  }
  if (!missing) return image.target;
  if (others.length === 0) return first.manifest;
  const best = fitting.reduce((a, b) => (matcher.less(b.platform, a.platform) ? b : a));
  if (hostMatcher.match(best.platform)) return best.manifest;
  const reason = 'multiple matching manifests found but no specific platform requested';
  throw new AttestdError('CONFLICT', reason);
}
