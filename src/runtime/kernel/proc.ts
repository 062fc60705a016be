import { FileSystemError } from '../fs/errors.js';
import { type Descriptor, nothing } from './descriptor.js';
import { netDevices, netRoutes } from './interfaces.js';
import { limitsFile } from './limits.js';
import type { Task } from './task.js';

/** Text that is read from its beginning. */
class TextDescriptor implements Descriptor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(text: string) {
    this.#bytes = Buffer.from(text);
  }

  read(_task: Task, length: number): Uint8Array {
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += part.length;
    return part.length === 0 ? nothing : part;
  }

  write(): void {
    throw new FileSystemError('EACCES', '');
  }

  retain(): void {}
  release(): void {}
}

/** A descriptor that reads a text. */
export const textDescriptor = (text: string): Descriptor => new TextDescriptor(text);

/** Files of /proc that programs in containers ask for, from what the runtime knows; undefined for all others. */
export function procFile(task: Task, path: string): Descriptor | undefined {
  const own = /^\/proc\/(self|thread-self|\d+)\/(\w+)$/.exec(path);
  const text = own === null ? systemFile(task, path) : taskFile(task, own[1] as string, own[2] as string, path);
  return text === undefined ? undefined : textDescriptor(text);
}

function taskFile(task: Task, which: string, name: string, path: string): string | undefined {
  const about = which.endsWith('self') ? task : task.machine.task(Number(which));
  if (about === undefined) throw new FileSystemError('ENOENT', path);
  const { uid, gid } = about.credentials;
  const program = (about.argv[0] ?? '').split('/').at(-1) ?? '';
  switch (name) {
    case 'cmdline':
      return about.argv.map((argument) => `${argument}\0`).join('');
    case 'comm':
      return `${program.slice(0, 15)}\n`;
    case 'environ':
      return [...about.env].map(([key, value]) => `${key}=${value}\0`).join('');
    case 'cgroup':
      return '0::/\n';
    case 'limits':
      return limitsFile(about.limits);
    case 'mounts':
      return mounts(task);
    case 'status':
      return (
        `Name:\t${program.slice(0, 15)}\nUmask:\t${about.umask.toString(8).padStart(4, '0')}\nState:\tS (sleeping)\n` +
        `Tgid:\t${about.pid}\nPid:\t${about.pid}\nPPid:\t${about.parent?.pid ?? 0}\n` +
        `Uid:\t${uid}\t${uid}\t${uid}\t${uid}\nGid:\t${gid}\t${gid}\t${gid}\t${gid}\nGroups:\t${about.credentials.groups.join(' ')} \n`
      );
    default:
      return undefined;
  }
}

function systemFile(task: Task, path: string): string | undefined {
  const { machine } = task;
  const up = Math.max(0, machine.clock.now() - machine.startedAt) / 1000;
  switch (path) {
    case '/proc/uptime':
      return `${up.toFixed(2)} ${up.toFixed(2)}\n`;
    case '/proc/loadavg':
      return `0.00 0.00 0.00 1/${machine.tasks().length} ${task.pid}\n`;
    case '/proc/mounts':
      return mounts(task);
    case '/proc/meminfo':
      return `MemTotal:        8388608 kB\nMemFree:         4194304 kB\nMemAvailable:    6291456 kB\n`;
    case '/proc/cpuinfo':
      return 'processor\t: 0\n\n';
    case '/proc/net/dev':
      return netDevices(machine);
    case '/proc/net/route':
      return netRoutes(machine);
    case '/proc/version':
      return 'Linux version 6.1.0 (simulated)\n';
    default:
      return undefined;
  }
}

/** The file systems that a process sees, as /proc/mounts lists them. */
export function mounts(task: Task): string {
  const volumes = [...task.machine.fileSystem.mounts()].map(
    ([path, { readOnly, type }]) =>
      `${type ?? '/dev/root'} ${path} ${type ?? 'ext4'} ${readOnly ? 'ro' : 'rw'},relatime 0 0\n`,
  );
  const mode = task.machine.fileSystem.isSealed ? 'ro' : 'rw';
  return `overlay / overlay ${mode},relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n${volumes.join('')}`;
}
