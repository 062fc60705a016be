import { onDisk } from '../fs/node.js';
import type { Stat } from '../fs/types.js';
import type { Task } from '../kernel/task.js';
import { groups, passwd } from '../users.js';
import { at, each, lookup } from './files.js';
import { complain, write } from './io.js';
import { modeText } from './mode.js';
import { parseOptions, Usage, withUsage } from './options.js';

const kinds: Readonly<Record<string, string>> = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
  character: 'character special file',
  block: 'block special file',
  fifo: 'fifo',
};
const typeBits: Readonly<Record<string, number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  character: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
};

/** `stat [-L] [-c FORMAT] FILE…` */
export const stat = withUsage((task, argv) => {
  const { words, has, value } = parseOptions(argv, 'Lc:ft', { long: { format: 'c', printf: 'c', dereference: 'L' } });
  if (words.length === 0) throw new Usage('missing operand');
  const show = async (path: string): Promise<void> => {
    const found = has('L') ? task.fs.stat(at(task, path)) : task.fs.lstat(at(task, path));
    const format = value('c');
    await write(task, format === undefined ? whole(task, path, found) : `${fill(task, format, path, found)}\n`);
  };
  return each(task, words, show, (path, reason) => `stat: can't stat '${path}': ${reason}`);
});

function timeOf(mtime: bigint): string {
  const date = new Date(Number(mtime / 1_000_000n)).toISOString();
  return `${date.slice(0, 10)} ${date.slice(11, 19)}.${String(mtime % 1_000_000_000n).padStart(9, '0')} +0000`;
}

function owner(task: Task, { uid, gid }: Stat): { readonly user: string; readonly group: string } {
  return {
    user: passwd(task.machine.fileSystem).find((entry) => entry.uid === uid)?.name ?? 'UNKNOWN',
    group: groups(task.machine.fileSystem).find((entry) => entry.gid === gid)?.name ?? 'UNKNOWN',
  };
}

function fill(task: Task, format: string, path: string, found: Stat): string {
  const { user, group } = owner(task, found);
  const values: Readonly<Record<string, string>> = {
    n: path,
    N: found.type === 'symlink' ? `'${path}' -> '${found.target}'` : path,
    s: String(found.size),
    a: found.mode.toString(8),
    A: modeText(found.type, found.mode),
    f: ((typeBits[found.type] ?? 0) | found.mode).toString(16),
    F: found.type === 'file' && found.size === 0 ? 'regular empty file' : (kinds[found.type] ?? ''),
    u: String(found.uid),
    U: user,
    g: String(found.gid),
    G: group,
    h: String(found.links),
    i: String(found.inode),
    b: String(onDisk(found.size) / 512),
    B: '512',
    o: '4096',
    d: '66',
    D: '42',
    t: (found.device?.major ?? 0).toString(16),
    T: (found.device?.minor ?? 0).toString(16),
    '%': '%',
  };
  const seconds = String(found.mtime / 1_000_000_000n);
  for (const [letter, upper] of ['xX', 'yY', 'zZ'].map((pair) => [...pair] as [string, string])) {
    Object.assign(values, { [letter]: timeOf(found.mtime), [upper]: seconds });
  }
  return format.replace(/%(.)/g, (all, letter: string) => values[letter] ?? all);
}

function whole(task: Task, path: string, found: Stat): string {
  const { user, group } = owner(task, found);
  const time = timeOf(found.mtime);
  const name = found.type === 'symlink' ? `'${path}' -> '${found.target}'` : path;
  return (
    `  File: ${name}\n  Size: ${String(found.size).padEnd(10)}\tBlocks: ${String(onDisk(found.size) / 512).padEnd(10)} IO Block: 4096   ${fill(task, '%F', path, found)}\n` +
    `Device: 42h/66d\tInode: ${String(found.inode).padEnd(10)}  Links: ${found.links}\n` +
    `Access: (${found.mode.toString(8).padStart(4, '0')}/${modeText(found.type, found.mode)})  Uid: (${String(found.uid).padStart(5)}/${user.padStart(8)})   Gid: (${String(found.gid).padStart(5)}/${group.padStart(8)})\n` +
    `Access: ${time}\nModify: ${time}\nChange: ${time}\n`
  );
}

/** `which PROGRAM…` */
export async function which(task: Task, argv: readonly string[]): Promise<number> {
  const { findProgram, defaultPath } = await import('../lookup.js');
  let status = argv.length > 1 ? 0 : 1;
  for (const name of argv.slice(1)) {
    const found = findProgram(task.fs, name, task.env.get('PATH') ?? defaultPath, task.cwd);
    if (typeof found === 'string') await write(task, `${found}\n`);
    else status = 1;
  }
  return status;
}

/** `du [-sh] [FILE]…`: kilobytes. */
export const du = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'aHLdclskhmx');
  let status = 0;
  const visit = async (path: string, top: boolean): Promise<number> => {
    await task.step();
    const found = lookup(task, path);
    if (found === undefined) {
      await complain(task, `du: ${path}: No such file or directory`);
      status = 1;
      return 0;
    }
    let size = found.type === 'file' || found.type === 'directory' ? onDisk(found.size) / 1024 : 0;
    if (found.type === 'directory')
      for (const name of task.fs.names(at(task, path)))
        size += await visit(`${path.replace(/\/$/, '')}/${name}`, false);
    if (top || (found.type === 'directory' && !has('s')))
      await write(task, `${has('h') ? `${size.toFixed(1)}K` : size}\t${path}\n`);
    return size;
  };
  for (const path of words.length === 0 ? ['.'] : words) await visit(path, true);
  return status;
});
