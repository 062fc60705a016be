import { checkStore, type StoreReport } from '../oci/check.js';
import { openStore } from './store.js';

export type { StoreReport } from '../oci/check.js';

/**
 * Check the store in a folder that no server has open.
 *
 * @param folder an image layout
 * @param repair whether to delete what is broken
 * @throws AttestdError ALREADY_EXISTS while a server has it open; USAGE when it cannot be a store
 */
export async function checkStoreFolder(folder: string, repair: boolean): Promise<StoreReport> {
  const store = await openStore(folder);
  try {
    return await checkStore(store, repair);
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
