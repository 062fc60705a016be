import { at } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';

const MiB = 1 << 20;

const stats = containers(
  {
    operationId: 'ContainerStats',
    pointer: operationPointer('GET', '/containers/{id}/stats'),
    features: ['containers', 'statistics', 'limits'],
  },
  [
    {
      id: 'memory-limit',
      title: 'memory_stats.limit is the memory limit of the container',
      pointer: '/definitions/ContainerMemoryStats',
      why: 'Monitors show use in percent of it.',
      async check(d) {
        const { id } = await d.running({ HostConfig: { Memory: 64 * MiB } });
        const found = (await d.api.get(at(id, '/stats'), { query: { stream: '0', 'one-shot': '1' } }))
          .status(200)
          .json();
        found.at('memory_stats', 'limit').is(64 * MiB);
        const usage = found.at('memory_stats', 'usage').number();
        demand(usage > 0 && usage <= 64 * MiB, 'memory_stats.usage', 'more than 0, up to the limit', usage);
      },
    },
    {
      id: 'processors',
      title: 'cpu_stats has the number of processors, and the times of container and system',
      pointer: '/definitions/ContainerCPUStats',
      why: 'The use in percent is computed from them.',
      async check(d) {
        const { id } = await d.ran(['true']);
        await d.start(id);
        const running = await d.running({ Cmd: ['sh', '-c', 'seq 200000 > /tmp/n; sleep 600'] });
        const query = { stream: '0', 'one-shot': '1' };
        const found = (await d.api.get(at(running.id, '/stats'), { query })).status(200).json().at('cpu_stats');
        const processors = (await d.api.get('/info')).status(200).json().at('NCPU').number();
        found.at('online_cpus').is(processors);
        const [own, system] = [found.at('cpu_usage', 'total_usage').number(), found.at('system_cpu_usage').number()];
        demand(own > 0 && system > own, 'total_usage and system_cpu_usage', 'the first below the second', [
          own,
          system,
        ]);
      },
    },
    {
      id: 'processes',
      title: 'pids_stats.current is the number of processes, and limit the bound',
      pointer: '/definitions/ContainerPidsStats',
      why: 'Monitors warn before the bound is reached.',
      async check(d) {
        const { id } = await d.running({ Cmd: ['sh', '-c', 'sleep 600 & sleep 600'], HostConfig: { PidsLimit: 77 } });
        const query = { stream: '0', 'one-shot': '1' };
        const found = (await d.api.get(at(id, '/stats'), { query })).status(200).json().at('pids_stats');
        found.at('limit').is(77);
        const current = found.at('current').number();
        demand(current >= 1 && current <= 77, 'pids_stats.current', '1 to 77', current);
      },
    },
  ],
);

const limits = containers(
  {
    operationId: 'ContainerUpdate',
    pointer: operationPointer('POST', '/containers/{id}/update'),
    features: ['containers', 'limits'],
  },
  [
    {
      id: 'memory-alone',
      title: 'an update of the memory alone leaves swap, reservation, shares and restart policy',
      pointer: '/definitions/Resources',
      why: 'Tools change one bound of a running service.',
      async check(d) {
        const RestartPolicy = { Name: 'on-failure', MaximumRetryCount: 3 };
        const HostConfig = {
          Memory: 128 * MiB,
          MemorySwap: 512 * MiB,
          MemoryReservation: 32 * MiB,
          CpuShares: 512,
          RestartPolicy,
        };
        const { id } = await d.create({ HostConfig });
        const before = (await d.inspect(id)).at('HostConfig');
        (await d.post(at(id, '/update'), { Memory: 96 * MiB })).status(200);
        const after = (await d.inspect(id)).at('HostConfig');
        after.at('Memory').is(96 * MiB);
        for (const member of ['MemorySwap', 'MemoryReservation', 'CpuShares', 'RestartPolicy', 'NanoCpus'])
          after.at(member).is(before.at(member).value);
      },
    },
    {
      id: 'shares-alone',
      title: 'an update of the processor shares alone leaves the memory',
      pointer: '/definitions/Resources',
      why: 'Tools change one bound of a running service.',
      async check(d) {
        const { id } = await d.create({ HostConfig: { Memory: 128 * MiB, CpuShares: 512 } });
        const before = (await d.inspect(id)).at('HostConfig');
        (await d.post(at(id, '/update'), { CpuShares: 256 })).status(200);
        const after = (await d.inspect(id)).at('HostConfig');
        after.at('CpuShares').is(256);
        for (const member of ['Memory', 'MemorySwap', 'RestartPolicy']) after.at(member).is(before.at(member).value);
      },
    },
  ],
);

const swap = containers(
  {
    operationId: 'ContainerCreate',
    pointer: operationPointer('POST', '/containers/create'),
    features: ['containers', 'limits'],
  },
  [
    {
      id: 'host-memory-swap-default',
      title: 'with a memory limit alone the swap limit is twice the memory, or -1 where swap cannot be limited',
      pointer: '/definitions/Resources',
      observed: true,
      why: 'A container without a swap limit fills the disk.',
      async check(d) {
        const { id } = await d.create({ HostConfig: { Memory: 64 * MiB } });
        const swapLimit = (await d.inspect(id)).at('HostConfig', 'MemorySwap').number();
        const canLimit = (await d.api.get('/info')).status(200).json().at('SwapLimit').value;
        same(swapLimit, canLimit === true ? 128 * MiB : -1, 'HostConfig.MemorySwap');
      },
    },
  ],
);

/** Numbers of statistics, and limits. */
export const numbers: readonly Requirement[] = [...stats, ...limits, ...swap];
