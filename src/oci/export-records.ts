import { AttestdError } from '../support/foundation/errors.js';
import type { Descriptor } from './descriptor.js';
import { parseDigest } from './digest.js';
import { subjectAnnotation } from './graph.js';
import { labelledReferrers } from './labelled-referrers.js';
import { isIndexType, isManifestType, isNonDistributable } from './media-types.js';
import type { ImageStore } from './store.js';
import { blobRecord } from './tar-record.js';
import type { TarRecord } from './tar-write.js';
import { walk } from './walk.js';

/** Where the blobs to export are. */
export type BlobSource = Pick<ImageStore, 'content' | 'manifests'>;

/** The blobs to export, collected on a walk. */
export interface Recorded {
  readonly records: TarRecord[];
  readonly algorithms: Set<string>;
}

/**
 * Walk from a descriptor to all blobs that belong to it, those of manifests that refer to it included, as containerd's
 * exporter does: a missing manifest is passed over, one whose children are not all there goes without them.
 *
 * @throws AttestdError INVALID_DIGEST; CORRUPT; NOT_FOUND for a missing nested index
 */
export async function collectRecords(store: BlobSource, start: Descriptor, recorded: Recorded): Promise<void> {
  const met = new Set<string>();
  await walk(start, async (descriptor) => {
    const { digest, mediaType, annotations } = descriptor;
    // Manifests may refer to one another in a circle; as a referrer and as a child it is recorded both times.
    const key = `${digest} ${annotations?.[subjectAnnotation] === undefined ? 'child' : 'referrer'}`;
    if (met.has(key)) return [];
    met.add(key);
    const children = await presentChildren(store, descriptor);
    if (children === undefined) return [];
    const { algorithm } = parseDigest(digest);
    if (!isNonDistributable(mediaType)) recorded.records.push(blobRecord(descriptor));
    recorded.algorithms.add(algorithm);
    return [...children, ...(await labelledReferrers(store.content, descriptor))];
  });
}

async function presentChildren(
  { content, manifests }: BlobSource,
  descriptor: Descriptor,
): Promise<readonly Descriptor[] | undefined> {
  const { digest, mediaType } = descriptor;
  if (!isManifestType(mediaType) && !isIndexType(mediaType)) return [];
  parseDigest(digest);
  const children = await manifests.children(descriptor);
  if (isIndexType(mediaType)) {
    if (children === undefined) throw new AttestdError('NOT_FOUND', `content digest ${digest}: not found`);
    return children;
  }
  for (const child of children ?? []) if ((await content.info(child.digest)) === undefined) return [];
  return children;
}
