import type { Container } from '../containers/container.js';
import type { Lineage } from '../images/lineage.js';
import type { Network } from '../networks/network.js';
import type { SwarmObject } from '../swarm/objects.js';
import type { Volume } from '../volumes/store.js';
import {
  type ContainerRecord,
  type LineageRecord,
  type NetworkRecord,
  recordVersion,
  type SwarmRecord,
  type VolumeRecord,
} from './records.js';

/** A time as records have it. */
const timeOf = (milliseconds: number | undefined): string => (milliseconds === undefined ? '' : String(milliseconds));

/** Returns the persisted form of a container. */
export function recordOfContainer(container: Container): ContainerRecord {
  const { id, name, createdAt, imageId, manifest, platform, config, hostConfig, state } = container;
  return {
    version: recordVersion,
    id,
    name,
    createdAt: timeOf(createdAt),
    imageId,
    manifest,
    platform,
    config,
    hostConfig: { ...hostConfig, Links: [...container.links].map(([alias, other]) => `${other.id}:${alias}`) },
    state: {
      running: state.running,
      oomKilled: state.oomKilled,
      dead: state.dead || state.removing,
      exitCode: state.exitCode,
      error: state.error,
      startedAt: timeOf(state.startedAt),
      finishedAt: timeOf(state.finishedAt),
      health: state.health !== undefined,
    },
    restartCount: container.restartCount,
    stoppedByHand: container.stoppedByHand,
    startedBefore: container.startedBefore,
    mounts: [...container.mountSources.values()].map(
      ({ point, volume, imageId: image = '', path, copy, implicit }) => ({
        point,
        volume: volume?.name ?? '',
        imageId: image,
        path,
        copy,
        implicit: implicit ?? false,
      }),
    ),
    networks: Object.fromEntries(container.networks),
  };
}

/**
 * Returns the persisted form of a network. Endpoints are not persisted, because no container is connected at a start.
 */
export function recordOfNetwork(network: Network): NetworkRecord {
  const { createdAt, pools, configFromPools: lent, endpoints: _endpoints, scope, ...rest } = network;
  return {
    version: recordVersion,
    ...rest,
    ...(scope !== 'local' && { scope }),
    createdAt: timeOf(createdAt),
    pools: network.configOnly ? [...lent] : pools.map(({ config }) => config),
    options: { ...rest.options },
    labels: { ...rest.labels },
  };
}

/** Returns the persisted form of a volume. */
export function recordOfVolume({ name, driver, createdAt, labels, options }: Volume): VolumeRecord {
  return { version: recordVersion, name, driver, createdAt: timeOf(createdAt), labels, options };
}

/** Returns the persisted form of a swarm object. */
export function recordOfSwarmObject<Data>(object: SwarmObject<Data>): SwarmRecord<Data> {
  const { id, index, createdAt, updatedAt, data } = object;
  return { version: recordVersion, id, index, createdAt: timeOf(createdAt), updatedAt: timeOf(updatedAt), data };
}

/** Returns the persisted form of the lineage. */
export function recordOfLineage(lineage: Lineage): LineageRecord {
  return {
    version: recordVersion,
    origins: [...lineage.entries()].map(([digest, origin]) => ({ digest, ...origin })),
    repositories: [...lineage.allRepositories()].map(([digest, names]) => ({ digest, names: [...names] })),
  };
}
