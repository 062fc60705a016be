import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';
import { decodeJson, goString, struct } from '../support/go/json.js';
import { DirectoryNames, nameUnnamed } from './directory-names.js';
import { type Files, isMissing, makeFolder, replaceFile, systemFiles } from './files.js';
import { Graph } from './graph.js';
import { type IndexFile, noMark, readIndexFile } from './index-file.js';
import { LayoutStore } from './layout-store.js';
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
  const derived = join(folder, stateFolder);
  const ingest = join(derived, 'ingest');
  // What an earlier process left half written was never acknowledged.
  await files.removeFolder(ingest);
  await makeFolder(ingest, files, ownerOnly);
  const blobs = new LocalContentStore(join(folder, 'blobs'), { ingest, durable: true, files });
  const graph = new Graph(new ManifestCache(blobs));
  const at = { folder, ingest, journal: join(derived, 'journal'), blobs, graph, files };
  const { names, index, changes } = await DirectoryNames.open(at, async () => {
    clearInterval(watch);
    await unlock();
  });
  if ((await layoutFile(folder, files)) === undefined) {
    await makeFolder(join(folder, 'blobs'), files, ownerOnly);
    await makeFolder(join(folder, 'blobs', 'sha256'), files, ownerOnly);
    await names.create(index);
    await replaceFile(join(folder, 'oci-layout'), `{"imageLayoutVersion":"${layoutVersion}"}`, ingest, files);
  }
  const store = new LayoutStore(blobs, { index, changes, derived }, names);
  // What others write is seen without any request of ours; what cannot be read is told with the next one.
  const watch = setInterval(() => store.refresh().catch(() => undefined), watchInterval);
  watch.unref();
  return store;
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
  const index = { records, attached, foreign: [], refNames: new Map(), mark: noMark, written: new Date() };
  return { lowers, index };
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
  const own = { ...index, records: new Map(index.records), attached: new Map(index.attached) };
  const store = new LayoutStore(
    new OverlayContent(upper, lowers),
    { index: own },
    { record: async () => undefined, close },
  );
  const below = new LocalContentStore(join(scratch, 'blobs'));
  return { store, freeze: () => ({ lowers: [...lowers, below], index: { ...index, ...store.snapshot() } }) };
}

async function readLower(folder: string, blobs: LocalContentStore): Promise<IndexFile> {
  const version = await checkLayout(folder, systemFiles);
  if (version === undefined)
    throw new AttestdError('INVALID_ARGUMENT', `${folder} is no image layout: it has no oci-layout file`);
  return nameUnnamed(await readIndexFile(folder, systemFiles), new Graph(new ManifestCache(blobs)));
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
