import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of daemons that nobody has closed. */
const open = new Set<string>();

function removeAll(): void {
  for (const folder of open) rmSync(folder, { recursive: true, force: true });
}

/**
 * A new temporary folder that only this user can enter. It goes when it is removed, at the latest with the process.
 *
 * @returns its path, and what removes it
 */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'attestd-'));
  if (open.size === 0) process.once('exit', removeAll);
  open.add(path);
  const remove = async (): Promise<void> => {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    open.delete(path);
    if (open.size === 0) process.removeListener('exit', removeAll);
  };
  return { path, remove };
}
