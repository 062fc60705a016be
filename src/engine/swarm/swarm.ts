import { AttestdError } from '../../errors.js';
import type { SystemInfo } from '../../types.js';
import type { Context } from '../context.js';
import type { AnswerOf, Wire } from '../wire.js';
import { clusterObject, joinTokens } from './cluster.js';

/** `GET /swarm` (docs/behaviour.md#a-swarm). @throws UNAVAILABLE without a swarm */
export function inspectSwarm({ swarm }: Context): AnswerOf<'SwarmInspect'> {
  const { cluster } = swarm.manager();
  return { ...(clusterObject(cluster) as object), JoinTokens: joinTokens(cluster) };
}

/**
 * `POST /swarm/leave`: the last manager takes the swarm with it.
 *
 * @param force whether the daemon leaves although it is the last
 * @throws UNAVAILABLE without a swarm, and for the last manager that is not forced
 */
export function leaveSwarm({ swarm, networks }: Context, force: boolean): void {
  if (swarm.current === undefined) throw new AttestdError('UNAVAILABLE', 'This node is not part of a swarm');
  if (!force)
    throw new AttestdError(
      'UNAVAILABLE',
      'You are attempting to leave the swarm on a node that is participating as a manager. ' +
        'Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ',
    );
  swarm.leave();
  for (const network of networks.list()) if (network.scope === 'swarm') networks.remove(network);
}

/** The swarm as `/info` tells it. */
export function swarmInfo({ swarm: { current } }: Context): Wire<NonNullable<SystemInfo['Swarm']>> {
  if (current === undefined)
    return {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    };
  const { id, data } = current.node;
  return {
    NodeID: id,
    NodeAddr: data.address,
    LocalNodeState: 'active',
    ControlAvailable: true,
    Error: '',
    RemoteManagers: [{ NodeID: id, Addr: data.managerAddress }],
    Nodes: 1,
    Managers: 1,
    Cluster: clusterObject(current.cluster),
  };
}
