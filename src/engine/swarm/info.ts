import type { SystemInfo } from '../../support/foundation/types.js';
import type { Context } from '../context.js';
import type { Wire } from '../wire.js';
import { clusterObject } from './cluster.js';

/** Returns the swarm section of `/info`. */
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
