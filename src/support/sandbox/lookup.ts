import { FileSystemError } from './fs/errors.js';
import { baseName, inDirectory } from './fs/paths.js';
import type { FileSystem, Stat } from './fs/types.js';
import { isStandardDevice } from './kernel/descriptor.js';

/** Search path if PATH is not set. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The kind of an executable file. */
export type Executable =
  /** A built-in program: busybox under one of its names, or a tool of that name. */
  | { readonly kind: 'applet'; readonly name: string; readonly path: string }
  /** Text that another program reads. */
  | { readonly kind: 'script'; readonly path: string; readonly interpreter: readonly string[] }
  /** Text without an interpreter line. */
  | { readonly kind: 'text'; readonly path: string }
  /** A program that the runtime cannot run. */
  | { readonly kind: 'foreign'; readonly path: string };

/** The reason that a file cannot be executed. */
export type NotFound = { readonly kind: 'not-found' | 'not-executable' | 'is-directory'; readonly path: string };

/**
 * Find a program as execvp does.
 *
 * @param name with a slash it is a path, otherwise it is looked for
 * @param path directories, separated by colons
 */
export function findProgram(fs: FileSystem, name: string, path: string, cwd: string): string | NotFound {
  if (name.includes('/')) {
    const at = inDirectory(cwd, name);
    const fault = faultOf(fs, at);
    return fault === undefined ? at : { kind: fault, path: name };
  }
  let denied: NotFound | undefined;
  for (const directory of name === '' ? [] : path.split(':')) {
    const at = inDirectory(directory === '' ? cwd : inDirectory(cwd, directory), name);
    const fault = faultOf(fs, at);
    if (fault === undefined) return at;
    if (fault === 'not-executable') denied ??= { kind: fault, path: at };
  }
  return denied ?? { kind: 'not-found', path: name };
}

function faultOf(fs: FileSystem, path: string): NotFound['kind'] | undefined {
  // Devices exist when they are opened, but they are not programs.
  if (isStandardDevice(path) || path === '/dev/ptmx') return 'not-executable';
  if (path === '/dev/console') return 'not-found';
  let stat: Stat;
  try {
    stat = fs.stat(path);
  } catch (error) {
    return error instanceof FileSystemError && error.errno === 'EACCES' ? 'not-executable' : 'not-found';
  }
  if (stat.type === 'directory') return 'is-directory';
  return stat.type === 'file' && fs.access(path, 1) ? undefined : 'not-executable';
}

/**
 * Inspects an executable file.
 *
 * @param isApplet whether a name is a built-in program
 */
export function inspectProgram(fs: FileSystem, path: string, isApplet: (name: string) => boolean): Executable {
  const real = fs.realPath(path);
  const head = firstBytes(fs, real);
  if (head.startsWith('#!')) {
    const line = (head.slice(2).split('\n', 1)[0] ?? '').trim();
    const [interpreter = '', ...argument] = line.split(/[ \t]+/);
    if (interpreter !== '') {
      return {
        kind: 'script',
        path,
        interpreter: argument.length === 0 ? [interpreter] : [interpreter, argument.join(' ')],
      };
    }
  }
  const name = baseName(path);
  if (isBusybox(fs, real)) return { kind: 'applet', name, path };
  if (head.startsWith('\x7fELF')) {
    const known = [name, baseName(real)].find(isApplet);
    return known === undefined ? { kind: 'foreign', path } : { kind: 'applet', name: known, path };
  }
  return { kind: 'text', path };
}

/** Whether a program is busybox under some name: a link to it, or one of its hard links, as in its own image. */
function isBusybox(fs: FileSystem, real: string): boolean {
  if (baseName(real) === 'busybox') return true;
  const sibling = fs.find(`${real.slice(0, real.lastIndexOf('/'))}/busybox`);
  return sibling?.type === 'file' && sibling.inode === fs.stat(real).inode;
}

const headLength = 256;

function firstBytes(fs: FileSystem, path: string): string {
  // The system reads what it runs, whether or not the user may.
  const file = fs.as({ uid: 0, gid: 0, groups: [] }).open(path, { read: true });
  try {
    return Buffer.from(file.read(headLength)).toString('latin1');
  } finally {
    file.close();
  }
}
