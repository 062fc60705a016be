import { totalmem } from 'node:os';
import { AttestdError } from '../../support/foundation/errors.js';
import { goObject } from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import { sorted } from '../../support/go/sorted.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, matchesPairs, valuesOf } from '../filters.js';
import { processorCount } from '../processors.js';
import { machineName, pluginNames } from '../system/machine.js';
import type { AnswerOf } from '../wire.js';
import { tlsInfo } from './cluster.js';
import { type NodeData, type NodeSpec, nodeKind, nodeSpecType } from './node.js';
import { objectMeta, type SwarmObject } from './objects.js';
import { nodeChanged } from './orchestrate.js';

const roles = ['worker', 'manager'];
const memberships = ['pending', 'accepted'];
const availabilities = ['active', 'pause', 'drain'];
const filterKeys = ['id', 'label', 'membership', 'name', 'node.label', 'role'];

/** Returns a node in the API's form. */
function nodeObject({ host, release, swarm }: Context, node: SwarmObject<NodeData>): AnswerOf<'NodeInspect'> {
  const { spec, hostname, address, managerAddress, engineLabels } = node.data;
  const plugins = (['Log', 'Network', 'Volume'] as const).flatMap((type) =>
    pluginNames[type].map((name) => ({ Type: type, Name: name })),
  );
  return {
    ...objectMeta(node),
    Spec: goObject(spec, nodeSpecType),
    Description: {
      Hostname: hostname,
      Platform: { Architecture: machineName(host.architecture), OS: host.os },
      Resources: { NanoCPUs: processorCount() * 1e9, MemoryBytes: totalmem() },
      Engine: {
        EngineVersion: release.engine,
        Labels: Object.keys(engineLabels ?? {}).length > 0 ? sorted(engineLabels ?? {}) : undefined,
        Plugins: plugins,
      },
      TLSInfo: tlsInfo(swarm.manager().cluster.data.root),
    },
    Status: { State: 'ready', Addr: address },
    ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: managerAddress },
  };
}

/** @throws INTERNAL for a value that a filter does not have */
function checkValues(filters: Filters, key: string, known: readonly string[]): void {
  for (const value of valuesOf(filters, key))
    if (!known.includes(value.toLowerCase())) throw new AttestdError('INTERNAL', `Invalid ${key} filter: '${value}'`);
}

/**
 * `GET /nodes` (docs/reference/behavior/swarm.md#nodes).
 *
 * @throws UNAVAILABLE without a swarm; INVALID_ARGUMENT and INTERNAL for bad filters
 */
export function listNodes(context: Context, filters: Filters): AnswerOf<'NodeList'> {
  checkKeys(filters, filterKeys);
  const store = context.swarm.manager().store(nodeKind);
  const among = (key: string, text: string): boolean => {
    const values = valuesOf(filters, key);
    return values.length === 0 || values.some((value) => value.toLowerCase() === text);
  };
  const found = store.select(
    filters,
    filterKeys,
    ({ data: { spec } }) =>
      among('role', spec.Role ?? '') &&
      among('membership', 'accepted') &&
      matchesPairs(filters, 'node.label', spec.Labels ?? {}),
  );
  checkValues(filters, 'role', roles);
  checkValues(filters, 'membership', memberships);
  return found.map((node) => nodeObject(context, node));
}

/** `GET /nodes/{id}`. @throws UNAVAILABLE without a swarm; NOT_FOUND */
export function inspectNode(context: Context, term: string): AnswerOf<'NodeInspect'> {
  return nodeObject(context, context.swarm.manager().store(nodeKind).resolve(term));
}

/**
 * `POST /nodes/{id}/update`: the only node stays a manager.
 *
 * @throws UNAVAILABLE without a swarm; INVALID_ARGUMENT for what no node can be, and for a last manager that is not to be one;
 *   NOT_FOUND; INTERNAL for an older version
 */
export function updateNode(context: Context, term: string, version: number, newSpec: NodeSpec): void {
  const store = context.swarm.manager().store(nodeKind);
  const bad = (reason: string): AttestdError => new AttestdError('INVALID_ARGUMENT', reason);
  const role = newSpec.Role?.toLowerCase() ?? '';
  const availability = newSpec.Availability?.toLowerCase() ?? '';
  if (!roles.includes(role)) throw bad(`invalid Role: ${quote(newSpec.Role ?? '')}`);
  if (!availabilities.includes(availability)) throw bad(`invalid Availability: ${quote(newSpec.Availability ?? '')}`);
  const node = store.resolve(term);
  if (role === 'worker')
    throw bad('rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm');
  const { Name: name } = newSpec;
  const spec = { ...(name && { Name: name }), Labels: newSpec.Labels ?? {}, Role: role, Availability: availability };
  const before = node.data.spec.Availability;
  store.update(
    node,
    version,
    { ...node.data, spec },
    {
      ...(name && { name }),
      ...(before !== availability && { 'availability.new': availability, 'availability.old': before }),
    },
  );
  nodeChanged(context);
}

/** `DELETE /nodes/{id}`: the only node is a manager, and stays. @throws UNAVAILABLE without a swarm; NOT_FOUND; INVALID_ARGUMENT */
export function removeNode({ swarm }: Context, term: string): never {
  const { id } = swarm.manager().store(nodeKind).resolve(term);
  const reason =
    'is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal';
  throw new AttestdError('INVALID_ARGUMENT', `rpc error: code = FailedPrecondition desc = node ${id} ${reason}`);
}
