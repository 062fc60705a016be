import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Whether an error says that a file or folder is not there. */
export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/** Make renames and new files in a folder survive a power cut. */
export async function syncDirectory(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replace a file so that readers, now and after a crash, see the old content or the new, never a mixture.
 *
 * @param path file to replace
 * @param content its new content
 * @param temporary folder on the same file system for the new file until it is complete
 */
export async function replaceFile(path: string, content: string, temporary: string): Promise<void> {
  const draft = join(temporary, randomBytes(12).toString('hex'));
  try {
    const handle = await open(draft, 'wx', 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}
