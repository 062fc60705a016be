import { FileSystemError } from '../fs/errors.js';
import { withDots } from '../fs/names.js';
import { inDirectory } from '../fs/paths.js';
import type { Task } from '../kernel/task.js';
import { maxGlobPaths, maxGlobPatternLength } from '../limits.js';
import { ShellError } from './control.js';
import { hasPattern, Pattern } from './pattern.js';

/**
 * Returns the paths that match a pattern, sorted. Yields in between.
 *
 * @param source pattern with backslashes before quoted characters
 * @throws ShellError for too many paths
 */
export async function expandPaths(task: Task, source: string): Promise<string[]> {
  if (source.length > maxGlobPatternLength) return [];
  const absolute = source.startsWith('/');
  let found = [absolute ? '/' : ''];
  const parts = source.split('/').filter((part) => part !== '');
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const next: string[] = [];
    for (const base of found) {
      const turn = task.longStep();
      if (turn !== undefined) await turn;
      const paths = hasPattern(part) ? await matching(task, base, part, last) : fixed(task, base, part, last);
      for (const path of paths) next.push(path);
      if (next.length > maxGlobPaths) throw new ShellError('out of memory');
    }
    found = next;
  }
  return source.endsWith('/') ? found.map((path) => `${path}/`) : found;
}

function fixed(task: Task, base: string, part: string, last: boolean): string[] {
  const path = `${base}${part.replace(/\\(.)/g, '$1')}`;
  if (!last) return [`${path}/`];
  try {
    task.fs.lstat(inDirectory(task.cwd, path));
    return [path];
  } catch (error) {
    if (error instanceof FileSystemError) return [];
    throw error;
  }
}

async function matching(task: Task, base: string, part: string, last: boolean): Promise<string[]> {
  const pattern = new Pattern(part);
  const directory = inDirectory(task.cwd, base === '' ? '.' : base);
  let names: Iterable<string>;
  try {
    names = task.fs.names(directory);
  } catch (error) {
    if (error instanceof FileSystemError) return [];
    throw error;
  }
  const found: string[] = [];
  for (const name of part.startsWith('.') ? withDots(names) : names) {
    const turn = task.yieldIfDue();
    if (turn !== undefined) await turn;
    if ((name.startsWith('.') && !part.startsWith('.')) || !pattern.matches(name)) continue;
    if (last) found.push(`${base}${name}`);
    else if (task.fs.find(inDirectory(directory, name))?.type === 'directory') found.push(`${base}${name}/`);
  }
  return found;
}
