import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { processorCount } from '../processors.js';
import { isAtLeast } from '../versions.js';
import type { AnswerOf } from '../wire.js';
import { emptyHostConfig, type HostConfig } from './create/host-config.js';
import type { Resources, UpdateRequest } from './create/resources.js';
import { checkHostConfig } from './create/validate.js';
import { logContainerEvent } from './events.js';

const blockDevices = [
  'BlkioWeightDevice',
  'BlkioDeviceReadBps',
  'BlkioDeviceWriteBps',
  'BlkioDeviceReadIOps',
  'BlkioDeviceWriteIOps',
] as const;

/** Members that replace the current value if they are set. */
const given = [
  'BlkioWeight',
  ...blockDevices,
  'CpuShares',
  'NanoCpus',
  'CpuPeriod',
  'CpuQuota',
  'CpusetCpus',
  'CpusetMems',
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'PidsLimit',
] as const satisfies readonly (keyof Resources)[];

/**
 * `POST /containers/{id}/update` (docs/reference/behavior/containers.md#container-update).
 *
 * @throws INVALID_ARGUMENT for invalid limits; NOT_FOUND; CONFLICT with the container's other settings
 */
export function updateContainer(
  context: Context,
  name: string,
  request: UpdateRequest,
  apiVersion: string,
): AnswerOf<'ContainerUpdate'> {
  if (!isAtLeast(apiVersion, '1.55')) for (const key of blockDevices) request[key] = undefined;
  if (request.PidsLimit !== undefined && request.PidsLimit <= 0) request.PidsLimit = 0;
  const requested: HostConfig = { ...emptyHostConfig(), ...request };
  const warnings = checkHostConfig(requested, processorCount(), true);
  const container = context.containers.resolve(name);
  const refuse = (reason: string): never => {
    throw new AttestdError('CONFLICT', `Cannot update container ${container.id}: ${reason}`);
  };
  if (container.state.removing || container.state.dead)
    throw new AttestdError(
      'INTERNAL',
      `Cannot update container ${container.id}: container is marked for removal and cannot be "update"`,
    );
  const current = container.hostConfig;
  checkConflicts(requested, current, refuse);
  const policy = request.RestartPolicy;
  if (policy.Name !== '' && policy.Name !== 'no' && current.AutoRemove)
    refuse('Restart policy cannot be updated because AutoRemove is enabled for the container');
  const changed = given.filter((key) => requested[key] !== undefined && requested[key] !== 0 && requested[key] !== '');
  const values = Object.fromEntries(changed.map((key) => [key, requested[key]]));
  if (request.PidsLimit !== undefined) values.PidsLimit = request.PidsLimit;
  if (container.state.running) checkControlGroup(container.id, { ...current, ...values });
  container.hostConfig = { ...current, ...values };
  if (policy.Name !== '') {
    container.hostConfig.RestartPolicy = policy;
    container.restarts.policy = policy;
  }
  logContainerEvent(context, container, 'update');
  return { Warnings: warnings.length === 0 ? null : warnings };
}

/**
 * Applies the kernel's checks to the limits of running processes.
 *
 * @throws INTERNAL in the words of runc
 */
function checkControlGroup(id: string, { Memory: memory, MemorySwap: swap }: HostConfig): void {
  if (memory <= 0 || swap <= 0 || swap >= memory) return;
  const file = `/sys/fs/cgroup/memory/docker/${id}/memory.memsw.limit_in_bytes`;
  const reason = `failed to write "${swap}": write ${file}: invalid argument\n`;
  const runc = 'runc did not terminate successfully: exit status 1: ';
  throw new AttestdError('INTERNAL', `Cannot update container ${id}: ${runc}${reason}`);
}

function checkConflicts(requested: HostConfig, current: HostConfig, refuse: (reason: string) => never): void {
  const set = (what: string, already: string): never =>
    refuse(`Conflicting options: ${what} cannot be updated as ${already} has already been set`);
  if (requested.NanoCpus > 0 && current.CpuPeriod > 0) set('Nano CPUs', 'CPU Period');
  if (requested.NanoCpus > 0 && current.CpuQuota > 0) set('Nano CPUs', 'CPU Quota');
  if (requested.CpuPeriod > 0 && current.NanoCpus > 0) set('CPU Period', 'NanoCPUs');
  if (requested.CpuQuota > 0 && current.NanoCpus > 0) set('CPU Quota', 'NanoCPUs');
  if (requested.Memory !== 0 && requested.Memory > current.MemorySwap && requested.MemorySwap === 0)
    refuse('Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time');
}
