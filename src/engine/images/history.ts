import type { Platform } from '../../oci/descriptor.js';
import { isDangling } from '../../oci/index-file.js';
import { familiarString } from '../../oci/reference.js';
import type { ImageStore } from '../../oci/store.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { parseGoTime, unixSeconds } from '../../support/go/rfc3339.js';
import type { Context } from '../context.js';
import type { AnswerOf } from '../wire.js';
import { bestManifest } from './manifests.js';
import { imagesOf, parseNamed, resolveImage } from './names.js';
import { chainIds } from './snapshots.js';

/**
 * `GET /images/{name}/history`, newest step first. Null if the configuration has no history
 * (docs/reference/behavior/images.md#image-history).
 *
 * @param platform loosely matched
 * @throws NOT_FOUND if the image, the platform or the configuration is missing
 */
export async function imageHistory(
  context: Context,
  name: string,
  platform?: Platform,
): Promise<AnswerOf<'ImageHistory'>> {
  const { manifests: documents, snapshots, store } = context;
  const image = resolveImage(store, name);
  const manifest = await bestManifest(context, image, 'loose', platform);
  const config = await documents.config((await documents.manifest(manifest)).config);
  await snapshots.ensureUnpacked(manifest);
  const sizes = chainIds(config.rootfs.diff_ids ?? []).map((id) => snapshots.usage(id) ?? 0);
  const steps = (config.history ?? []).map((step) => {
    let size = 0;
    if (step.empty_layer !== true) {
      const next = sizes.shift();
      if (next === undefined) throw new AttestdError('INTERNAL', 'unable to find the size of the layer');
      size = next;
    }
    return {
      Comment: step.comment ?? '',
      Created: step.created === undefined ? 0 : unixSeconds(parseGoTime(step.created)),
      CreatedBy: step.created_by ?? '',
      Size: size,
    };
  });
  if (steps.length === 0) return null;
  const { digest } = image.target;
  const known = [digest, ...context.lineage.ancestors(digest)];
  return steps.reverse().map(({ Comment, Created, CreatedBy, Size }, i) => {
    const id = known[i];
    const tags = id === undefined ? [] : tagsOf(store, id);
    return { Comment, Created, CreatedBy, Id: id ?? '<missing>', Size, Tags: tags.length > 0 ? tags : null };
  });
}

function tagsOf(store: ImageStore, digest: string): string[] {
  return imagesOf(store, digest).flatMap((candidate) => {
    const named = isDangling(candidate) ? undefined : parseNamed(candidate.name);
    return named === undefined ? [] : [familiarString(named)];
  });
}
