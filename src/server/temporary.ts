import { createHash } from 'node:crypto';
import { readlinkSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders that nobody has removed yet. */
const open = new Set<string>();

function removeAll(): void {
  for (const folder of open) rmSync(folder, { recursive: true, force: true });
}

/** A short name for the machine and the process ids that can be asked about: a container shares folders, not ids. */
function realm(): string {
  let ids = '';
  try {
    ids = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has it.
  }
  return createHash('sha256').update(`${hostname()} ${ids}`).digest('hex').slice(0, 6);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Remove the folders of processes that were killed. */
async function removeStale(prefix: string): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = Number(/^(\d+)-/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : '')?.[1]);
    if (!(pid > 0) || isAlive(pid)) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

let cleaned: Promise<void> | undefined;

/**
 * A new temporary folder that only this user can enter. It goes when it is removed, at the latest with the process; where
 * the process is killed, with the next that makes one.
 *
 * @returns its path, and what removes it
 */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const prefix = `attestd-${realm()}-`;
  cleaned ??= removeStale(prefix);
  await cleaned;
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  if (open.size === 0) process.once('exit', removeAll);
  open.add(path);
  const remove = async (): Promise<void> => {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    open.delete(path);
    if (open.size === 0) process.removeListener('exit', removeAll);
  };
  return { path, remove };
}
