import { FileSystemError } from '../../fs/errors.js';
import { inDirectory } from '../../fs/paths.js';
import { write } from '../../programs/io.js';
import { ShellError } from '../control.js';
import type { Executor } from '../execute.js';

export async function changeDirectory(by: Executor, argv: readonly string[]): Promise<number> {
  const { shell } = by;
  const { task, vars } = shell;
  const [given] = argv.slice(1).filter((word) => !/^-[LP]$/.test(word));
  const target = given === '-' ? (vars.get('OLDPWD') ?? '') : (given ?? vars.get('HOME') ?? '');
  if (target === '') return 0;
  let path: string;
  try {
    path = task.fs.realPath(inDirectory(task.cwd, target));
    if (task.fs.stat(path).type !== 'directory') throw new FileSystemError('ENOTDIR', path);
    if (!task.fs.access(path, 1)) throw new FileSystemError('EACCES', path);
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    await shell.complainOf('cd', `can't cd to ${target}: ${error.text}`);
    return 2;
  }
  vars.set('OLDPWD', task.cwd);
  vars.setAttributes('OLDPWD', { exported: true });
  task.cwd = path;
  vars.set('PWD', path);
  if (given === '-') await write(task, `${path}\n`);
  return 0;
}

export async function workingDirectory({ shell }: Executor): Promise<number> {
  await write(shell.task, `${shell.task.cwd}\n`);
  return 0;
}

export async function umask({ shell }: Executor, argv: readonly string[]): Promise<number> {
  const mask = argv[1];
  if (mask === undefined) {
    await write(shell.task, `${shell.task.umask.toString(8).padStart(4, '0')}\n`);
    return 0;
  }
  if (!/^[0-7]{1,4}$/.test(mask)) throw new ShellError(`umask: line ${shell.line}: Illegal mode: ${mask}`);
  shell.task.umask = Number.parseInt(mask, 8) & 0o777;
  return 0;
}

export async function times({ shell }: Executor): Promise<number> {
  await write(shell.task, '0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n');
  return 0;
}
