import { totalmem } from 'node:os';
import { type JsonObject, jsonRecord } from '../../support/go/json.js';
import { formatGoTime } from '../../support/go/rfc3339.js';
import type { Sandbox } from '../../support/sandbox/types.js';
import type { Context } from '../context.js';
import { processorCount } from '../processors.js';
import type { Container } from './container.js';

/** Options of a statistics request. */
export interface StatsOptions {
  /** Go on, a record a second. */
  readonly stream: boolean;
  /** Whether to return one sample without a previous one. Ignored for a stream. */
  readonly oneShot: boolean;
}

/** Milliseconds between two samples. */
const interval = 1000;
const never = '0001-01-01T00:00:00Z';
/** No limit, as the kernel's control groups write it. */
const unlimited = 9_223_372_036_854_771_712n;
const pageSize = 4096;
/** Milliseconds of processor time that the host used before the container was created. */
const workedBefore = 4_800_000;
/** Nanoseconds of a clock tick, the kernel's unit of user and kernel time. */
const tick = 10_000_000n;
/** Initial traffic of a container's interface: the packets of its setup. */
const interfaceBytes = 1006;
const interfacePackets = 13;

const noCpu: JsonObject = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};
const blkio = [
  'io_service_bytes',
  'io_serviced',
  'io_queue',
  'io_service_time',
  'io_wait_time',
  'io_merged',
  'io_time',
];
const blkioOf = (value: readonly never[] | null): JsonObject =>
  Object.fromEntries([...blkio.map((name) => `${name}_recursive`), 'sectors_recursive'].map((name) => [name, value]));

/** The most memory that a sandbox was seen to use. */
const peaks = new WeakMap<Sandbox, number>();

/** One look at a container. */
interface Sample {
  readonly read: string;
  readonly cpu: JsonObject;
  readonly body: JsonObject;
}

/**
 * `GET /containers/{id}/stats` (docs/reference/behavior/containers.md#container-stats). The figures are simulated but
 * plausible, and counters only grow.
 *
 * @param signal aborts when the client disconnects
 * @returns JSON records, one per line
 * @throws NOT_FOUND
 */
export function containerStats(
  context: Context,
  name: string,
  options: StatsOptions,
  signal: AbortSignal,
): AsyncIterable<string> {
  const container = context.containers.resolve(name);
  return options.stream ? stream(context, container, signal) : single(context, container, options, signal);
}

async function* single(
  context: Context,
  container: Container,
  { oneShot }: StatsOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const first = sample(context, container);
  if (first === undefined || oneShot) {
    yield record(container, first, undefined);
    return;
  }
  await pause(context, signal);
  yield record(container, sample(context, container), first);
}

async function* stream(context: Context, container: Container, signal: AbortSignal): AsyncGenerator<string> {
  let last: Sample | undefined;
  while (!signal.aborted && !container.state.removed) {
    const now = sample(context, container);
    yield record(container, now, last);
    last = now;
    await pause(context, signal);
  }
}

function pause({ timers: time }: Context, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = time.after(interval, done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

function record(container: Container, now: Sample | undefined, last: Sample | undefined): string {
  const { id, name } = container;
  const empty = { memory_stats: {}, pids_stats: {}, blkio_stats: blkioOf(null) };
  const line = jsonRecord({
    id,
    name,
    os_type: 'linux',
    read: now?.read ?? never,
    cpu_stats: now?.cpu ?? noCpu,
    ...(now?.body ?? empty),
    num_procs: 0,
    storage_stats: {},
    preread: last?.read ?? never,
    precpu_stats: last?.cpu ?? noCpu,
    networks: now === undefined ? undefined : networksOf(container),
  });
  return `${line}\n`;
}

/** Undefined if the container is stopped. */
function sample(context: Context, container: Container): Sample | undefined {
  const { sandbox, state, hostConfig } = container;
  if (sandbox === undefined || state.restarting) return undefined;
  const now = context.timers.now();
  const { cpu, memory, pids } = sandbox.usage();
  const most = Math.max(memory, peaks.get(sandbox) ?? 0);
  peaks.set(sandbox, most);
  const limit = hostConfig.PidsLimit;
  return {
    read: formatGoTime(new Date(now)),
    cpu: cpuStats(cpu, now - container.createdAt),
    body: {
      memory_stats: memoryStats(memory, most, cpu, hostConfig.Memory),
      pids_stats: { current: pids, limit: limit && limit > 0 ? limit : undefined },
      blkio_stats: blkioOf([]),
    },
  };
}

/** @param age milliseconds since the container was made */
function cpuStats(used: bigint, age: number): JsonObject {
  const count = processorCount();
  const share = used / BigInt(count);
  const each = Array.from({ length: count }, (_, at) => (at === 0 ? used - share * BigInt(count - 1) : share));
  return {
    cpu_usage: {
      total_usage: used,
      percpu_usage: each,
      usage_in_kernelmode: (used / 3n / tick) * tick,
      usage_in_usermode: (used / 2n / tick) * tick,
    },
    system_cpu_usage: BigInt(Math.round((workedBefore + age) * count)) * 1_000_000n,
    online_cpus: count,
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  };
}

function memoryStats(usage: number, most: number, cpu: bigint, memory: number): JsonObject {
  const pages = Math.ceil(usage / pageSize);
  // Page-in and page-out counters grow with the processor time.
  const turned = 1000 + Number(cpu / 1_000_000n);
  const bound = memory > 0 ? BigInt(memory) : unlimited;
  const rss = pages * pageSize;
  const own = {
    active_anon: pageSize,
    active_file: 0,
    cache: 0,
    dirty: 0,
    inactive_anon: Math.max(0, rss - pageSize),
    inactive_file: 0,
    mapped_file: 0,
    pgfault: turned + pages,
    pgmajfault: 0,
    pgpgin: turned + pages,
    pgpgout: turned,
    rss,
    rss_huge: 0,
    unevictable: 0,
    writeback: 0,
  };
  const total = Object.fromEntries(Object.entries(own).map(([name, value]) => [`total_${name}`, value]));
  const all = { ...own, ...total, hierarchical_memory_limit: bound, hierarchical_memsw_limit: bound };
  return {
    usage,
    max_usage: most,
    stats: Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))),
    limit: memory > 0 ? memory : totalmem(),
  };
}

/** Traffic of the interfaces. Undefined without interfaces and on the host network. */
function networksOf({ networks }: Container): JsonObject | undefined {
  const count = [...networks.keys()].filter((name) => name !== 'none' && name !== 'host').length;
  if (count === 0) return undefined;
  const seen = { rx_bytes: interfaceBytes, rx_packets: interfacePackets, rx_errors: 0, rx_dropped: 0 };
  const sent = { tx_bytes: 126, tx_packets: 3, tx_errors: 0, tx_dropped: 0 };
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`eth${at}`, { ...seen, ...sent }]));
}
