import { ManualClock } from '../clock.js';
import { Budget } from '../fs/budget.js';
import { createFileSystem } from '../fs/file-system.js';
import type { FileSystem, MountSource } from '../fs/types.js';
import { controlFiles } from './control-groups.js';

/** Bytes that names alone may take. */
const treeBytes = 1 << 20;
const ofTask = 'cgroup cmdline comm environ gid_map limits mountinfo mounts oom_score_adj stat status uid_map';
const ofSystem = 'cpuinfo filesystems loadavg meminfo mounts stat uptime version net/dev net/route';
const settings =
  'kernel/domainname kernel/hostname kernel/ostype kernel/pid_max net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range';

/** A tree of empty files: what is read of them comes from proc.ts and control-groups.ts. */
function treeOf(paths: readonly string[]): FileSystem {
  const tree = createFileSystem({ budget: new Budget(treeBytes), clock: new ManualClock() });
  for (const path of paths) {
    tree.mkdir(path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true });
    tree.writeFile(path, '', { mode: 0o444 });
  }
  return tree;
}

function procTree(): FileSystem {
  const below = (directory: string, names: string): string[] => names.split(' ').map((name) => `${directory}/${name}`);
  const tree = treeOf([...below('', ofSystem), ...below('/sys', settings), ...below('/1', ofTask)]);
  tree.symlink('1', '/self');
  return tree;
}

let mounts: ReadonlyMap<string, MountSource> | undefined;

/**
 * /proc and /sys as processes find them: the same for all containers.
 *
 * @param writable whether directories can be made below /sys; then it is the container's own
 */
export function kernelMounts(writable: boolean): ReadonlyMap<string, MountSource> {
  if (writable)
    return new Map([
      ...kernelMounts(false),
      ['/sys', { fileSystem: treeOf(controlFiles), path: '/', readOnly: false, type: 'sysfs' }],
    ]);
  mounts ??= new Map<string, MountSource>([
    ['/proc', { fileSystem: procTree(), path: '/', readOnly: true, type: 'proc' }],
    ['/sys', { fileSystem: treeOf(controlFiles), path: '/', readOnly: true, type: 'sysfs' }],
  ]);
  return mounts;
}
