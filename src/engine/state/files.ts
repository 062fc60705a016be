import { randomBytes } from 'node:crypto';
import { open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, makeFolder, systemFiles } from '../../oci/files.js';

/** The folders of a daemon's state. */
export const folders = ['containers', 'networks', 'volumes', 'broken', 'draft'] as const;

/** Make the folders where they are not there, and throw away what was never complete. */
export async function openFolders(root: string): Promise<void> {
  for (const name of folders) await makeFolder(join(root, name), systemFiles);
  for (const name of await readdir(join(root, 'draft'))) await unlink(join(root, 'draft', name));
}

/**
 * Write a file so that it has the old content or the new, whatever happens. After a power cut it has the new one for sure once
 * its folder is synced, which one call does for many files.
 */
export async function replace(root: string, path: string, content: string | AsyncIterable<Uint8Array>): Promise<void> {
  const draft = join(root, 'draft', randomBytes(12).toString('hex'));
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      if (typeof content === 'string') await handle.writeFile(content);
      else for await (const piece of content) await handle.write(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw error;
  }
}

/** Delete a file that may be there. */
export async function discard(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/** Put a file that cannot be read where it is in nobody's way; gives its new path. */
export async function setAside(root: string, path: string): Promise<string> {
  const name = `${path.slice(root.length + 1).replaceAll('/', '-')}.${Date.now()}`;
  const to = join(root, 'broken', name);
  await rename(path, to);
  return to;
}
