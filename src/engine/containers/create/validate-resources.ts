import { AttestdError } from '../../../support/foundation/errors.js';
import type { Resources } from './resources.js';

/** Least memory that a container may be given, in bytes. */
const minMemoryBytes = 6 * 1024 * 1024;

function refuse(reason: string): never {
  throw new AttestdError('INVALID_ARGUMENT', reason);
}

/**
 * Checks the resource limits of a container as dockerd does on a host with full cgroup support
 * (docs/reference/behavior/containers.md#container-resources). Drops settings without effect.
 *
 * @param processors of the host
 * @param update whether the limits belong to an update
 * @returns warnings
 * @throws INVALID_ARGUMENT with dockerd's texts
 */
export function checkResources(resources: Resources, processors: number, update: boolean): string[] {
  const warnings: string[] = [];
  checkMemory(resources, update);
  if (resources.OomKillDisable === true && resources.Memory === 0)
    warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  checkProcessors(resources, processors);
  if (resources.CpuPercent > 0) {
    warnings.push('linux does not support CPU percent. Percent discarded.');
    resources.CpuPercent = 0;
  }
  checkSet(resources.CpusetCpus, processors, 'cpuset cpus', 'CPUs');
  checkSet(resources.CpusetMems, 1, 'cpuset mems', 'memory nodes');
  // The simulated machine does not support block I/O weights.
  if (resources.BlkioWeight > 0) {
    warnings.push('Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.');
    resources.BlkioWeight = 0;
  }
  if ((resources.BlkioWeightDevice ?? []).length > 0) {
    warnings.push(
      'Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.',
    );
    resources.BlkioWeightDevice = [];
  }
  if (resources.IOMaximumBandwidth !== 0 || resources.IOMaximumIOps !== 0)
    refuse('Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps');
  return warnings;
}

function checkMemory(resources: Resources, update: boolean): void {
  const { Memory: memory, MemorySwap: swap, MemoryReservation: reservation } = resources;
  // The kernel takes -1 as the default.
  if (resources.MemorySwappiness === -1) resources.MemorySwappiness = undefined;
  const swappiness = resources.MemorySwappiness;
  if (memory !== 0 && memory < minMemoryBytes) refuse('Minimum memory limit allowed is 6MB');
  if (memory > 0 && swap > 0 && swap < memory)
    refuse('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (memory === 0 && swap > 0 && !update)
    refuse('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (swappiness !== undefined && (swappiness < 0 || swappiness > 100))
    refuse(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  if (reservation > 0 && reservation < minMemoryBytes) refuse('Minimum memory reservation allowed is 6MB');
  if (memory > 0 && reservation > 0 && memory < reservation)
    refuse('Minimum memory limit can not be less than memory reservation limit, see usage');
}

function checkProcessors(resources: Resources, processors: number): void {
  const { NanoCpus: nano, CpuPeriod: period, CpuQuota: quota } = resources;
  if (nano > 0 && period > 0) refuse('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nano > 0 && quota > 0) refuse('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (nano !== 0 && (nano < 0 || nano > processors * 1e9))
    refuse(`range of CPUs is from 0.01 to ${processors}.00, as there are only ${processors} CPUs available`);
  if (period !== 0 && (period < 1000 || period > 1_000_000))
    refuse('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  if (quota > 0 && quota < 1000) refuse('CPU cfs quota can not be less than 1ms (i.e. 1000)');
}

/** Checks a list such as `0-2,4` against the `count` of devices on the host. */
function checkSet(text: string, count: number, what: string, plural: string): void {
  if (text === '') return;
  for (const part of text.split(',')) {
    const [first = '', last = first] = part.split('-', 2);
    if (!/^\d+$/.test(first) || !/^\d+$/.test(last) || Number(first) > Number(last) || Number(last) > 8191)
      refuse(`Invalid value ${text} for ${what}: invalid format: ${part}`);
    if (Number(last) >= count) {
      const available = count === 1 ? '0' : `0-${count - 1}`;
      refuse(`Requested ${plural} are not available - requested ${text}, available: ${available}`);
    }
  }
}
