import { AttestdError } from '../errors.js';
import { decodeJson } from '../go/json.js';
import type { Descriptor } from './descriptor.js';
import { parseDigest } from './digest.js';
import { referrerLabelPrefix, subjectAnnotation } from './graph.js';
import { childrenOf, manifestType } from './manifest.js';
import { isIndexType, isManifestType, isNonDistributable } from './media-types.js';
import type { ContentStore } from './store.js';
import { blobRecord } from './tar-record.js';
import type { TarRecord } from './tar-write.js';

/** The blobs to export, collected on a walk. */
export interface Recorded {
  readonly records: TarRecord[];
  readonly algorithms: Set<string>;
}

/**
 * Walk from a descriptor to all blobs that belong to it, those of manifests that refer to it included, as containerd's
 * exporter does: a missing manifest is passed over, one whose children are not all there goes without them.
 *
 * @throws AttestdError INVALID_DIGEST, INVALID_JSON, NOT_FOUND for a missing nested index
 */
export async function collectRecords(content: ContentStore, start: Descriptor, recorded: Recorded): Promise<void> {
  const { digest, mediaType } = start;
  const children = await presentChildren(content, start);
  if (children === undefined) return;
  const { algorithm } = parseDigest(digest);
  if (!isNonDistributable(mediaType)) recorded.records.push(blobRecord(start));
  recorded.algorithms.add(algorithm);
  for (const child of [...children, ...(await referrersOf(content, start))])
    await collectRecords(content, child, recorded);
}

async function presentChildren(
  content: ContentStore,
  descriptor: Descriptor,
): Promise<readonly Descriptor[] | undefined> {
  const { digest, mediaType } = descriptor;
  if (!isManifestType(mediaType) && !isIndexType(mediaType)) return [];
  let children: readonly Descriptor[];
  try {
    children = childrenOf(await content.bytes(digest), descriptor);
  } catch (error) {
    if (isManifestType(mediaType) && error instanceof AttestdError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
  if (isIndexType(mediaType)) return children;
  for (const child of children) if ((await content.info(child.digest)) === undefined) return [];
  return children;
}

async function referrersOf(content: ContentStore, { digest, mediaType }: Descriptor): Promise<Descriptor[]> {
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

async function describe(content: ContentStore, digest: string): Promise<Descriptor | undefined> {
  try {
    const bytes = await content.bytes(digest);
    const { mediaType = '', artifactType } = decodeJson(bytes, manifestType);
    return { mediaType, digest, size: bytes.length, ...(artifactType && { artifactType }) };
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
}
