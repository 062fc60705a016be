import { parseFilters } from '../../engine/filters.js';
import {
  foundingTypes,
  foundSwarm,
  type InitRequest,
  type JoinRequest,
  joinSwarm,
} from '../../engine/swarm/founding.js';
import { inspectSwarm, leaveSwarm } from '../../engine/swarm/swarm.js';
import { AttestdError } from '../../errors.js';
import { zero } from '../../go/json/decode.js';
import { type GoType, pointer, struct } from '../../go/json.js';
import { parseBool, parseUnsigned } from '../../go/strconv.js';
import { readJson } from '../json-body.js';
import type { OperationHandler, OperationHandlers, OperationRequest } from '../operation.js';

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

/** A flag that must be one when it is there. */
const flag =
  (name: string, explain: boolean): Check =>
  async (request) => {
    const text = (await request.form()).get(name);
    try {
      if (text !== '') parseBool(text);
    } catch (error) {
      refuse(`invalid value for ${name}: ${text}${explain ? `: ${(error as Error).message}` : ''}`);
    }
  };

/** The version of the object that an update begins with. */
const version =
  (what: string, explain: boolean): Check =>
  async (request) => {
    const text = (await request.form()).get('version');
    try {
      parseUnsigned(text);
    } catch (error) {
      refuse(explain ? `invalid ${what} version '${text}': ${(error as Error).message}` : `invalid ${what} version`);
    }
  };

const streams: Check = async (request) => {
  const form = await request.form();
  if (!form.flag('stdout') && !form.flag('stderr')) refuse("must specify at least one of 'stdout' or 'stderr'");
};

const { init, join } = foundingTypes;

/** Operations on a swarm and what it holds: the daemon is in none (docs/behaviour.md#a-daemon-without-a-swarm). */
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
  SwarmUpdate: managed(
    body,
    version('swarm', true),
    flag('rotateWorkerToken', false),
    flag('rotateManagerToken', false),
    flag('rotateManagerUnlockKey', false),
  ),
  SwarmUnlockkey: managed(),
  SwarmUnlock: managed(body),
  NodeList: managed(filters),
  NodeInspect: managed(),
  NodeDelete: managed(),
  NodeUpdate: managed(body, version('node', true)),
  ServiceList: managed(filters, flag('status', true)),
  ServiceCreate: managed(body),
  ServiceInspect: managed(flag('insertDefaults', true)),
  ServiceDelete: managed(),
  ServiceUpdate: managed(body, version('service', true)),
  ServiceLogs: managed(streams),
  TaskList: managed(filters),
  TaskInspect: managed(),
  TaskLogs: managed(streams),
  SecretList: managed(filters),
  SecretCreate: managed(body),
  SecretInspect: managed(),
  SecretDelete: managed(),
  SecretUpdate: managed(body, version('secret', false)),
  ConfigList: managed(filters),
  ConfigCreate: managed(body),
  ConfigInspect: managed(),
  ConfigDelete: managed(),
  ConfigUpdate: managed(body, version('config', false)),
};
