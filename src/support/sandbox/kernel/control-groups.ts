import type { ResourceControls } from '../types.js';
import type { Task } from './task.js';

const directory = '/fs/cgroup';
/** Version 1's value for "unlimited": the largest multiple of a page. */
const unbounded = '9223372036854771712';

type Reader = (controls: ResourceControls, task: Task) => string | number;

const memoryOr = (bytes: number): string => (bytes > 0 ? String(bytes) : unbounded);

/** Files of version 1 control groups below /sys/fs/cgroup. */
const readers: Readonly<Record<string, Reader>> = {
  'blkio/blkio.weight': () => 0,
  'cpu/cpu.cfs_period_us': ({ cpuPeriod }) => cpuPeriod || 100_000,
  'cpu/cpu.cfs_quota_us': ({ cpuQuota }) => cpuQuota || -1,
  'cpu/cpu.shares': ({ cpuShares }) => cpuShares || 1024,
  'cpuset/cpuset.cpus': ({ cpus }) => cpus || '0',
  'cpuset/cpuset.mems': ({ memoryNodes }) => memoryNodes || '0',
  'memory/memory.limit_in_bytes': ({ memory }) => memoryOr(memory),
  'memory/memory.memsw.limit_in_bytes': ({ memorySwap }) => memoryOr(memorySwap),
  'memory/memory.soft_limit_in_bytes': ({ memoryReservation }) => memoryOr(memoryReservation),
  'memory/memory.usage_in_bytes': (_controls, { machine }) => machine.memory,
  'pids/pids.current': (_controls, { machine }) => machine.tasks().length,
  'pids/pids.max': ({ processes }) => (processes > 0 ? processes : 'max'),
};

/** The names of the files, from the root of /sys on. */
export const controlFiles: readonly string[] = Object.keys(readers).map((name) => `${directory}/${name}`);

/** Returns the content of a control group file. Undefined for any other path. */
export function controlFile(task: Task, path: string): string | undefined {
  const prefix = `/sys${directory}/`;
  const name = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  return read && `${read(task.machine.controls(), task)}\n`;
}

const controllers = ['name=systemd', 'pids', 'blkio', 'freezer', 'devices', 'memory', 'cpuset', 'cpuacct', 'cpu'];

/** /proc/self/cgroup */
export function membership(path: string): string {
  const lines = controllers.map((name, at) => `${controllers.length - at}:${name}:${path}\n`);
  return `${lines.join('')}0::${path}\n`;
}
