import { Budget } from '../../../support/sandbox/fs/budget.js';
import { createFileSystem } from '../../../support/sandbox/fs/file-system.js';
import type { MountSource } from '../../../support/sandbox/fs/types.js';
import type { ResourceControls, ResourceLimit, SandboxSpec } from '../../../support/sandbox/types.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import { sharedContainer } from './modes.js';
import { writesControlGroups } from './security.js';

type Parts = Pick<SandboxSpec, 'sealed' | 'writableSystem' | 'limits' | 'sharedMemory' | 'controlGroup' | 'controls'>;

/**
 * Returns the machine's share of a container that starts: limits, shared memory, control groups
 * (docs/reference/behavior/containers.md#container-resources).
 */
export function machineParts(context: Context, container: Container): Parts {
  const { hostConfig, id } = container;
  container.sharedMemory = sharedMemory(context, container);
  const parent = hostConfig.CgroupParent || '/docker';
  return {
    sealed: hostConfig.ReadonlyRootfs,
    writableSystem: hostConfig.Privileged || writesControlGroups(hostConfig.SecurityOpt ?? []),
    limits: limitsOf(container),
    sharedMemory: container.sharedMemory,
    controlGroup: hostConfig.CgroupnsMode === 'private' ? '/' : `${parent.startsWith('/') ? '' : '/'}${parent}/${id}`,
    controls: () => controlsOf(container),
  };
}

function limitsOf({ hostConfig }: Container): ResourceLimit[] {
  return (hostConfig.Ulimits ?? []).flatMap((limit) =>
    limit ? [{ name: limit.Name, soft: limit.Soft, hard: limit.Hard }] : [],
  );
}

/** Returns the container's own shared memory, another container's, the host's or none. */
function sharedMemory(context: Context, { hostConfig }: Container): MountSource | undefined {
  const { IpcMode: mode, ShmSize: size } = hostConfig;
  const shared = sharedContainer(mode);
  if (shared !== undefined) return context.containers.resolve(shared).sharedMemory;
  if (mode === 'none') return undefined;
  if (mode === 'host') {
    context.machine.mkdir('/dev/shm', { recursive: true });
    return { fileSystem: context.machine, path: '/dev/shm', readOnly: false, type: 'tmpfs' };
  }
  const fileSystem = createFileSystem({ budget: new Budget(Math.max(size, page)), clock: context.timers });
  fileSystem.change('/', { mode: 0o1777 });
  return { fileSystem, path: '/', readOnly: false, type: 'shm' };
}

function controlsOf({ hostConfig }: Container): ResourceControls {
  const period = hostConfig.CpuPeriod || defaultCpuPeriod;
  const quota = hostConfig.NanoCpus > 0 ? Math.round((hostConfig.NanoCpus * period) / 1e9) : hostConfig.CpuQuota;
  return {
    memory: hostConfig.Memory,
    memorySwap: hostConfig.MemorySwap,
    memoryReservation: hostConfig.MemoryReservation,
    cpuPeriod: hostConfig.CpuPeriod,
    cpuQuota: quota,
    cpuShares: hostConfig.CpuShares,
    cpus: hostConfig.CpusetCpus,
    memoryNodes: hostConfig.CpusetMems,
    processes: hostConfig.PidsLimit ?? 0,
  };
}

/** Bytes: less than a page is a page. */
const page = 4096;

/** Microseconds. */
const defaultCpuPeriod = 100_000;
