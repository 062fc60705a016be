import { AttestdError } from '../../support/foundation/errors.js';
import type { FileSystem } from '../../support/sandbox/fs/types.js';
import { isDevice } from '../system/machine.js';
import type { Volume } from './store.js';

const bindFlag = 0x1000;

/** Flags of the kernel's that an option sets; `!` takes one away. */
const flags: Readonly<Record<string, number>> = {
  bind: bindFlag,
  rbind: bindFlag | 0x4000,
  ro: 0x1,
  '!rw': 0x1,
  nosuid: 0x2,
  '!suid': 0x2,
  nodev: 0x4,
  '!dev': 0x4,
  noexec: 0x8,
  '!exec': 0x8,
  sync: 0x10,
  '!async': 0x10,
  remount: 0x20,
  mand: 0x40,
  '!nomand': 0x40,
  dirsync: 0x80,
  noatime: 0x400,
  '!atime': 0x400,
  nodiratime: 0x800,
  '!diratime': 0x800,
  relatime: 0x20_0000,
  '!norelatime': 0x20_0000,
  strictatime: 0x100_0000,
  '!nostrictatime': 0x100_0000,
  defaults: 0,
};

/** File systems that need no device, and those of the network, whose servers are taken to be there. */
const deviceless = 'tmpfs ramfs proc sysfs devpts devtmpfs mqueue cgroup cgroup2 overlay nfs nfs4 cifs smb3'.split(' ');
const ofDevices = 'ext2 ext3 ext4 xfs btrfs vfat msdos exfat ntfs3 iso9660 udf squashfs f2fs erofs'.split(' ');

/** Options of a mount as the kernel takes them: flags, and what is the file system's own. */
function parseOptions(text: string): { readonly flag: number; readonly data: string } {
  let flag = 0;
  const data: string[] = [];
  for (const option of text === '' ? [] : text.split(',')) {
    if (Object.hasOwn(flags, option)) flag |= flags[option] as number;
    else if (Object.hasOwn(flags, `!${option}`)) flag &= ~(flags[`!${option}`] as number);
    else data.push(option);
  }
  return { flag, data: data.join(',') };
}

/** Returns the kernel's reason to reject a device mount. Undefined if it would mount it. */
function refusal(machine: FileSystem, device: string, type: string, flag: number): string | undefined {
  const found = machine.find(device.startsWith('/') ? device : `/${device}`);
  if ((flag & bindFlag) !== 0) {
    if (found === undefined) return 'no such file or directory';
    return found.type === 'directory' ? undefined : 'not a directory';
  }
  if (deviceless.includes(type)) return undefined;
  if (!ofDevices.includes(type)) return 'no such device';
  // The machine that is simulated has no disks.
  return found === undefined && !isDevice(device) ? 'no such file or directory' : 'block device required';
}

/**
 * Check that the device of a volume that a container starts with can be mounted (docs/reference/behavior/files.md#volumes).
 *
 * @throws INTERNAL with dockerd's words
 */
export function checkDevice(machine: FileSystem, { options = {}, mountpoint }: Volume): void {
  const { device = '', type = '', o = '' } = options;
  if (device === '' && type === '') return;
  const { flag, data } = parseOptions(o);
  const reason = refusal(machine, device, type, flag);
  const failed = `error while mounting volume '${mountpoint}': `;
  if (reason === undefined) return;
  const flagged = flag === 0 ? '' : `, flags: 0x${flag.toString(16)}`;
  const visibleData = data === '' ? '' : `, data: ${data.replace(/\bpassword=[^,]*/, 'password=********')}`;
  throw new AttestdError(
    'INTERNAL',
    `${failed}failed to mount local volume: mount ${device}:${mountpoint}${flagged}${visibleData}: ${reason}`,
  );
}
