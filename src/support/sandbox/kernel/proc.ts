import { FileSystemError } from '../fs/errors.js';
import type { FileSystem, MountSource } from '../fs/types.js';
import { membership } from './control-groups.js';
import { type Descriptor, nothing } from './descriptor.js';
import { netDevices, netRoutes } from './interfaces.js';
import { limitsFile } from './limits.js';
import type { Machine } from './machine.js';
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

type TaskFile = (target: Task, task: Task) => string;

const programOf = ({ argv }: Task): string => ((argv[0] ?? '').split('/').at(-1) ?? '').slice(0, 15);
const everyId = '         0          0 4294967295\n';

const taskFiles: Readonly<Record<string, TaskFile>> = {
  cgroup: ({ machine }) => membership(machine.controlGroup),
  cmdline: ({ argv }) => argv.map((argument) => `${argument}\0`).join(''),
  comm: (target) => `${programOf(target)}\n`,
  environ: ({ env }) => [...env].map(([key, value]) => `${key}=${value}\0`).join(''),
  gid_map: () => everyId,
  limits: ({ limits }) => limitsFile(limits),
  mountinfo: ({ machine }) => mountInfo(machine.fileSystem),
  mounts: ({ machine }) => mounts(machine.fileSystem),
  oom_score_adj: () => '0\n',
  stat: (about) =>
    `${about.pid} (${programOf(about)}) ${about.state === 'running' ? 'R' : 'S'} ${about.parent?.pid ?? 0} ${about.group} ${about.group}${' 0'.repeat(46)}\n`,
  status: statusOf,
  uid_map: () => everyId,
};

function taskFile(task: Task, which: string, name: string, path: string): string | undefined {
  const target = which.endsWith('self') ? task : task.machine.task(Number(which));
  if (target === undefined) throw new FileSystemError('ENOENT', path);
  return Object.hasOwn(taskFiles, name) ? taskFiles[name]?.(target, task) : undefined;
}

function statusOf(target: Task): string {
  const { uid, gid, groups } = target.credentials;
  return (
    `Name:\t${programOf(target)}\nUmask:\t${target.umask.toString(8).padStart(4, '0')}\nState:\tS (sleeping)\n` +
    `Tgid:\t${target.pid}\nPid:\t${target.pid}\nPPid:\t${target.parent?.pid ?? 0}\n` +
    `Uid:\t${uid}\t${uid}\t${uid}\t${uid}\nGid:\t${gid}\t${gid}\t${gid}\t${gid}\nGroups:\t${groups.join(' ')} \n`
  );
}

/** Seconds since the container started. */
const uptime = ({ clock, startedAt }: Machine): number => Math.max(0, clock.now() - startedAt) / 1000;

const systemFiles: Readonly<Record<string, (machine: Machine, task: Task) => string>> = {
  cpuinfo: () => 'processor\t: 0\n\n',
  filesystems: () =>
    'nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup\nnodev\tdevpts\n\text4\nnodev\toverlay\nnodev\tmqueue\n',
  loadavg: (machine, { pid }) => `0.00 0.00 0.00 1/${machine.tasks().length} ${pid}\n`,
  meminfo: () => 'MemTotal:        8388608 kB\nMemFree:         4194304 kB\nMemAvailable:    6291456 kB\n',
  mounts: ({ fileSystem }) => mounts(fileSystem),
  'net/dev': netDevices,
  'net/route': netRoutes,
  stat: (machine) => {
    const idle = Math.round(uptime(machine) * 100);
    return `cpu  0 0 0 ${idle} 0 0 0 0 0 0\ncpu0 0 0 0 ${idle} 0 0 0 0 0 0\n`;
  },
  'sys/kernel/domainname': ({ domainname }) => `${domainname || '(none)'}\n`,
  'sys/kernel/hostname': ({ hostname }) => `${hostname}\n`,
  'sys/kernel/ostype': () => 'Linux\n',
  'sys/kernel/pid_max': () => '4194304\n',
  'sys/net/ipv4/ip_unprivileged_port_start': () => '0\n',
  'sys/net/ipv4/ping_group_range': () => '0\t2147483647\n',
  uptime: (machine) => `${uptime(machine).toFixed(2)} ${uptime(machine).toFixed(2)}\n`,
  version: () => 'Linux version 6.1.0 (simulated)\n',
};

function systemFile(task: Task, path: string): string | undefined {
  const name = path.slice('/proc/'.length);
  return Object.hasOwn(systemFiles, name) ? systemFiles[name]?.(task.machine, task) : undefined;
}

/** Mount kinds in the list of mounts: source, type, options. */
const kinds: Readonly<Record<NonNullable<MountSource['type']> | 'file', readonly [string, string, string]>> = {
  file: ['/dev/root', 'ext4', 'relatime'],
  tmpfs: ['tmpfs', 'tmpfs', 'relatime'],
  shm: ['shm', 'tmpfs', 'nosuid,nodev,noexec,relatime'],
  proc: ['proc', 'proc', 'nosuid,nodev,noexec,relatime'],
  sysfs: ['sysfs', 'sysfs', 'nosuid,nodev,noexec,relatime'],
};

interface Mounted {
  readonly path: string;
  /** The visible root of its file system. */
  readonly root: string;
  readonly source: string;
  readonly type: string;
  readonly options: string;
}

function mounted(fileSystem: FileSystem): Mounted[] {
  const root = { path: '/', root: '/', source: 'overlay', type: 'overlay' };
  const rest = [...fileSystem.mounts()].map(([path, { readOnly, type, path: from }]) => {
    const [source, name, options] = kinds[type ?? 'file'];
    // The kernel's own tree of processes can be written to, where the daemon lets it.
    const mode = readOnly && type !== 'proc' ? 'ro' : 'rw';
    return { path, root: from, source, type: name, options: `${mode},${options}` };
  });
  return [{ ...root, options: `${fileSystem.isSealed ? 'ro' : 'rw'},relatime` }, ...rest];
}

/** The file systems that a process sees, as /proc/mounts lists them. */
export function mounts(fileSystem: FileSystem): string {
  const line = ({ source, path, type, options }: Mounted): string => `${source} ${path} ${type} ${options} 0 0\n`;
  return mounted(fileSystem).map(line).join('');
}

/** Numbers of the first mount and of the first device. */
const [firstMount, firstDevice] = [400, 60];

/** /proc/self/mountinfo */
function mountInfo(fileSystem: FileSystem): string {
  const line = ({ source, path, type, options, root }: Mounted, at: number): string =>
    `${firstMount + at} ${at === 0 ? firstMount - 1 : firstMount} 0:${firstDevice + at} ${root} ${path} ${options} - ${type} ${source} ${options.slice(0, 2)}\n`;
  return mounted(fileSystem).map(line).join('');
}
