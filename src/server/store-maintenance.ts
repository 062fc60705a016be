import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkStore, type StoreReport } from '../oci/check.js';
import { isDigest } from '../oci/digest.js';
import { openStore } from './store.js';

export type { StoreReport } from '../oci/check.js';

/** What a check of a folder found. */
export interface FolderReport extends StoreReport {
  /** Files that a process left half written, and files among the blobs that are none, as paths in the folder. */
  readonly stray: readonly string[];
}

/**
 * Check the store in a folder that no server has open.
 *
 * @param folder an image layout
 * @param repair whether to delete what is broken
 * @throws AttestdError ALREADY_EXISTS while a server has it open; USAGE when it cannot be a store
 */
export async function checkStoreFolder(folder: string, repair: boolean): Promise<FolderReport> {
  // Before the store is opened, which takes the temporary ones away.
  const stray = [...(await halfWritten(folder)), ...(await strangers(folder))];
  const store = await openStore(folder);
  try {
    return { ...(await checkStore(store, repair)), stray };
  } finally {
    await store.close();
  }
}

/**
 * Delete the blobs that no image leads to, in a store that no server has open.
 *
 * @param folder an image layout, to which no other program is writing either
 * @returns what was deleted
 * @throws AttestdError ALREADY_EXISTS while a server has it open; USAGE when it cannot be a store
 */
export async function collectStoreFolder(folder: string): Promise<readonly { digest: string; size: number }[]> {
  const store = await openStore(folder);
  try {
    return await store.collect({ others: true });
  } finally {
    await store.close();
  }
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

async function halfWritten(folder: string): Promise<string[]> {
  const names = await namesIn(join(folder, '.attestd', 'ingest'));
  return names.sort().map((name) => `.attestd/ingest/${name}`);
}

async function strangers(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const algorithm of (await namesIn(join(folder, 'blobs'))).sort())
    for (const name of (await namesIn(join(folder, 'blobs', algorithm))).sort())
      if (!isDigest(`${algorithm}:${name}`)) found.push(`blobs/${algorithm}/${name}`);
  return found;
}
