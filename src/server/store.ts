import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLayout, openOverlay } from '../oci/layout.js';
import type { ImageStore } from '../oci/store.js';

/** The packaged fixtures, one image layout a scenario; at the same place seen from src/ and from dist/. */
const fixtures = fileURLToPath(new URL('../../fixtures/layouts/', import.meta.url));

/**
 * Open what the server serves.
 *
 * @param store an image layout that keeps changes, or a store that is open; without it, the packaged fixtures below a
 *   layer that is thrown away
 * @throws what `openLayout` and `openOverlay` throw
 */
export async function openStore(store: string | ImageStore | undefined): Promise<ImageStore> {
  if (store === undefined) return openOverlay(await packagedLayouts());
  return typeof store === 'string' ? openLayout(store) : store;
}

async function packagedLayouts(): Promise<string[]> {
  const names = await readdir(fixtures).catch(() => []);
  return names.sort().map((name) => join(fixtures, name));
}
