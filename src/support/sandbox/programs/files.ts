import { FileSystemError } from '../fs/errors.js';
import { baseName, inDirectory, joinPath, withoutSlashes } from '../fs/paths.js';
import type { Stat } from '../fs/types.js';
import type { Task } from '../kernel/task.js';
import { complain, reason, write } from './io.js';
import { parseMode } from './mode.js';
import { parseOptions, Usage, withUsage } from './options.js';

/** A path as the task sees it. */
export const at = (task: Task, path: string): string => inDirectory(task.cwd, path);

/** Metadata of a node itself; undefined when it is not there. */
export function lookup(task: Task, path: string): Stat | undefined {
  try {
    return task.fs.lstat(at(task, path));
  } catch (error) {
    if (error instanceof FileSystemError) return undefined;
    throw error;
  }
}

/** Runs an action for each path. Prints each failure and then exits with 1. */
export async function each(
  task: Task,
  paths: readonly string[],
  action: (path: string) => void | Promise<void>,
  message: (path: string, reason: string) => string,
): Promise<number> {
  let status = 0;
  for (const path of paths) {
    await task.step();
    try {
      await action(path);
    } catch (error) {
      await complain(task, message(path, reason(error)));
      status = 1;
    }
  }
  return status;
}

function needWords(words: readonly string[], least = 1): void {
  if (words.length < least) throw new Usage('missing operand');
}

export const mkdir = withUsage((task, argv) => {
  const options = parseOptions(argv, 'pvm:', { long: { parents: 'p', mode: 'm', verbose: 'v' } });
  needWords(options.words);
  const recursive = options.has('p');
  const given = options.value('m');
  const mode = given === undefined ? 0o777 & ~task.umask : parseMode(given, 0o777, true);
  const make = (path: string): void => task.fs.mkdir(at(task, path), { recursive, mode });
  return each(task, options.words, make, (path, reason) => `mkdir: can't create directory '${path}': ${reason}`);
});

export const rmdir = withUsage((task, argv) => {
  const { words, has } = parseOptions(argv, 'p');
  needWords(words);
  const remove = (path: string): void => {
    task.fs.rmdir(at(task, path));
    const bare = withoutSlashes(path);
    const above = bare.slice(0, Math.max(0, bare.lastIndexOf('/')));
    if (has('p') && above !== '') remove(above);
  };
  return each(task, words, remove, (path, reason) => `rmdir: '${path}': ${reason}`);
});

export const rm = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'rRfiv', { long: { recursive: 'r', force: 'f' } });
  const recursive = has('r') || has('R');
  if (words.length === 0 && !has('f')) throw new Usage('missing operand');
  let status = 0;
  for (const path of words) {
    await task.step();
    const stat = lookup(task, path);
    if (stat === undefined && has('f')) continue;
    const name = baseName(path);
    try {
      if (name === '.' || name === '..' || path === '.' || path === '..')
        throw new Usage(`refusing to remove '.' or '..' directory: skipping '${path}'`);
      if (stat?.type === 'directory' && !recursive) {
        await complain(task, `rm: '${path}' is a directory`);
        status = 1;
      } else if (stat?.type === 'directory') await removeTree(task, at(task, path));
      else task.fs.unlink(at(task, path));
    } catch (error) {
      await complain(task, `rm: can't remove '${path}': ${reason(error)}`);
      status = 1;
    }
  }
  return status;
});

/** Everything below first, so that what cannot go stops it there. */
async function removeTree(task: Task, path: string): Promise<void> {
  for (const name of task.fs.names(path)) {
    await task.step();
    const child = joinPath(path, name);
    if (task.fs.lstat(child).type === 'directory') await removeTree(task, child);
    else task.fs.unlink(child);
  }
  task.fs.rmdir(path);
}

export const touch = withUsage((task, argv) => {
  const { words, has, value } = parseOptions(argv, 'camhr:d:t:');
  needWords(words);
  const like = value('r');
  const given = value('d');
  const parsed =
    given === undefined
      ? undefined
      : given.startsWith('@')
        ? Number(given.slice(1)) * 1000
        : Date.parse(`${given.replace(' ', 'T')}Z`);
  const now = BigInt(Math.round(parsed ?? task.machine.clock.now())) * 1_000_000n;
  const make = (path: string): void => {
    const mtime = like === undefined ? now : task.fs.stat(at(task, like)).mtime;
    if (task.fs.find(at(task, path)) === undefined) {
      if (has('c')) return;
      task.fs.open(at(task, path), { write: true, create: true, mode: 0o666 & ~task.umask }).close();
    }
    task.fs.change(at(task, path), { mtime });
  };
  return each(task, words, make, (path, reason) => `touch: ${path}: ${reason}`);
});

export const ln = withUsage((task, argv) => {
  const { words, has } = parseOptions(argv, 'sfnvT', { long: { symbolic: 's', force: 'f' } });
  needWords(words);
  const [last = ''] = words.slice(-1);
  const target = words.length === 1 ? '.' : last;
  const sources = words.length === 1 ? words : words.slice(0, -1);
  const into =
    !has('T') &&
    task.fs.find(at(task, target))?.type === 'directory' &&
    !(has('n') && lookup(task, target)?.type === 'symlink');
  let path = '';
  const make = (source: string): void => {
    path = into ? joinPath(target, baseName(source)) : target;
    if (has('f') && lookup(task, path) !== undefined) task.fs.unlink(at(task, path));
    if (has('s')) task.fs.symlink(source, at(task, path));
    else task.fs.link(at(task, source), at(task, path));
  };
  return each(task, sources, make, (source, reason) =>
    has('s') || lookup(task, source) !== undefined ? `ln: ${path}: ${reason}` : `ln: ${source}: ${reason}`,
  );
});

export const chmod = withUsage(async (task, argv) => {
  // A mode such as -x looks like an option.
  const mode = argv.slice(1).find((word) => !/^-[Rvcf]+$/.test(word));
  const rest = argv.slice(1).filter((word) => word !== mode);
  const { words, has } = parseOptions([argv[0] as string, ...rest], 'Rvcf');
  if (mode === undefined) throw new Usage('missing operand');
  needWords(words);
  const change = async (path: string): Promise<void> => {
    await task.step();
    const stat = task.fs.stat(at(task, path));
    task.fs.change(at(task, path), { mode: parseMode(mode, stat.mode, stat.type === 'directory') });
    if (has('R') && stat.type === 'directory')
      for (const name of task.fs.names(at(task, path))) await change(joinPath(path, name));
  };
  try {
    parseMode(mode, 0, false);
  } catch {
    await complain(task, `chmod: invalid mode '${mode}'`);
    return 1;
  }
  return each(task, words, change, (path, reason) => `chmod: ${path}: ${reason}`);
});

export const readlink = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'fnv');
  needWords(words);
  const [path = ''] = words;
  try {
    const found = has('f') ? task.fs.realPath(at(task, path), { missing: true }) : task.fs.lstat(at(task, path)).target;
    if (found === '') return 1;
    await write(task, has('n') ? found : `${found}\n`);
    return 0;
  } catch (error) {
    reason(error);
    return 1;
  }
});

export const realpath = withUsage((task, argv) => {
  const { words } = parseOptions(argv, '');
  const show = async (path: string): Promise<void> => {
    await write(task, `${task.fs.realPath(at(task, path), { missing: true })}\n`);
  };
  return each(task, words.length === 0 ? ['.'] : words, show, (path, reason) => `realpath: ${path}: ${reason}`);
});

export const truncate = withUsage((task, argv) => {
  const { words, value, has } = parseOptions(argv, 'cs:');
  const size = parseSize(value('s') ?? '');
  if (size === undefined) throw new Usage('you must specify a size');
  const cut = (path: string): void => {
    const file = task.fs.open(at(task, path), { write: true, create: !has('c'), mode: 0o666 & ~task.umask });
    try {
      file.truncate(size);
    } finally {
      file.close();
    }
  };
  return each(task, words, cut, (path, reason) => `truncate: ${path}: ${reason}`);
});

const sizes: Readonly<Record<string, number>> = {
  '': 1,
  b: 512,
  c: 1,
  w: 2,
  k: 1024,
  K: 1024,
  kB: 1000,
  M: 1048576,
  MB: 1e6,
  G: 1073741824,
  GB: 1e9,
};

/** Parses `10`, `4k` or `1M` to bytes. Undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const found = /^(\d+)([a-zA-Z]{0,2})$/.exec(text);
  const unit = sizes[found?.[2] ?? 'none'];
  return found === null || unit === undefined ? undefined : Number(found[1]) * unit;
}

export const mkfifo = withUsage((task, argv) => {
  const { words } = parseOptions(argv, 'm:');
  needWords(words);
  const make = (path: string): void => task.fs.mknod(at(task, path), 'fifo', 0o666 & ~task.umask);
  return each(task, words, make, (path, reason) => `mkfifo: ${path}: ${reason}`);
});

export const mktemp = withUsage(async (task, argv) => {
  const { words, has, value } = parseOptions(argv, 'dqtup:');
  const [template = 'tmp.XXXXXX'] = words;
  const directory = value('p') ?? (words.length === 0 || has('t') ? (task.env.get('TMPDIR') ?? '/tmp') : '');
  const letters = Array.from(
    { length: 6 },
    () => 'abcdefghijkmnopqrstuvwxyz0123456789'[Math.floor(Math.random() * 35)],
  ).join('');
  const name = template.replace(/X{6}$/, letters);
  const path = directory === '' ? name : joinPath(directory, name);
  const make = async (): Promise<void> => {
    if (has('d')) task.fs.mkdir(at(task, path), { mode: 0o700 });
    else task.fs.writeFile(at(task, path), '', { mode: 0o600 });
    await write(task, `${path}\n`);
  };
  return each(task, [path], make, (_, reason) => `mktemp: ${template}: ${reason}`);
});
