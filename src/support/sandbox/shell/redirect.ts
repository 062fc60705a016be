import type { HereDoc, Redirect, Redirection } from 'unbash';
import { FileSystemError } from '../fs/errors.js';
import type { Descriptor } from '../kernel/descriptor.js';
import { openPath } from '../kernel/open.js';
import { textDescriptor } from '../kernel/proc.js';
import { maxDescriptors } from '../limits.js';
import { ShellError } from './control.js';
import type { Expander } from './expand.js';

/** Restores descriptors. */
export type Undo = () => void;

const failure = (message: string): ShellError => new ShellError(message, 1);

/**
 * Applies redirections to a shell's task in written order.
 *
 * @returns a function that undoes them
 * @throws ShellError with the words of busybox's shell, after undoing all of them
 */
export async function redirect(by: Expander, redirections: readonly Redirection[]): Promise<Undo> {
  const { fds } = by.shell.task;
  const before = new Map<number, Descriptor | undefined>();
  const set = (fd: number, descriptor: Descriptor | undefined): void => {
    if (!before.has(fd)) {
      const present = fds.get(fd);
      present?.retain();
      before.set(fd, present);
    }
    if (descriptor === undefined) fds.close(fd);
    else if (fds.size < maxDescriptors || fds.get(fd) !== undefined) fds.set(fd, descriptor);
    else throw failure(`${fd}: Too many open files`);
  };
  const undo = (): void => {
    for (const [fd, descriptor] of before) {
      if (descriptor === undefined) fds.close(fd);
      else {
        fds.set(fd, descriptor);
        descriptor.release();
      }
    }
  };
  try {
    for (const redirection of redirections) await apply(by, redirection, set);
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

async function apply(
  by: Expander,
  redirection: Redirection,
  set: (fd: number, to: Descriptor | undefined) => void,
): Promise<void> {
  const given = redirection.descriptor?.type === 'FileDescriptor' ? redirection.descriptor.value : undefined;
  if (redirection.operator === '<<' || redirection.operator === '<<-') {
    set(given ?? 0, textDescriptor(await hereDocument(by, redirection as HereDoc)));
    return;
  }
  if (redirection.operator === '<<<') {
    const text = redirection.target === undefined ? '' : await by.text(redirection.target);
    set(given ?? 0, textDescriptor(`${text}\n`));
    return;
  }
  await applyFile(by, redirection as Redirect, given, set);
}

async function applyFile(
  by: Expander,
  { operator, target: word }: Redirect,
  given: number | undefined,
  set: (fd: number, to: Descriptor | undefined) => void,
): Promise<void> {
  const words = word === undefined ? [''] : await by.words(word);
  const target = words.length === 1 ? (words[0] as string) : '';
  const fd = given ?? (operator.startsWith('<') ? 0 : 1);
  if (operator === '<&' || operator === '>&') {
    if (target === '-') return set(fd, undefined);
    if (/^\d+$/.test(target)) {
      const from = by.shell.task.fds.get(Number(target));
      if (from === undefined) throw failure(`${target}: Bad file descriptor`);
      return set(fd, from);
    }
    if (given !== undefined || operator === '<&') throw new ShellError('syntax error: bad fd number');
  }
  const opened = await open(by, operator, target);
  if (operator !== '&>' && operator !== '&>>' && operator !== '>&') return set(fd, opened);
  set(1, opened);
  set(2, opened);
}

async function open(by: Expander, operator: Redirect['operator'], path: string): Promise<Descriptor> {
  const { shell } = by;
  const reads = operator === '<' || operator === '<>';
  const append = operator === '>>' || operator === '&>>';
  try {
    if (operator === '<') return await openPath(shell.task, path, { read: true });
    if (operator === '<>') return await openPath(shell.task, path, { read: true, write: true, create: true });
    const exclusive = shell.options.has('C') && operator === '>' && shell.task.fs.find(path)?.type === 'file';
    if (exclusive) throw new FileSystemError('EEXIST', path);
    return await openPath(shell.task, path, { write: true, create: true, append, truncate: !append });
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    const missing = reads ? 'no such file' : 'nonexistent directory';
    const reason =
      error.errno === 'ENOENT' ? missing : error.errno === 'ENOTDIR' && !reads ? 'nonexistent directory' : error.text;
    throw failure(`can't ${reads ? 'open' : 'create'} ${path}: ${reason}`);
  }
}

async function hereDocument(by: Expander, { operator, delimiter, body }: HereDoc): Promise<string> {
  const strip = (text: string): string => (operator === '<<-' ? text.replace(/^\t+/gm, '') : text);
  if (delimiter?.quoted) return strip(body.text);
  if (body.parts === undefined) return strip(body.text).replace(/\\([$`\\])|\\\n/g, '$1');
  const parts = body.parts.map((part) => (part.type === 'Literal' ? { ...part, value: strip(part.value) } : part));
  return by.quoted(parts);
}
