import { posix } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';
import { yieldIfDue } from '../support/foundation/scheduler.js';
import { decodeJson, firstJsonInTurns, type GoType, goString, struct } from '../support/go/json.js';
import { quote } from '../support/go/quote.js';
import { decompress } from './compression.js';
import type { ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import { digestOf, isDigest } from './digest.js';
import { convertDockerArchive, type DockerImage, dockerImagesType, inlineIndex } from './docker-archive.js';
import { referringChildren, subjectAnnotation } from './graph.js';
import { imageNameAnnotation, refNameKey } from './index-file.js';
import type { ManifestCache } from './manifest-cache.js';
import { isIndexType, isManifestType, mediaTypes } from './media-types.js';
import type { PlatformMatcher } from './platform.js';
import type { ImageStore, Lease } from './store.js';
import { readTar, type TarEntry } from './tar.js';
import { findUnpackedLayer } from './unpacked-layers.js';
import { walk } from './walk.js';

/** What an archive holds, by the names of its files. */
export interface ArchiveFiles {
  readonly blobs: Map<string, Descriptor>;
  /** Symbolic links, to the files that they lead to. */
  readonly links: Map<string, string>;
  /** Small files beside the blobs, which only a docker archive may need as such. */
  readonly beside: Map<string, Buffer>;
  layoutVersion: string;
  dockerImages: DockerImage[] | undefined;
}

/** An image of an archive, whose blobs are in the store and which has no name there yet. */
export interface ImportedImage {
  /** The name in the archive, not normalised; undefined when it has none. */
  readonly name: string | undefined;
  readonly target: Descriptor;
}

export interface ImportedArchive {
  readonly images: readonly ImportedImage[];
  /** Digests of what the archive brought; each blob was hashed as it came, or as it lies on the disk. */
  readonly blobs: ReadonlySet<string>;
  /** To be called when the images have their names, or will not get any: deletes what no name reaches. */
  end(): Promise<void>;
}

/** Text of the error when an archive has no manifest to walk to. */
export const emptyArchive = 'image might be filtered out';

/** Largest oci-layout or manifest.json that is read. */
const jsonLimit = 20 << 20;
/** Files up to this size are written side by side, since syncing each takes longer than reading it. */
const smallFile = 256 << 10;
const parallelWrites = 16;
/** Files up to this size are written once where they come again: each writing is a file that is synced. */
const tinyFile = 4 << 10;
/** Entries of an archive, of whatever kind; an image has a few dozen. */
const mostEntries = 200_000;
/** Small files beside the blobs of an image layout that are not written: its index, and what is there for older daemons. */
const mostBeside = 8;

/**
 * Read an archive of images into a store, as containerd's importer does: an OCI layout when it has an oci-layout file,
 * otherwise a docker archive, compressed or not. Images get no names; the caller gives them, then calls `end`.
 *
 * @param source the archive
 * @param platforms which platforms are wanted; then their manifests must be there, and the others are not kept. All
 *   without it, and manifests may be missing.
 * @param host what the daemon unpacks; layers of a docker archive that it has unpacked before are not taken again
 * @param signal aborts when nobody wants the images any more
 * @throws AttestdError with the daemon's texts (docs/reference/behavior/images.md#loading-images): INVALID_ARCHIVE, also when it is aborted, INVALID_JSON,
 *   INVALID_REFERENCE, NOT_FOUND when a wanted manifest is missing
 */
export async function importArchive(
  source: AsyncIterable<Buffer>,
  store: ImageStore,
  platforms?: Pick<PlatformMatcher, 'match'>,
  host?: Pick<PlatformMatcher, 'match'>,
  signal?: AbortSignal,
): Promise<ImportedArchive> {
  const lease = store.lease();
  try {
    const before = new Set<string>();
    if (platforms !== undefined) for await (const { digest } of store.content.list()) before.add(digest);
    const files = await readFiles(await decompress(source), lease.content);
    const findLayer = async (diffId: string) => host && findUnpackedLayer(store, host, diffId);
    const index = await findIndex(files, lease.content, findLayer);
    const entries = (await store.manifests.index(index)).manifests ?? [];
    const walked = await walkArchive(index, store.manifests, platforms, signal);
    // A daemon notes who refers to whom at the subject's blob, for the archive's own index is not kept.
    for (const [subject, referrers] of referringChildren(entries))
      for (const { annotations, ...referrer } of referrers)
        await store.attach({ ...referrer, annotations: { ...annotations, [subjectAnnotation]: subject } });
    const images: ImportedImage[] = [];
    for (const target of entries) {
      const {
        [imageNameAnnotation]: full,
        [refNameKey]: short,
        [subjectAnnotation]: subject,
      } = target.annotations ?? {};
      const name = full || short || undefined;
      if (name !== undefined || subject === undefined) images.push({ name, target });
    }
    const blobs = new Set([...files.blobs.values()].map((blob) => blob.digest));
    const read = platforms === undefined ? [] : [...blobs];
    const unwanted = read.filter((digest) => !walked.has(digest) && !before.has(digest));
    return { images, blobs, end: () => end(lease, store, unwanted) };
  } catch (error) {
    await lease.end(true);
    throw error;
  }
}

/** Blobs of platforms that were not wanted go, unless they were there before. */
async function end(lease: Lease, store: ImageStore, unwanted: Iterable<string>): Promise<void> {
  await lease.end();
  for (const digest of unwanted) if (await store.content.has(digest)) await store.content.delete(digest);
}

async function readFiles(archive: AsyncIterable<Buffer>, content: ContentStore): Promise<ArchiveFiles> {
  const files: ArchiveFiles = {
    blobs: new Map(),
    links: new Map(),
    beside: new Map(),
    layoutVersion: '',
    dockerImages: undefined,
  };
  const writing = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  const later = (write: Promise<void>): void => {
    const settled: Promise<unknown> = write
      .catch((error: unknown) => failures.push(error))
      .then(() => writing.delete(settled));
    writing.add(settled);
  };
  const taken = new Set<string>();
  let entries = 0;
  try {
    for await (const entry of readTar(archive)) {
      if (++entries > mostEntries)
        throw new AttestdError('INVALID_ARCHIVE', `more than ${mostEntries} files in an archive`);
      if (entry.type === 'symlink') files.links.set(entry.name, posix.join(posix.dirname(entry.name), entry.target));
      if (entry.type === 'file') await readFile(entry, files, content, later, taken);
      if (writing.size >= parallelWrites) await Promise.race(writing);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(writing);
  }
  if (failures.length > 0) throw failures[0];
  return files;
}

/**
 * Take in one file.
 *
 * @param later given a write that may go on while the next file is read
 * @param taken tiny files that are written, or being written, by digest
 */
async function readFile(
  entry: TarEntry,
  files: ArchiveFiles,
  content: ContentStore,
  later: (write: Promise<void>) => void,
  taken: Set<string>,
): Promise<void> {
  const name = posix.normalize(entry.name);
  if (name === 'oci-layout') {
    files.layoutVersion = (await readJson(entry, 'untar oci layout', layoutType)).imageLayoutVersion;
    return;
  }
  if (name === 'manifest.json') {
    files.dockerImages = await readJson(entry, 'untar manifest', dockerImagesType);
    return;
  }
  const write = async (bytes: Buffer | AsyncIterable<Buffer>): Promise<void> => {
    // Of files of the same name the last counts, whichever is written first.
    const blob = { mediaType: '', digest: '', size: entry.size };
    files.blobs.set(name, blob);
    blob.digest = (await content.ingest(bytes)).digest;
  };
  if (entry.size > smallFile) {
    const { whole, source } = untilRead(readWhole(entry));
    const writing = write(source);
    later(writing);
    // Synced while the next file is read.
    return Promise.race([whole, writing]);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of readWhole(entry)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (!name.startsWith('blobs/') && files.beside.size < mostBeside) files.beside.set(name, bytes);
  else if (entry.size > tinyFile) later(write(bytes));
  else {
    const digest = digestOf(bytes);
    if (!taken.has(digest)) later(write(bytes));
    else files.blobs.set(name, { mediaType: '', digest, size: entry.size });
    taken.add(digest);
  }
}

/** Bytes, and a promise that resolves when all of them were read; never where they end with an error. */
function untilRead(bytes: AsyncIterable<Buffer>): { whole: Promise<void>; source: AsyncIterable<Buffer> } {
  let tell = (): void => undefined;
  const whole = new Promise<void>((resolve) => {
    tell = resolve;
  });
  async function* source(): AsyncGenerator<Buffer> {
    yield* bytes;
    tell();
  }
  return { whole, source: source() };
}

const layoutType = struct<{ imageLayoutVersion: string }>('v1.ImageLayout', { imageLayoutVersion: goString });

async function readJson<T>(entry: TarEntry, act: string, type: GoType<T>): Promise<T> {
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of entry.content) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= jsonLimit) break;
    }
    return decodeJson(await firstJsonInTurns(Buffer.concat(chunks).subarray(0, jsonLimit), yieldIfDue), type);
  } catch (error) {
    throw explain(error, `${act} ${quote(entry.name)}: `);
  }
}

/** The bytes of a file; an error says how many there should have been. */
async function* readWhole(entry: TarEntry): AsyncGenerator<Buffer> {
  let got = 0;
  try {
    for await (const chunk of entry.content) {
      got += chunk.length;
      yield chunk;
    }
  } catch (error) {
    const short = got < entry.size ? `short read: expected ${entry.size} bytes but got ${got}: ` : '';
    throw explain(error, `failed to ingest ${quote(entry.name)}: ${short}`);
  }
}

function explain(error: unknown, prefix: string): unknown {
  if (!(error instanceof AttestdError)) return error;
  return new AttestdError(error.code, prefix + error.message, { cause: error });
}

/** The error for a digest that is none, as the daemon's content service words it. */
const malformed = (digest: string): AttestdError =>
  new AttestdError('INVALID_DIGEST', `InvalidArgument: ${quote(digest)} failed validation`);

/** The index of an archive: its index.json, or one made for a docker archive. */
async function findIndex(
  files: ArchiveFiles,
  content: ContentStore,
  findLayer: Parameters<typeof convertDockerArchive>[3],
): Promise<Descriptor> {
  const refusal = (message: string): AttestdError => new AttestdError('INVALID_ARCHIVE', message);
  if (files.layoutVersion !== '') {
    if (files.layoutVersion !== '1.0.0') throw refusal(`unsupported OCI version ${files.layoutVersion}`);
    const [index, bytes] = [files.blobs.get('index.json'), files.beside.get('index.json')];
    if (index === undefined && bytes === undefined) throw refusal('missing index.json in OCI layout 1.0.0');
    return bytes === undefined ? { ...(index as Descriptor), mediaType: mediaTypes.ociIndex } : inlineIndex(bytes);
  }
  if (files.dockerImages === undefined) throw refusal('unrecognized image format');
  for (const [name, bytes] of files.beside) files.blobs.set(name, { mediaType: '', ...(await content.ingest(bytes)) });
  return convertDockerArchive(files.dockerImages, files, content, findLayer);
}

/**
 * Walk from an index to all manifests, those that refer to others included.
 *
 * @returns the digests on the way
 */
async function walkArchive(
  index: Descriptor,
  documents: ManifestCache,
  platforms: Pick<PlatformMatcher, 'match'> | undefined,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const referring = new Map<string, Descriptor[]>();
  let empty = true;
  const handle = async (descriptor: Descriptor): Promise<readonly Descriptor[]> => {
    if (signal?.aborted) throw new AttestdError('INVALID_ARCHIVE', 'context canceled');
    const { digest, mediaType } = descriptor;
    seen.add(digest);
    const found = await wantedChildren(descriptor, documents, platforms !== undefined);
    if (isIndexType(mediaType))
      for (const [subject, manifests] of referringChildren(found))
        referring.set(subject, [...(referring.get(subject) ?? []), ...manifests]);
    const wanted = found.filter(({ platform }) => !platform || !platforms || platforms.match(platform));
    const next = [...wanted, ...(referring.get(digest) ?? [])];
    if (next.length > 0) empty = false;
    return next;
  };
  await walk(index, handle, { once: true });
  if (empty) throw new AttestdError('INVALID_ARCHIVE', emptyArchive);
  return seen;
}

async function wantedChildren(
  descriptor: Descriptor,
  documents: ManifestCache,
  required: boolean,
): Promise<readonly Descriptor[]> {
  const { digest, mediaType } = descriptor;
  if (!isManifestType(mediaType) && !isIndexType(mediaType)) return [];
  if (!isDigest(digest)) throw malformed(digest);
  const children = await documents.children(descriptor);
  if (children === undefined && required) throw new AttestdError('NOT_FOUND', `content digest ${digest}: not found`);
  return children ?? [];
}
