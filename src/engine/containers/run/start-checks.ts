import { AttestdError } from '../../../support/foundation/errors.js';
import { quote } from '../../../support/go/quote.js';
import type { Context } from '../../context.js';
import { isDevice } from '../../system/machine.js';
import type { Container } from '../container.js';
import type { HostConfig } from '../create/host-config.js';
import { shimOf } from '../create/validate.js';
import { startErrorOf } from './start-fault.js';

/** The daemon's prefix for errors of the container runtime. */
export const taskPrefix = 'failed to create task for container: ';
/** The prefix for errors of runc. */
export const runcPrefix = `${taskPrefix}failed to create shim task: OCI runtime create failed: runc create failed: `;

const tmpfsFlags =
  'defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime ' +
  'bind rbind unbindable runbindable private rprivate shared rshared slave rslave relatime norelatime strictatime nostrictatime';
const tmpfsOptions = new Set(`${tmpfsFlags} mode uid gid size nr_inodes nr_blocks mpol`.split(' '));

/** Numbers of the kernel's bounds of a process. */
const limits: Readonly<Record<string, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

const ownMessages = 'msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced'
  .split(' ')
  .map((name) => `kernel.${name}`);

const refuse = (reason: string): never => {
  throw new AttestdError('INTERNAL', reason);
};

/**
 * Runs the checks that only a start performs: devices, mounted memory, kernel parameters and limits, the runtime
 * (docs/reference/behavior/containers.md#container-start).
 *
 * @throws INTERNAL in the words of the daemon or of runc
 */
export function checkStart({ machine }: Context, { hostConfig }: Container): void {
  for (const { PathOnHost: path } of hostConfig.Devices ?? []) {
    const at = (reason: string): never =>
      refuse(`error gathering device information while adding custom device ${quote(path)}: ${reason}`);
    if (path === '/dev' || isDevice(path)) continue;
    const there = path === '' ? undefined : machine.find(path);
    if (there === undefined) at('no such file or directory');
    else if (there.type === 'file') at('not a device node');
  }
  for (const rule of hostConfig.DeviceCgroupRules ?? [])
    if (!/^[acb] (?:\d+|\*):(?:\d+|\*) [rwm]{1,3}$/.test(rule)) refuse(`invalid device cgroup rule format: '${rule}'`);
  for (const { Driver: driver, DeviceIDs: ids, Capabilities: sets } of hostConfig.DeviceRequests ?? []) {
    const all = (sets ?? []).map((names) => `[${(names ?? []).join(' ')}]`).join(' ');
    if (driver === 'cdi') refuse(`CDI device injection failed: unresolvable CDI devices ${(ids ?? []).join(', ')}`);
    if (driver === '' && (sets ?? []).some((names) => names?.includes('gpu')))
      refuse('failed to discover GPU vendor from CDI: no known GPU vendor found');
    refuse(`could not select device driver ${quote(driver)} with capabilities: [${all}]`);
  }
  const {
    BlkioDeviceReadBps: r,
    BlkioDeviceWriteBps: w,
    BlkioDeviceReadIOps: ri,
    BlkioDeviceWriteIOps: wi,
  } = hostConfig;
  for (const throttle of [r, w, ri, wi].flatMap((list) => list ?? []))
    if (throttle !== undefined && !isDevice(throttle.Path) && machine.find(throttle.Path || '/') === undefined)
      refuse(`stat ${throttle.Path}: no such file or directory`);
  for (const list of Object.values(hostConfig.Tmpfs ?? {}))
    for (const option of list === '' ? [] : list.split(',')) {
      const [name = ''] = option.split('=', 1);
      if (!tmpfsOptions.has(name)) refuse(`invalid tmpfs option ${quote(name)}`);
    }
  const shim = ['runc', 'io.containerd.runc.v2'].includes(hostConfig.Runtime ?? 'runc')
    ? undefined
    : shimOf(hostConfig.Runtime ?? '');
  if (shim !== undefined)
    refuse(
      `${taskPrefix}failed to start shim: failed to resolve runtime path: runtime ${quote(hostConfig.Runtime ?? '')} binary ` +
        `not installed ${quote(shim)}: file does not exist`,
    );
  for (const name of Object.keys(hostConfig.Sysctls ?? {})) checkSysctl(name.replaceAll('/', '.'), hostConfig);
  for (const limit of hostConfig.Ulimits ?? []) {
    if (limit === undefined) continue;
    const { Name: name, Soft: soft, Hard: hard } = limit;
    const number = limits[name];
    if (number === undefined) refuse(`${runcPrefix}wrong rlimit value: RLIMIT_${name.toUpperCase()}`);
    if (hard >= 0 && soft > hard)
      refuse(
        `${runcPrefix}unable to start container process: error during container init: error setting rlimits for ready ` +
          `process: error setting rlimit type ${number}: invalid argument`,
      );
  }
}

function checkSysctl(name: string, { IpcMode: ipc, NetworkMode: network, UTSMode: uts }: HostConfig): void {
  const no = (reason: string): never => {
    throw startErrorOf(`${runcPrefix}sysctl ${quote(name)} ${reason}`).error;
  };
  if (ownMessages.includes(name) || name.startsWith('fs.mqueue.')) {
    if (ipc === 'host') no('is not allowed in the hosts ipc namespace');
  } else if (name.startsWith('net.')) {
    if (network === 'host') no('not allowed in host network namespace');
  } else if (name === 'kernel.hostname' && uts !== 'host') {
    no('is not allowed as it conflicts with the OCI "hostname" field');
  } else if (name !== 'kernel.domainname' || uts === 'host') {
    no('is not in a separate kernel namespace');
  }
}
