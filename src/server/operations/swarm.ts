import { parseFilters } from '../../engine/filters.js';
import {
  foundingTypes,
  foundSwarm,
  type InitRequest,
  type JoinRequest,
  joinSwarm,
} from '../../engine/swarm/founding.js';
import { type SwarmSpec, swarmSpecType } from '../../engine/swarm/spec.js';
import { inspectSwarm, leaveSwarm, unlockKey, unlockSwarm, updateSwarm } from '../../engine/swarm/swarm.js';
import { AttestdError } from '../../errors.js';
import { zero } from '../../go/json/decode.js';
import { type GoType, pointer, struct } from '../../go/json.js';
import { readJson } from '../json-body.js';
import type { OperationHandler, OperationHandlers, OperationRequest } from '../operation.js';
import { readFlag, readVersion } from '../swarm-parameters.js';

/** What a daemon looks at before it finds that it manages no swarm, each throwing what is wrong with the request. */
type Check = (request: OperationRequest) => Promise<unknown>;

function refuse(why: string): never {
  throw new AttestdError('INVALID_ARGUMENT', why);
}

/** An operation that needs a manager; the checks come first, in their order. */
function managed(...checks: readonly Check[]): OperationHandler {
  return async (request, context) => {
    for (const check of checks) await check(request);
    context.swarm.manager();
    throw new AttestdError('NOT_IMPLEMENTED', `the simulated swarm has no ${request.operationId}`);
  };
}

const filters: Check = async (request) => parseFilters((await request.form()).get('filters'));

const anything: GoType<unknown> = pointer(struct<object>('swarm.Spec', {}));
const body: Check = (request) => readJson(request, anything, () => undefined);

/** A check of a flag that must be one. */
const flag =
  (name: string): Check =>
  (request) =>
    readFlag(request, name, true);

/** A check of the version of the object that an update begins with. */
const version =
  (what: string): Check =>
  (request) =>
    readVersion(request, what, true);

const streams: Check = async (request) => {
  const form = await request.form();
  if (!form.flag('stdout') && !form.flag('stderr')) refuse("must specify at least one of 'stdout' or 'stderr'");
};

const { init, join } = foundingTypes;

/** Operations on a swarm and what it holds: the daemon is in none (docs/behaviour.md#a-swarm). */
export const handlers: OperationHandlers = {
  SwarmInspect: (_request, context) => ({ kind: 'json', value: inspectSwarm(context) }),
  async SwarmInit(request, context) {
    const wanted = await readJson(request, init, () => zero(init) as InitRequest);
    return { kind: 'json', value: foundSwarm(context, wanted) };
  },
  async SwarmJoin(request, context) {
    return joinSwarm(context, await readJson(request, join, () => zero(join) as JoinRequest));
  },
  async SwarmLeave(request, context) {
    leaveSwarm(context, (await request.form()).flag('force'));
    return { kind: 'empty' };
  },
  async SwarmUpdate(request, context) {
    const spec = await readJson(request, swarmSpecType, () => zero(swarmSpecType) as SwarmSpec);
    const version = await readVersion(request, 'swarm', true);
    const worker = await readFlag(request, 'rotateWorkerToken', false);
    const manager = await readFlag(request, 'rotateManagerToken', false);
    const unlockKey = await readFlag(request, 'rotateManagerUnlockKey', false);
    updateSwarm(context, version, spec, { worker, manager, unlockKey });
    return { kind: 'empty' };
  },
  SwarmUnlockkey: (_request, context) => ({ kind: 'json', value: unlockKey(context) }),
  async SwarmUnlock(request, context) {
    await body(request);
    return unlockSwarm(context);
  },
  ServiceList: managed(filters, flag('status')),
  ServiceCreate: managed(body),
  ServiceInspect: managed(flag('insertDefaults')),
  ServiceDelete: managed(),
  ServiceUpdate: managed(body, version('service')),
  ServiceLogs: managed(streams),
  TaskList: managed(filters),
  TaskInspect: managed(),
  TaskLogs: managed(streams),
};
