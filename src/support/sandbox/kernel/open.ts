import { FileSystemError } from '../fs/errors.js';
import { inDirectory } from '../fs/paths.js';
import type { OpenOptions } from '../fs/types.js';
import { controlFile } from './control-groups.js';
import { type Descriptor, deviceOf, FileDescriptor, standardDevices } from './descriptor.js';
import { procFile, textDescriptor } from './proc.js';
import type { Task } from './task.js';

/** Names of the standard streams; they need no file to be there. */
const streams: Readonly<Record<string, number>> = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 };

/**
 * Open a path as a task would: files of its file system, devices, FIFOs, its own descriptors and /proc.
 *
 * @throws FileSystemError
 */
export async function openPath(task: Task, path: string, options: OpenOptions): Promise<Descriptor> {
  const at = inDirectory(task.cwd, path);
  return special(task, at, options.write ?? false) ?? (await node(task, at, options));
}

function special(task: Task, path: string, write: boolean): Descriptor | undefined {
  if (path.startsWith('/sys/')) return write ? undefined : controlText(task, path);
  if (!path.startsWith('/dev/') && !path.startsWith('/proc/')) return undefined;
  const stream = streams[path] ?? numberOf(/^(?:\/dev\/fd|\/proc\/self\/fd)\/(\d+)$/.exec(path));
  if (stream !== undefined) return task.fds.need(stream);
  const other = /^\/proc\/(\d+)\/fd\/(\d+)$/.exec(path);
  if (other !== null) {
    const holder = task.machine.task(Number(other[1]));
    if (holder === undefined) throw new FileSystemError('ENOENT', path);
    return holder.fds.need(Number(other[2]));
  }
  if (path === '/dev/tty') {
    if (task.terminal === undefined) throw new FileSystemError('ENXIO', path);
    return task.terminal;
  }
  const device = standardDevices[path];
  if (device !== undefined) return deviceOf(device);
  return path.startsWith('/proc/') && !write ? procFile(task, path) : undefined;
}

function controlText(task: Task, path: string): Descriptor | undefined {
  const text = controlFile(task, path);
  return text === undefined ? undefined : textDescriptor(text);
}

const numberOf = (match: RegExpExecArray | null): number | undefined => (match === null ? undefined : Number(match[1]));

async function node(task: Task, path: string, options: OpenOptions): Promise<Descriptor> {
  const stat = task.fs.find(path);
  if (stat?.type === 'character' || stat?.type === 'block') {
    const { major = 0, minor = 0 } = stat.device ?? {};
    const device = deviceOf(`${major}:${minor}`);
    if (device === undefined) throw new FileSystemError('ENXIO', path);
    return device;
  }
  if (stat?.type === 'fifo') {
    if (!task.fs.access(path, (options.read ? 4 : 0) | (options.write ? 2 : 0)))
      throw new FileSystemError('EACCES', path);
    const pipe = task.machine.fifo(stat.inode);
    if (!options.write) return pipe.reader;
    if (!options.read) await pipe.untilRead(task);
    return pipe.writer;
  }
  const mode = (options.mode ?? 0o666) & ~task.umask;
  return new FileDescriptor(task.fs.open(path, { ...options, mode }));
}
