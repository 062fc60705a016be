import { createHash, randomBytes } from 'node:crypto';
import { link, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';
import { isMissing } from './files.js';

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  /** Name of the socket on which the holder listens as long as it lives. */
  readonly socket: string;
}

/**
 * Take the writer's lock of a store. The lock of a process that is gone is taken over.
 *
 * The holder listens on a socket in the store: the kernel closes it when the process ends, however it ends, and whoever
 * sees the folder can ask, in another container or under another host name.
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
  const socket = `socket.${randomBytes(8).toString('hex')}`;
  const server = await listen(folder, socket);
  const draft = join(folder, `draft.${randomBytes(12).toString('hex')}`);
  const mine: Holder = { pid: process.pid, socket };
  let number: number;
  try {
    await writeFile(draft, JSON.stringify(mine), { flag: 'wx' });
    do {
      number = 1 + (await abandoned(folder));
    } while (!(await claim(draft, folder, number)));
  } catch (error) {
    await close(server);
    await unlink(join(folder, socket)).catch(() => undefined);
    throw error;
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  const path = lockPath(folder, number);
  return async () => {
    await writeFile(draft, JSON.stringify({ released: true }));
    await rename(draft, path);
    await close(server);
    await unlink(join(folder, socket)).catch(() => undefined);
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
  const holder = await holderOf(lockPath(folder, highest));
  if (holder === undefined) return highest;
  if (await listens(folder, holder.socket))
    throw new AttestdError('ALREADY_EXISTS', `the store is in use by process ${holder.pid}`);
  await unlink(join(folder, holder.socket)).catch(() => undefined);
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
    const named = typeof holder?.socket === 'string' && /^socket\.[0-9a-f]{16}$/.test(holder.socket);
    return typeof holder?.pid === 'number' && named ? (holder as Holder) : undefined;
  } catch (error) {
    // A lock that cannot be read was not written by this project, or by a machine that lost power.
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Longest path that a socket's address has room for, on every system. */
const longestAddress = 100;

/** Do something with a socket in a folder by a path that is short enough, through a link where it is not. */
async function withAddress<T>(folder: string, socket: string, act: (address: string) => Promise<T>): Promise<T> {
  if (process.platform === 'win32') {
    const name = createHash('sha256')
      .update(await realpath(folder))
      .update(socket)
      .digest('hex');
    return act(`\\\\.\\pipe\\attestd-${name}`);
  }
  const path = join(folder, socket);
  if (Buffer.byteLength(path) <= longestAddress) return act(path);
  const detour = await mkdtemp(join(tmpdir(), 'attestd-lock-'));
  try {
    await symlink(await realpath(folder), join(detour, 's'));
    return await act(join(detour, 's', socket));
  } finally {
    await rm(detour, { recursive: true, force: true });
  }
}

function listen(folder: string, socket: string): Promise<Server> {
  return withAddress(
    folder,
    socket,
    (address) =>
      new Promise((resolve, reject) => {
        const server = createServer((connection) => {
          connection.on('error', () => undefined);
          connection.destroy();
        });
        server.once('error', reject);
        server.listen(address, () => {
          server.off('error', reject);
          server.on('error', () => undefined);
          // Whether the process goes on is for others to decide.
          server.unref();
          resolve(server);
        });
      }),
  );
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** Whether somebody listens on a socket; a process that is stopped still does. */
function listens(folder: string, socket: string): Promise<boolean> {
  return withAddress(
    folder,
    socket,
    (address) =>
      new Promise((resolve) => {
        const connection = connect(address);
        const answer = (value: boolean): void => {
          connection.destroy();
          resolve(value);
        };
        connection.once('connect', () => answer(true));
        connection.on('error', ({ code }: NodeJS.ErrnoException) =>
          answer(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
        );
      }),
  );
}
