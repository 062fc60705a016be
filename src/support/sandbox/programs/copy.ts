import { baseName, inDirectory, joinPath } from '../fs/paths.js';
import type { Stat } from '../fs/types.js';
import type { Task } from '../kernel/task.js';
import { groups, passwd } from '../users.js';
import { at, each, lookup } from './files.js';
import { blockSize, complain, reason } from './io.js';
import { parseOptions, Usage, withUsage } from './options.js';

/** Returns the target of a source: inside the directory, or the name for a single source. */
async function targetOf(task: Task, words: readonly string[]): Promise<((source: string) => string) | undefined> {
  if (words.length < 2) throw new Usage('missing operand');
  const target = words.at(-1) as string;
  if (task.fs.find(at(task, target))?.type === 'directory') return (source) => joinPath(target, baseName(source));
  if (words.length === 2) return () => target;
  await complain(
    task,
    `${(task.argv[0] ?? 'cp').split('/').at(-1)}: can't stat '${target}': No such file or directory`,
  );
  return undefined;
}

export const cp = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'adRrfilsLHPpvuT', { long: { recursive: 'r', archive: 'a' } });
  const recursive = has('a') || has('R') || has('r');
  const shouldPreserve = has('a') || has('p');
  const follow = !(has('a') || has('d') || has('P'));
  const target = has('T') ? () => words[1] as string : await targetOf(task, words);
  if (target === undefined) return 1;
  let status = 0;
  for (const source of has('T') ? words.slice(0, 1) : words.slice(0, -1)) {
    const stat = follow && !recursive ? task.fs.find(at(task, source)) : lookup(task, source);
    if (stat === undefined) {
      await complain(task, `cp: can't stat '${source}': No such file or directory`);
      status = 1;
    } else if (stat.type === 'directory' && !recursive) {
      await complain(task, `cp: omitting directory '${source}'`);
      status = 1;
    } else status = (await copyTree(task, source, target(source), stat, shouldPreserve)) || status;
  }
  return status;
});

async function copyTree(
  task: Task,
  source: string,
  target: string,
  stat: Stat,
  shouldPreserve: boolean,
): Promise<number> {
  let status = 0;
  try {
    await copyNode(task, at(task, source), at(task, target), stat);
    if (shouldPreserve)
      task.fs.change(
        at(task, target),
        { mode: stat.mode, uid: stat.uid, gid: stat.gid, mtime: stat.mtime },
        { link: true },
      );
  } catch (error) {
    await complain(task, `cp: can't create '${target}': ${reason(error)}`);
    return 1;
  }
  if (stat.type !== 'directory') return 0;
  for (const name of task.fs.names(at(task, source))) {
    await task.step();
    const child = task.fs.lstat(at(task, joinPath(source, name)));
    status = (await copyTree(task, joinPath(source, name), joinPath(target, name), child, shouldPreserve)) || status;
  }
  if (shouldPreserve) task.fs.change(at(task, target), { mtime: stat.mtime });
  return status;
}

async function copyNode(task: Task, source: string, target: string, stat: Stat): Promise<void> {
  if (stat.type === 'directory') {
    if (task.fs.find(target)?.type !== 'directory') task.fs.mkdir(target, { mode: stat.mode & ~task.umask });
  } else if (stat.type === 'symlink') {
    if (lookup(task, target) !== undefined) task.fs.unlink(target);
    task.fs.symlink(stat.target, target);
  } else if (stat.type === 'file') await copyFile(task, source, target, stat);
  else task.fs.mknod(target, stat.type, stat.mode, stat.device);
}

async function copyFile(task: Task, source: string, target: string, stat: Stat): Promise<void> {
  const from = task.fs.open(source, { read: true });
  try {
    const to = task.fs.open(target, {
      write: true,
      create: true,
      truncate: true,
      mode: stat.mode & 0o777 & ~task.umask,
    });
    try {
      for (let bytes = from.read(blockSize); bytes.length > 0; bytes = from.read(blockSize)) {
        to.write(bytes);
        const turn = task.step();
        if (turn !== undefined) await turn;
      }
    } finally {
      to.close();
    }
  } finally {
    from.close();
  }
}

export const mv = withUsage(async (task, argv) => {
  const { words } = parseOptions(argv, 'finuvT');
  const target = await targetOf(task, words);
  if (target === undefined) return 1;
  let status = 0;
  for (const source of words.slice(0, -1)) {
    const stat = lookup(task, source);
    if (stat === undefined) {
      await complain(task, `mv: can't rename '${source}': No such file or directory`);
      status = 1;
      continue;
    }
    try {
      await move(task, source, target(source), stat);
    } catch (error) {
      await complain(task, `mv: can't rename '${source}': ${reason(error)}`);
      status = 1;
    }
  }
  return status;
});

/** Rename, or copy and remove where the target is on another file system. */
async function move(task: Task, source: string, target: string, stat: Stat): Promise<void> {
  try {
    task.fs.rename(at(task, source), at(task, target));
  } catch (error) {
    if (reason(error) !== 'Invalid cross-device link') throw error;
    if ((await copyTree(task, source, target, stat, true)) === 0) task.fs.remove(at(task, source));
  }
}

const owners = (group: boolean) =>
  withUsage((task, argv) => {
    const { words, has } = parseOptions(argv, 'RhvcfLHP');
    const [spec = '', ...paths] = words;
    if (paths.length === 0) throw new Usage('missing operand');
    const [user = '', ownGroup] = group ? ['', spec] : spec.split(/[:.]/);
    const uid =
      user === '' ? undefined : numberOf(user, passwd(task.machine.fileSystem).find(({ name }) => name === user)?.uid);
    const gid = !ownGroup
      ? undefined
      : numberOf(ownGroup, groups(task.machine.fileSystem).find(({ name }) => name === ownGroup)?.gid);
    if (Number.isNaN(uid)) throw new Usage(`unknown user ${user}`);
    if (Number.isNaN(gid)) throw new Usage(`unknown group ${ownGroup}`);
    const change = async (path: string): Promise<void> => {
      await task.step();
      const stat = has('h') ? task.fs.lstat(inDirectory(task.cwd, path)) : task.fs.stat(at(task, path));
      task.fs.change(
        at(task, path),
        { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) },
        { link: has('h') },
      );
      if (has('R') && stat.type === 'directory')
        for (const name of task.fs.names(at(task, path))) await change(joinPath(path, name));
    };
    return each(task, paths, change, (path, reason) => `${group ? 'chgrp' : 'chown'}: ${path}: ${reason}`);
  });

function numberOf(text: string, known: number | undefined): number {
  return known ?? (/^\d+$/.test(text) ? Number(text) : Number.NaN);
}

export const chown = owners(false);
export const chgrp = owners(true);
