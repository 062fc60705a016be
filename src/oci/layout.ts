import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttestdError } from '../errors.js';
import { decodeJson, goString, struct } from '../go/json.js';
import { type Files, isMissing, makeFolder, replaceFile, syncFile, syncFolder, systemFiles } from './files.js';
import { Graph } from './graph.js';
import { danglingName, type IndexFile, imageTarget, readIndexFile, writeIndexFile } from './index-file.js';
import { LayoutStore, type Persistence } from './layout-store.js';
import { LocalContentStore } from './local-content-store.js';
import { takeLock } from './lock.js';
import { ManifestCache } from './manifest-cache.js';
import { OverlayContent } from './overlay.js';

/** Folder inside a layout for the lock and for what is being written. */
const stateFolder = '.attestd';

const layoutVersion = '1.0.0';

/** Mode of the folders that are made: images may hold what others are not to read. */
const ownerOnly = 0o700;

/** Milliseconds between looks at whether another program has changed the index. */
const watchInterval = 1000;
const layoutType = struct<{ imageLayoutVersion: string }>('v1.ImageLayout', { imageLayoutVersion: goString });

/** What a layout is opened with; tests have their own. */
export interface LayoutOptions {
  /** The machine's without it. */
  readonly files?: Files;
  /** Takes the writer's lock, and resolves with what gives it back. */
  readonly lock?: (folder: string) => Promise<() => Promise<void>>;
}

/**
 * Open an image layout folder for reading and writing; it is made when it is not there.
 *
 * @param folder the layout; must be empty, absent or an image layout
 * @throws AttestdError ALREADY_EXISTS when another process writes to it, INVALID_ARGUMENT when the folder holds
 *   something else, CORRUPT when its index.json is none; a system error when it cannot be made
 */
export async function openLayout(
  folder: string,
  { files = systemFiles, lock = takeLock }: LayoutOptions = {},
): Promise<LayoutStore> {
  const state = join(folder, stateFolder);
  await makeFolder(folder, files, ownerOnly);
  await checkLayout(folder, files);
  await makeFolder(state, files, ownerOnly);
  const unlock = await lock(state);
  try {
    return await openLocked(folder, files, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Open a layout whose lock is held. */
async function openLocked(folder: string, files: Files, unlock: () => Promise<void>): Promise<LayoutStore> {
  const ingest = join(folder, stateFolder, 'ingest');
  // What an earlier process left half written was never acknowledged.
  await files.removeFolder(ingest);
  await makeFolder(ingest, files, ownerOnly);
  const blobs = new LocalContentStore(join(folder, 'blobs'), { ingest, durable: true, files });
  let seen = await indexIdentity(folder, files);
  const index = await readLasting(folder, files);
  if ((await layoutFile(folder, files)) === undefined) {
    await makeFolder(join(folder, 'blobs', 'sha256'), files);
    await writeIndexFile(folder, index, ingest, files);
    await replaceFile(join(folder, 'oci-layout'), `{"imageLayoutVersion":"${layoutVersion}"}`, ingest, files);
    seen = await indexIdentity(folder, files);
  }
  const graph = new Graph(new ManifestCache(blobs));
  const persistence: Persistence = {
    save: async (content) => {
      await blobs.sync();
      await writeIndexFile(folder, content, ingest, files);
      seen = await indexIdentity(folder, files);
      return syncFolder(folder, files).then(
        () => undefined,
        (failure: unknown) => ({ failure }),
      );
    },
    changed: async () => {
      const now = await indexIdentity(folder, files);
      if (now === seen) return undefined;
      const theirs = await settle(await readLasting(folder, files), graph);
      seen = now;
      return theirs;
    },
    close: async () => {
      clearInterval(watch);
      await unlock();
    },
  };
  const store = new LayoutStore(blobs, await settle(index, graph), persistence, join(folder, stateFolder));
  // What others write is seen without any request of ours; what cannot be read is told with the next one.
  const watch = setInterval(() => store.refresh().catch(() => undefined), watchInterval);
  watch.unref();
  return store;
}

/**
 * What index.json says, once that survives a power cut: whoever wrote it may not have seen to it, and what it no longer
 * needs is deleted.
 */
async function readLasting(folder: string, files: Files): Promise<IndexFile> {
  const index = await readIndexFile(folder, files);
  await syncFile(join(folder, 'index.json'), files).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  await syncFolder(folder, files);
  return index;
}

/** What tells one index.json from another that was put in its place; empty when there is none. */
async function indexIdentity(folder: string, files: Files): Promise<string> {
  try {
    return await files.identity(join(folder, 'index.json'));
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}

/**
 * Open image layouts read-only below a writable layer that is thrown away when the store is closed.
 *
 * @param folders layouts; where two have the same name, the later one's image counts
 * @throws AttestdError INVALID_ARGUMENT when a folder is no layout, CORRUPT when its index.json is none
 */
export async function openOverlay(folders: readonly string[]): Promise<LayoutStore> {
  const scratch = await mkdtemp(join(tmpdir(), 'attestd-'));
  const close = (): Promise<void> => rm(scratch, { recursive: true, force: true });
  return overlayOn(await readLayers(folders), scratch, close).store;
}

/** Image layouts, read once, below writable layers. */
export interface Layers {
  readonly lowers: readonly LocalContentStore[];
  readonly index: IndexFile;
}

/**
 * Read image layouts that lie below others.
 *
 * @param folders layouts; where two have the same name, the later one's image counts
 * @throws AttestdError INVALID_ARGUMENT when a folder is no layout, CORRUPT when its index.json is none
 */
export async function readLayers(folders: readonly string[]): Promise<Layers> {
  const lowers = folders.map((folder) => new LocalContentStore(join(folder, 'blobs')));
  const indexes = await Promise.all(folders.map((folder, i) => readLower(folder, lowers[i] as LocalContentStore)));
  const records = new Map(indexes.flatMap((index) => [...index.records]));
  const attached = new Map(indexes.flatMap((index) => [...index.attached]));
  return { lowers, index: { records, attached, foreign: [], refNames: new Map(), written: new Date() } };
}

/** A store whose changes lie in a layer of their own. */
export interface Overlay {
  readonly store: LayoutStore;
  /** What the store holds now, to lie below others; nothing is to be written to it any more. */
  freeze(): Layers;
}

/**
 * Open layers below a writable one.
 *
 * @param scratch folder for what is written, made when needed
 * @param close called when the store is closed
 */
export function overlayOn({ lowers, index }: Layers, scratch: string, close: () => Promise<void>): Overlay {
  const upper = new LocalContentStore(join(scratch, 'blobs'), { ingest: join(scratch, 'ingest') });
  let saved = index;
  const save = async (content: IndexFile): Promise<undefined> => {
    saved = content;
  };
  return {
    store: new LayoutStore(new OverlayContent(upper, lowers), index, { save, close }),
    freeze: () => ({ lowers: [...lowers, new LocalContentStore(join(scratch, 'blobs'))], index: saved }),
  };
}

async function readLower(folder: string, blobs: LocalContentStore): Promise<IndexFile> {
  const version = await checkLayout(folder, systemFiles);
  if (version === undefined)
    throw new AttestdError('INVALID_ARGUMENT', `${folder} is no image layout: it has no oci-layout file`);
  return settle(await readIndexFile(folder, systemFiles), new Graph(new ManifestCache(blobs)));
}

/**
 * A folder may be used when it is a layout of the known version, or holds nothing that is not of this project.
 *
 * @returns the version; undefined when it is no layout yet
 */
async function checkLayout(folder: string, files: Files): Promise<string | undefined> {
  const version = await layoutFile(folder, files);
  if (version !== undefined) {
    if (version !== layoutVersion)
      throw new AttestdError('INVALID_ARGUMENT', `${folder}: unsupported OCI version ${version}`);
    return version;
  }
  const stranger = (await files.readdir(folder)).find((name) => !['blobs', 'index.json', stateFolder].includes(name));
  if (stranger !== undefined)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `${folder} is no image layout: it has no oci-layout file, but ${stranger}`,
    );
  return undefined;
}

/** The version in the oci-layout file; undefined when there is no such file. */
async function layoutFile(folder: string, files: Files): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = await files.readFile(join(folder, 'oci-layout'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return decodeJson(bytes, layoutType).imageLayoutVersion;
  } catch (error) {
    throw new AttestdError('CORRUPT', `${join(folder, 'oci-layout')}: ${(error as Error).message}`, { cause: error });
  }
}

/** Entries without a name are images of their own, unless another entry leads to them or they refer to another. */
async function settle(index: IndexFile, graph: Graph): Promise<IndexFile> {
  if (index.attached.size === 0) return index;
  const targets = [...index.attached.values(), ...[...index.records.values()].map((record) => record.target)];
  const inner = await graph.descendants(targets);
  for (const target of index.attached.values()) {
    if (inner.has(target.digest) || (await graph.subject(target)) !== undefined) continue;
    index.attached.delete(target.digest);
    const name = danglingName(target.digest);
    index.records.set(name, { name, target: imageTarget(target), createdAt: index.written, updatedAt: index.written });
  }
  return index;
}
