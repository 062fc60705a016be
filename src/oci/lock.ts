import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AttestdError } from '../errors.js';
import { isMissing } from './files.js';

/** Who holds a lock; `started` tells a process from a later one with the same number. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly started: string;
}

/**
 * Take the writer's lock of a store. The lock of a process that is gone is taken over.
 *
 * Locks are numbered files of which the highest counts. A file is made by a hard link, which appears complete or not at
 * all and never replaces another, so of many processes that find lock 7 abandoned only one can make lock 8. The highest
 * file is never removed, only marked as given back: a process that was slow to act on what it saw cannot make a lock
 * that another one already had.
 *
 * @param folder where the lock files lie
 * @returns what gives the lock back
 * @throws AttestdError ALREADY_EXISTS, naming the process that holds it
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const mine: Holder = { pid: process.pid, host: hostname(), started: await startOf(process.pid) };
  const draft = join(folder, `draft.${randomBytes(12).toString('hex')}`);
  await writeFile(draft, JSON.stringify(mine), { flag: 'wx' });
  let number: number;
  try {
    do {
      number = 1 + (await abandoned(folder));
    } while (!(await claim(draft, folder, number)));
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  const path = lockPath(folder, number);
  return async () => {
    await writeFile(draft, JSON.stringify({ released: true }));
    await rename(draft, path);
  };
}

const lockPath = (folder: string, number: number): string => join(folder, `lock.${number}`);

/** The numbers of the lock files, the highest first. */
async function numbers(folder: string): Promise<number[]> {
  const found = (await readdir(folder)).map((name) => Number(/^lock\.(\d{1,15})$/.exec(name)?.[1] ?? 0));
  return found.filter((number) => number > 0).sort((a, b) => b - a);
}

/** The highest lock's number, once nobody holds it; 0 when there is none. */
async function abandoned(folder: string): Promise<number> {
  const [highest] = await numbers(folder);
  if (highest === undefined) return 0;
  const path = lockPath(folder, highest);
  const holder = await holderOf(path);
  if (holder !== undefined && (await isAlive(holder)))
    throw new AttestdError(
      'ALREADY_EXISTS',
      `the store is in use by process ${holder.pid} on ${holder.host} (${path})`,
    );
  return highest;
}

/** Make a lock file, unless somebody has made it or a higher one. */
async function claim(draft: string, folder: string, number: number): Promise<boolean> {
  const path = lockPath(folder, number);
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  const [highest = number, ...lower] = await numbers(folder);
  const outdated = highest > number ? [number] : lower;
  for (const old of outdated) await unlink(lockPath(folder, old)).catch(() => undefined);
  return highest === number;
}

async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder> | null;
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? (holder as Holder) : undefined;
  } catch (error) {
    // A lock that cannot be read was not written by this project, or by a machine that lost power.
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return (await startOf(holder.pid)) === holder.started;
}

/** When a process started, in the kernel's count; empty where that cannot be told. */
async function startOf(pid: number): Promise<string> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, which may hold spaces; the start is the 22nd.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
