import { type InitRequest, initSwarm, initTypes, type JoinRequest, joinSwarm } from '../../engine/swarm/init-join.js';
import { type SwarmSpec, swarmSpecType } from '../../engine/swarm/spec.js';
import { inspectSwarm, leaveSwarm, unlockKey, unlockSwarm, updateSwarm } from '../../engine/swarm/swarm.js';
import { zero } from '../../support/go/json/decode.js';
import { type GoType, pointer, struct } from '../../support/go/json.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers } from '../operation.js';
import { readFlag, readVersion } from '../swarm-parameters.js';

const anything: GoType<unknown> = pointer(struct<object>('swarm.Spec', {}));

const { init, join } = initTypes;

/** Operations on a swarm and what it holds: the daemon is in none (docs/reference/behavior/swarm.md#swarm-settings). */
export const handlers = {
  SwarmInspect: (_request, context) => ({ kind: 'json', value: inspectSwarm(context) }),
  async SwarmInit(request, context) {
    const wanted = await readJson(request, init, () => zero(init) as InitRequest);
    return { kind: 'json', value: initSwarm(context, wanted) };
  },
  async SwarmJoin(request, context) {
    return joinSwarm(context, await readJson(request, join, () => zero(join) as JoinRequest));
  },
  async SwarmLeave(request, context) {
    leaveSwarm(context, (await request.query()).force);
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
    await readJson(request, anything, () => undefined);
    return unlockSwarm(context);
  },
} satisfies DescribedHandlers;
