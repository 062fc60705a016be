import type { ContainerLogOptions } from '../../engine/containers/logs/logs.js';
import type { Context } from '../../engine/context.js';
import { type ServiceSpec, serviceSpecType } from '../../engine/swarm/service-spec.js';
import {
  createService,
  inspectService,
  listServices,
  removeService,
  updateService,
} from '../../engine/swarm/services.js';
import { serviceLogs, type TaskLogs, taskLogs } from '../../engine/swarm/task-logs.js';
import { inspectTask, listTasks } from '../../engine/swarm/tasks.js';
import { isAtLeast } from '../../engine/versions.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { zero } from '../../support/go/json/decode.js';
import { atoi } from '../../support/go/strconv.js';
import { renderLog } from '../container-logs.js';
import { readJson } from '../json-body.js';
import { merge } from '../merge-streams.js';
import type { DescribedHandlers, OperationRequest, RecordsResult } from '../operation.js';
import { multiplexedStream, rawStream } from '../streams.js';
import { filtersOf, readFlag, readVersion } from '../swarm-parameters.js';
import { timeOf } from './container-io.js';

const refused = (why: string): AttestdError => new AttestdError('INVALID_ARGUMENT', why);

const readSpec = (request: OperationRequest): Promise<ServiceSpec> =>
  readJson(request, serviceSpecType, () => zero(serviceSpecType) as ServiceSpec);

/** How many entries are wanted of each task; undefined for all. */
function tailOf(text: string): number | undefined {
  if (text === '' || text === 'all') return undefined;
  let tail: number;
  try {
    tail = atoi(text);
  } catch (error) {
    const why = 'tail value must be a positive integer or "all"';
    throw new AttestdError('INTERNAL', why, { cause: error });
  }
  if (tail < 0) throw new AttestdError('INTERNAL', 'negative tail values not supported');
  return tail;
}

async function logs(
  request: OperationRequest<'ServiceLogs'> | OperationRequest<'TaskLogs'>,
  context: Context,
  read: (context: Context, id: string, options: ContainerLogOptions, signal: AbortSignal) => TaskLogs,
): Promise<RecordsResult> {
  const { stdout, stderr, follow, details, timestamps, tail } = await request.query();
  const since = (await request.form()).get('since');
  if (!stdout && !stderr) throw refused("must specify at least one of 'stdout' or 'stderr'");
  context.swarm.manager();
  const options = { stdout, stderr, since: timeOf(since, 'since'), tail: tailOf(tail), follow };
  const found = read(context, request.params.id, options, request.signal);
  const multiplexed = !found.tty;
  const rendered = async function* (): AsyncGenerator<AsyncIterable<Uint8Array>> {
    for await (const { entries, attributes } of found.logs)
      yield renderLog(entries, { multiplexed, timestamps, attributes: details ? attributes : undefined });
  };
  const contentType = multiplexed && isAtLeast(request.apiVersion, '1.42') ? multiplexedStream : rawStream;
  return { kind: 'records', contentType, records: merge(rendered()), early: true };
}

/** Operations on the services of a swarm and their tasks (docs/reference/behavior/services.md#services-of-a-swarm). */
export const handlers = {
  async ServiceList(request, context) {
    const filters = await filtersOf(request);
    return { kind: 'json', value: listServices(context, filters, await readFlag(request, 'status', true)) };
  },

  async ServiceCreate(request, context) {
    return { kind: 'json', status: 201, value: createService(context, await readSpec(request)) };
  },

  async ServiceInspect(request, context) {
    const defaults = await readFlag(request, 'insertDefaults', true);
    return { kind: 'json', value: inspectService(context, request.params.id, defaults) };
  },

  ServiceDelete(request, context) {
    removeService(context, request.params.id);
    return { kind: 'empty' };
  },

  async ServiceUpdate(request, context) {
    const spec = await readSpec(request);
    const { rollback } = await request.query();
    // The description's default of `registryAuthFrom` is not the empty text that dockerd takes.
    const registryAuthFrom = (await request.form()).get('registryAuthFrom');
    const wanted = { version: await readVersion(request, 'service', true), rollback, registryAuthFrom };
    return { kind: 'json', value: updateService(context, request.params.id, spec, wanted) };
  },

  ServiceLogs: (request, context) => logs(request, context, serviceLogs),

  async TaskList(request, context) {
    const filters = await filtersOf(request);
    return { kind: 'json', value: listTasks(context, filters) };
  },

  TaskInspect(request, context) {
    return { kind: 'json', value: inspectTask(context, request.params.id) };
  },

  TaskLogs: (request, context) => logs(request, context, taskLogs),
} satisfies DescribedHandlers;
