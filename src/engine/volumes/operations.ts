import { AttestdError } from '../../support/foundation/errors.js';
import { parseBool } from '../../support/go/strconv.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, flagOf, matchesPairs, valuesOf } from '../filters.js';
import { patternFilter } from '../pattern.js';
import { invalid } from '../swarm/invalid.js';
import { noManager } from '../swarm/no-manager.js';
import { isAtLeast } from '../versions.js';
import type { AnswerOf } from '../wire.js';
import { type ClusterVolumeSpec, type CreateVolumeRequest, isAnonymous, type Volume, volumeObject } from './store.js';

/**
 * `GET /volumes` (docs/reference/behavior/files.md#volumes).
 *
 * @throws INVALID_ARGUMENT for bad filters
 */
export async function listVolumes(context: Context, filters: Filters): Promise<AnswerOf<'VolumeList'>> {
  checkKeys(filters, ['dangling', 'name', 'driver', 'label']);
  const drivers = valuesOf(filters, 'driver');
  const hasName = await patternFilter(filters, 'name');
  const dangling = filters.has('dangling') ? flagOf(filters, 'dangling', false) : undefined;
  const found = context.volumes
    .list()
    .filter(({ driver }) => drivers.length === 0 || drivers.includes(driver))
    .filter(({ name }) => hasName(name))
    .filter((volume) => hasLabels(filters, volume))
    .filter(({ users }) => dangling === undefined || dangling === (users.size === 0));
  return { Volumes: found.map((volume) => volumeObject(volume)), Warnings: null };
}

function hasLabels(filters: Filters, { labels = {} }: Volume): boolean {
  const unwanted = filters.get('label!')?.size ? matchesPairs(filters, 'label!', labels) : false;
  return matchesPairs(filters, 'label', labels) && !unwanted;
}

/** `GET /volumes/{name}`; errors NOT_FOUND. */
export function inspectVolume(context: Context, name: string): AnswerOf<'VolumeInspect'> {
  return volumeObject(resolve(context, name));
}

/** The volume of a name, which a swarm's may be as well, if it had any. @throws NOT_FOUND */
function resolve({ volumes, swarm }: Context, name: string): Volume {
  if (swarm.current !== undefined && volumes.find(name) === undefined) throw noVolume(name);
  return volumes.get(name);
}

const noVolume = (name: string): AttestdError => new AttestdError('NOT_FOUND', `volume ${name} not found`);

/**
 * `PUT /volumes/{name}`: only a swarm's volumes can be updated, and there are none (docs/reference/behavior/files.md#volumes).
 *
 * @param version reads the index that the update is meant for
 * @throws UNAVAILABLE without a swarm; what `version` throws; NOT_FOUND
 */
export async function updateVolume({ swarm }: Context, name: string, version: () => Promise<unknown>): Promise<never> {
  if (swarm.current === undefined)
    throw new AttestdError('UNAVAILABLE', 'volume update only valid for cluster volumes, but swarm is unavailable');
  await version();
  throw noVolume(name);
}

/**
 * `POST /volumes/create`.
 *
 * @throws UNAVAILABLE for a cluster's volume, which needs a swarm; INVALID_ARGUMENT for what none can be, and NOT_IMPLEMENTED in a swarm; what the
 *   store throws
 */
export function createVolume(
  context: Context,
  request: CreateVolumeRequest,
  apiVersion: string,
): AnswerOf<'VolumeCreate'> {
  const { ClusterVolumeSpec: spec } = request;
  if (spec !== undefined && isAtLeast(apiVersion, '1.42')) throw clusterVolumeFault(context, spec);
  return volumeObject(context.volumes.create(request));
}

/** Returns the error for a cluster volume, which this daemon's swarm does not support. */
function clusterVolumeFault({ swarm }: Context, { AccessMode: mode }: ClusterVolumeSpec): AttestdError {
  if (swarm.current === undefined) return noManager();
  if (mode === undefined) return invalid('AccessMode must not be nil');
  if (mode.MountVolume === undefined && mode.BlockVolume === undefined)
    return invalid('Volume AccessMode must specify either Mount or Block access type');
  return new AttestdError('NOT_IMPLEMENTED', 'the simulated swarm has no volumes of its own');
}

/**
 * `DELETE /volumes/{name}`.
 *
 * @param force whether one that is not there is as good as removed
 * @throws NOT_FOUND; CONFLICT when a container uses it
 */
export function removeVolume(context: Context, name: string, force: boolean): void {
  if (force && context.volumes.find(name) === undefined) return;
  context.volumes.remove(resolve(context, name));
}

/**
 * `POST /volumes/prune`: removes what no container uses; named volumes only with `all`, or below 1.42.
 *
 * @throws INVALID_ARGUMENT for bad filters
 */
export function pruneVolumes(context: Context, filters: Filters, apiVersion: string): AnswerOf<'VolumePrune'> {
  const values = valuesOf(filters, 'all');
  // Older clients prune as if the filter were set, in addition to their own filters.
  const all = allOf(isAtLeast(apiVersion, '1.42') ? values : [...new Set([...values, 'true'])]);
  checkKeys(filters, ['label', 'label!', 'all']);
  const unused = context.volumes
    .list()
    .filter(({ users, options }) => users.size === 0 && Object.keys(options ?? {}).length === 0)
    .filter((volume) => (all || isAnonymous(volume)) && hasLabels(filters, volume));
  let reclaimed = 0;
  for (const volume of unused) {
    reclaimed += volume.fileSystem.bytes();
    context.volumes.remove(volume);
  }
  context.events.log('volume', 'prune', { id: '', attributes: { reclaimed: String(reclaimed) } });
  return { VolumesDeleted: unused.map(({ name }) => name), SpaceReclaimed: reclaimed };
}

function allOf(values: readonly string[]): boolean {
  const [value] = values;
  if (values.length > 1)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `invalid filter 'all=[${values.join(' ')}]': only one value is expected`,
    );
  if (value === undefined) return false;
  try {
    return parseBool(value);
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', `invalid filter 'all': ${(error as Error).message}`, { cause: error });
  }
}
