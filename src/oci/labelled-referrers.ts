import { AttestdError } from '../support/foundation/errors.js';
import type { ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import { referrerLabelPrefix, subjectAnnotation } from './graph.js';
import { decodeManifest } from './manifest.js';
import { isIndexType, isManifestType } from './media-types.js';
import { type Handler, stop } from './walk.js';

/**
 * The manifests that a blob's labels lead to as referring to it, which is how daemons keep and export them.
 *
 * @returns descriptors that bear containerd's annotation of the subject; those that cannot be read are left out
 */
export async function labelledReferrers(
  content: ContentStore,
  { digest, mediaType }: Descriptor,
): Promise<Descriptor[]> {
  if (!isManifestType(mediaType) && !isIndexType(mediaType)) return [];
  const { labels = {} } = (await content.info(digest)) ?? {};
  const found: Descriptor[] = [];
  for (const [label, referrer] of Object.entries(labels)) {
    if (!label.startsWith(referrerLabelPrefix)) continue;
    const described = await describe(content, referrer);
    if (described !== undefined) found.push({ ...described, annotations: { [subjectAnnotation]: digest } });
  }
  return found;
}

/** Goes on, after what a handler goes on with, to the manifests that refer to a descriptor by labels. */
export const withReferrers =
  (handler: Handler, content: ContentStore): Handler =>
  async (descriptor) => {
    const children = await handler(descriptor);
    return children === stop ? stop : [...children, ...(await labelledReferrers(content, descriptor))];
  };

async function describe(content: ContentStore, digest: string): Promise<Descriptor | undefined> {
  try {
    const bytes = await content.bytes(digest);
    const { mediaType = '', artifactType } = decodeManifest(bytes);
    return { mediaType, digest, size: bytes.length, ...(artifactType && { artifactType }) };
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
}
