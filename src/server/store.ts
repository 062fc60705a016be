import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLayout, overlayOn, readLayers } from '../oci/layout.js';
import type { ImageStore } from '../oci/store.js';
import { AttestdError } from '../support/foundation/errors.js';
import { temporaryFolder } from './temporary.js';

/** The packaged fixtures, one image layout a scenario; at the same place seen from src/ and from dist/. */
const fixtures = fileURLToPath(new URL('../../fixtures/layouts/', import.meta.url));

/**
 * Open what the server serves.
 *
 * @param store an image layout that keeps changes, or a store that is open; without it, the packaged fixtures below a
 *   layer that is thrown away
 * @throws AttestdError USAGE for what cannot be a store, and what `openLayout` throws
 */
export async function openStore(store: string | ImageStore | undefined): Promise<ImageStore> {
  if (store === undefined) {
    const { path, remove } = await temporaryFolder();
    return overlayOn(await readLayers(await packagedLayouts()), path, remove).store;
  }
  if (typeof store !== 'string') return store;
  try {
    await refuseForeign(store);
    return await openLayout(store);
  } catch (cause) {
    throw unusable(store, cause);
  }
}

/** What is told of a folder that the system does not let be a store; any other error as it is. */
export function unusable(store: string, cause: unknown): unknown {
  return isSystemError(cause)
    ? new AttestdError('USAGE', `'${store}' cannot be a store: ${reasonOf(cause)}`, { cause })
    : cause;
}

/** Where the state of containers, networks and volumes lies beside the images of a store. */
export const stateFolderOf = (store: string): string => join(resolve(store), '.attestd', 'state');

/** What an image layout has, and a store before it has become one. */
const known = new Set(['oci-layout', 'index.json', 'blobs', '.attestd']);

/** Refuse a folder that holds other things: they would be lost among the store's. */
async function refuseForeign(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length > 0 && !names.some((name) => known.has(name)))
    throw new AttestdError('USAGE', `'${folder}' cannot be a store: it holds other things, '${names[0]}' among them`);
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOENT: 'it cannot be made',
  ENOTDIR: 'it, or a part of its path, is a file',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  EISDIR: 'a folder is where a file belongs',
  ENOTFILE: 'a pipe or a device is where a file belongs',
  ELOOP: 'a link leads to itself',
  ENOSPC: 'its disk is full',
  EIO: 'its disk fails',
  EROFS: 'its file system is read-only',
};

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && !(error instanceof AttestdError) && typeof (error as { code?: unknown }).code === 'string'
  );
}

function reasonOf({ code = '', message }: NodeJS.ErrnoException): string {
  return reasons[code] ?? message;
}

async function packagedLayouts(): Promise<string[]> {
  const names = await readdir(fixtures).catch(() => []);
  return names.sort().map((name) => join(fixtures, name));
}
