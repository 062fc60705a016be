import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import type { AnswerOf } from '../wire.js';
import { newRoot } from './certificate.js';
import { type ClusterData, clusterKind, clusterObject, joinTokens, newSecret, newUnlockKey } from './cluster.js';
import { cancelAll } from './orchestrate.js';
import { serviceKind } from './service.js';
import { checkName, checkSpec, keptSpec, type SwarmSpec } from './spec.js';

/** `GET /swarm` (docs/reference/behavior/swarm.md#swarm-settings). @throws UNAVAILABLE without a swarm */
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
export function leaveSwarm(context: Context, force: boolean): void {
  const { swarm, networks } = context;
  if (swarm.current === undefined) throw new AttestdError('UNAVAILABLE', 'This node is not part of a swarm');
  if (!force)
    throw new AttestdError(
      'UNAVAILABLE',
      'You are attempting to leave the swarm on a node that is participating as a manager. ' +
        'Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ',
    );
  const services = swarm.current.store(serviceKind).list();
  swarm.leave();
  cancelAll(context, services);
  for (const network of networks.list()) if (network.scope === 'swarm') networks.remove(network);
}

/** Secrets to rotate during an update. */
export interface Rotation {
  readonly worker: boolean;
  readonly manager: boolean;
  readonly unlockKey: boolean;
}

/**
 * `POST /swarm/update`: the whole specification is replaced. Another `ForceRotate` makes another root, which a daemon's nodes come
 * to have one after the other.
 *
 * @param version the index of the swarm that the update is meant for
 * @throws UNAVAILABLE without a swarm; INVALID_ARGUMENT for what no swarm can be; INTERNAL for an older version
 */
export function updateSwarm(
  { swarm, timers: time }: Context,
  version: number,
  spec: SwarmSpec,
  rotation: Rotation,
): void {
  const manager = swarm.manager();
  const { cluster } = manager;
  checkName(spec);
  checkSpec(spec);
  const { data } = cluster;
  const locks = spec.EncryptionConfig.AutoLockManagers;
  const newKey = locks && (rotation.unlockKey || data.unlockKey === '');
  const { ForceRotate: forceRotate = 0 } = spec.CAConfig;
  const turned = forceRotate !== 0 && forceRotate !== data.spec.CAConfig.ForceRotate;
  const next: ClusterData = {
    ...data,
    spec: keptSpec(spec),
    ...(turned && { root: newRoot(time.now()) }),
    ...((rotation.worker || turned) && { workerSecret: newSecret() }),
    ...((rotation.manager || turned) && { managerSecret: newSecret() }),
    unlockKey: newKey ? newUnlockKey() : locks ? data.unlockKey : '',
  };
  manager.store(clusterKind).update(cluster, version, next);
}

/** `GET /swarm/unlockkey`: empty while managers are not locked. @throws UNAVAILABLE without a swarm */
export function unlockKey({ swarm }: Context): AnswerOf<'SwarmUnlockkey'> {
  return { UnlockKey: swarm.manager().cluster.data.unlockKey };
}

/** `POST /swarm/unlock`: no manager that answers is locked. @throws UNAVAILABLE without a swarm; CONFLICT */
export function unlockSwarm({ swarm }: Context): never {
  swarm.manager();
  throw new AttestdError('CONFLICT', 'swarm is not locked');
}
