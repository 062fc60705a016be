import { AttestdError } from '../support/foundation/errors.js';
import { compareText, goString, marshalJson, slice, struct } from '../support/go/json.js';
import { quote } from '../support/go/quote.js';
import type { Descriptor } from './descriptor.js';
import { type BlobSource, collectRecords, type Recorded } from './export-records.js';
import { subjectAnnotation } from './graph.js';
import { imageNameAnnotation, refNameKey } from './index-file.js';
import { decodeManifest, indexType } from './manifest.js';
import { isIndexType, isManifestType, mediaTypes } from './media-types.js';
import type { PlatformMatcher } from './platform.js';
import { familiarString, parseReference, refNameAnnotation, tagNameOnly } from './reference.js';
import { blobPath, blobRecord } from './tar-record.js';
import { type TarRecord, writeTar } from './tar-write.js';

/** An image to export. */
export interface ExportedImage {
  readonly target: Descriptor;
  /** Full name; without it the image has none in the archive. */
  readonly name?: string | undefined;
}

interface DockerEntry {
  readonly manifest: Descriptor;
  readonly names: string[];
}

const dockerImagesType = slice(
  struct<{ Config: string; RepoTags: string[] | undefined; Layers: string[] | undefined }>('struct', {
    Config: goString,
    RepoTags: slice(goString),
    Layers: slice(goString),
  }),
);

/**
 * Write images to an archive as dockerd does: an OCI layout with a manifest.json for older daemons, files sorted by name.
 * Blobs that are not there are left out, and so is what a manifest refers to when part of it is missing.
 *
 * @param store where the blobs are
 * @param images what to export; an image may come several times with different names
 * @param platforms which manifests of an index to export, and which of them manifest.json is to name
 * @param hold told of each blob before any is read, so that it stays
 * @returns the archive's bytes. A blob that is not what its descriptor says ends them with an error, after what was
 *   written up to there
 * @throws AttestdError before the first byte, with the daemon's texts: NOT_FOUND, INVALID_ARGUMENT, INVALID_DIGEST,
 *   INVALID_JSON, INVALID_REFERENCE
 */
export async function exportImages(
  store: BlobSource,
  images: readonly ExportedImage[],
  platforms: PlatformMatcher,
  hold: (digest: string) => void = () => undefined,
): Promise<AsyncGenerator<Buffer>> {
  const { content } = store;
  const recorded: Recorded = { records: [], algorithms: new Set() };
  const targets: Descriptor[] = [];
  const docker = new Map<string, DockerEntry>();
  const chosen = new Map<string, string | undefined>();
  for (const image of images) {
    const target = named(image);
    if ((await content.info(target.digest)) === undefined) continue;
    targets.push(target);
    const { digest, mediaType } = target;
    if (isManifestType(mediaType)) {
      if (!docker.has(digest)) {
        await collectRecords(store, target, recorded);
        docker.set(digest, { manifest: target, names: [] });
      }
      chosen.set(digest, digest);
    } else if (isIndexType(mediaType)) {
      if (!chosen.has(digest)) {
        const best = await recordIndex(store, target, recorded, platforms);
        if (best !== undefined) docker.set(best.digest, { manifest: best, names: [] });
        chosen.set(digest, best?.digest);
      }
    } else throw new AttestdError('INVALID_ARGUMENT', 'only manifests may be exported: invalid argument');
    const entry = docker.get(chosen.get(digest) ?? '');
    if (entry !== undefined && image.name !== undefined) entry.names.push(image.name);
  }
  const records = recorded.records;
  for (const { descriptor } of records) if (descriptor !== undefined) hold(descriptor.digest);
  const entries = [...targets, ...outsideReferrers(records)];
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...(entries.length > 0 && { manifests: entries }) };
  const files: TarRecord[] = [
    ...records,
    file('oci-layout', 0o444, '{"imageLayoutVersion":"1.0.0"}'),
    file('index.json', 0o644, marshalJson(index, indexType)),
  ];
  if (docker.size > 0) files.push(file('manifest.json', 0o644, await dockerManifest(store, [...docker.values()])));
  if (recorded.algorithms.size > 0) files.push(folder('blobs/'));
  for (const algorithm of recorded.algorithms) files.push(folder(`blobs/${algorithm}/`));
  return writeTar(content, files);
}

const file = (name: string, mode: number, text: string): TarRecord => {
  const bytes = Buffer.from(text);
  return { name, mode, size: bytes.length, bytes };
};

const folder = (name: string): TarRecord => ({ name, mode: 0o755, size: 0 });

/** The descriptor of an image with the annotations of its name, or with none. */
function named({ target, name }: ExportedImage): Descriptor {
  const { [imageNameAnnotation]: _full, [refNameKey]: _short, ...others } = target.annotations ?? {};
  const names: Record<string, string> =
    name === undefined ? {} : { [imageNameAnnotation]: name, [refNameKey]: refNameAnnotation(name) };
  return { ...target, annotations: { ...others, ...names } };
}

/** Record an index and its wanted manifests; the one that manifest.json is to name comes back. */
async function recordIndex(
  store: BlobSource,
  target: Descriptor,
  recorded: Recorded,
  platforms: PlatformMatcher,
): Promise<Descriptor | undefined> {
  recorded.records.push(blobRecord(target));
  const wanted: Descriptor[] = [];
  for (const manifest of (await store.manifests.index(target)).manifests ?? []) {
    if (manifest.platform !== undefined && !platforms.match(manifest.platform)) continue;
    wanted.push(manifest);
    await collectRecords(store, manifest, recorded);
  }
  if (wanted.length === 0) throw new AttestdError('NOT_FOUND', 'no manifest found for platform: not found');
  return best(wanted, platforms);
}

/** The manifest that comes first in containerd's order: by platform, those without one last; otherwise as they stand. */
function best(manifests: readonly Descriptor[], platforms: PlatformMatcher): Descriptor | undefined {
  const before = (a: Descriptor, b: Descriptor): boolean => {
    if (a.platform === undefined) return false;
    return b.platform === undefined || platforms.less(a.platform, b.platform);
  };
  const sorted = [...manifests];
  // The order is not total, so the sort must be the one that Go's stable sort is on short lists: by insertion.
  for (let i = 1; i < sorted.length; i++)
    for (let j = i; j > 0 && before(sorted[j] as Descriptor, sorted[j - 1] as Descriptor); j--)
      [sorted[j], sorted[j - 1]] = [sorted[j - 1] as Descriptor, sorted[j] as Descriptor];
  return sorted[0];
}

/** Manifests that refer to exported ones and that no exported index leads to. */
function outsideReferrers(records: readonly TarRecord[]): Descriptor[] {
  const inside = new Set<string>();
  const referrers = new Map<string, Descriptor>();
  for (const { descriptor } of records) {
    if (descriptor === undefined) continue;
    if (descriptor.annotations?.[subjectAnnotation] === undefined) inside.add(descriptor.digest);
    else referrers.set(descriptor.digest, descriptor);
  }
  const outside = [...referrers.values()].filter(({ digest }) => !inside.has(digest));
  return outside.sort((a, b) => compareText(a.digest, b.digest));
}

async function dockerManifest(store: BlobSource, entries: readonly DockerEntry[]): Promise<string> {
  try {
    const images = await Promise.all(entries.map((entry) => dockerImage(store, entry)));
    return marshalJson(images, dockerImagesType);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `unable to create manifests file: ${error.message}`, { cause: error });
  }
}

async function dockerImage({ content }: BlobSource, { manifest, names }: DockerEntry) {
  const { config, layers } = decodeManifest(await content.bytes(manifest.digest));
  return {
    Config: blobPath(config.digest),
    RepoTags: names.length === 0 ? undefined : names.map(familiar),
    Layers: layers === undefined || layers.length === 0 ? undefined : layers.map(({ digest }) => blobPath(digest)),
  };
}

function familiar(name: string): string {
  try {
    return familiarString(tagNameOnly(parseReference(name)));
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `failed to parse ${quote(name)}: ${error.message}`, { cause: error });
  }
}
