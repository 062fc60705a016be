import type { Credentials, FileSystem } from './fs/types.js';
import { maxUserFileBytes } from './limits.js';
import type { StartFailure } from './types.js';

/** A line of /etc/passwd. */
export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** A line of /etc/group. */
export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** The user of a process. */
export interface User {
  readonly credentials: Credentials;
  readonly home: string;
}

const largestId = 2 ** 31 - 1;
const largestFile = 4 * 1024 * 1024;

/** The last parsed text of each file. Containers of one image share it. */
const known = new Map<string, { readonly text: string; readonly rows: readonly (readonly string[])[] }>();

function lines(fs: FileSystem, path: string): readonly (readonly string[])[] {
  if (fs.find(path)?.type !== 'file') return [];
  const text = fs.readFile(path, largestFile).toString();
  const last = known.get(path);
  if (last?.text === text) return last.rows;
  const rows = text
    .split('\n')
    .flatMap((line) => (line.trim() === '' || line.startsWith('#') ? [] : [line.trim().split(':')]));
  if (text.length <= maxUserFileBytes) known.set(path, { text, rows });
  return rows;
}

/** The users of a container. */
export function passwd(fs: FileSystem): PasswdEntry[] {
  return lines(fs, '/etc/passwd').map(([name = '', , uid = '', gid = '', , home = '', shell = '']) => ({
    name,
    uid: Number.parseInt(uid, 10) || 0,
    gid: Number.parseInt(gid, 10) || 0,
    home,
    shell,
  }));
}

/** The groups of a container. */
export function groups(fs: FileSystem): GroupEntry[] {
  return lines(fs, '/etc/group').map(([name = '', , gid = '', members = '']) => ({
    name,
    gid: Number.parseInt(gid, 10) || 0,
    members: members.split(',').filter((member) => member !== ''),
  }));
}

class NoSuch extends Error {
  readonly failure: StartFailure;

  constructor(failure: Omit<StartFailure, 'exitCode'>) {
    super(failure.message);
    this.failure = { ...failure, exitCode: 128 };
  }
}

/**
 * Resolves `user[:group]` of an image's configuration as runc does: names need an entry, numbers do not.
 *
 * @param spec empty is root
 * @param further names or numbers of additional groups
 * @returns the user, or the failure (observed with `POST /containers/{id}/start`: ExitCode 128)
 */
export function resolveUser(fs: FileSystem, spec: string, further: readonly string[] = []): User | StartFailure {
  try {
    return find(fs, spec, further);
  } catch (error) {
    if (error instanceof NoSuch) return error.failure;
    throw error;
  }
}

function find(fs: FileSystem, spec: string, further: readonly string[]): User {
  const [userSpec = '', groupSpec = ''] = spec.split(':');
  const there = groups(fs);
  const entry = passwd(fs).find(({ name, uid }) =>
    userSpec === '' ? uid === 0 : name === userSpec || String(uid) === userSpec,
  );
  const number = identity(userSpec);
  if (entry === undefined && number === undefined && userSpec !== '') {
    throw new NoSuch({
      reason: 'no-such-user',
      message: `unable to find user ${userSpec}: no matching entries in passwd file`,
    });
  }
  const uid = entry?.uid ?? number ?? 0;
  const gid = groupSpec === '' ? (entry?.gid ?? 0) : groupNumber(groupSpec, there);
  const own =
    groupSpec === '' && entry !== undefined ? there.filter(({ members }) => members.includes(entry.name)) : [];
  const added = further.map((group) => groupNumber(group, there));
  // The primary group is among the additional groups, as runc sets them since CVE-2023-25173. The kernel sorts them.
  const all = [...new Set([gid, ...own.map((group) => group.gid), ...added])].sort((a, b) => a - b);
  return { credentials: { uid, gid, groups: all }, home: entry?.home || '/' };
}

function groupNumber(spec: string, known: readonly GroupEntry[]): number {
  const found = known.find(({ name, gid }) => name === spec || String(gid) === spec)?.gid ?? identity(spec);
  if (found !== undefined) return found;
  throw new NoSuch({
    reason: 'no-such-group',
    message: `unable to find group ${spec}: no matching entries in group file`,
  });
}

function identity(spec: string): number | undefined {
  if (!/^-?\d+$/.test(spec)) return undefined;
  const number = Number(spec);
  if (number >= 0 && number <= largestId) return number;
  throw new NoSuch({ reason: 'invalid-user', message: `uids and gids must be in range 0-${largestId}` });
}
