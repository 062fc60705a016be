import { AttestdError } from '../../errors.js';
import { parseBool } from '../../go/strconv.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, flagOf, matchesPairs, valuesOf } from '../filters.js';
import { patternFilter } from '../pattern.js';
import { noManager } from '../swarm/membership.js';
import { isAtLeast } from '../versions.js';
import type { AnswerOf } from '../wire.js';
import { type CreateVolumeRequest, isAnonymous, type Volume, volumeObject } from './store.js';

/**
 * `GET /volumes` (docs/behaviour.md#volumes).
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
  return volumeObject(context.volumes.get(name));
}

/**
 * `POST /volumes/create`.
 *
 * @throws UNAVAILABLE for a cluster's volume, which needs a swarm; what the store throws
 */
export function createVolume(
  context: Context,
  request: CreateVolumeRequest,
  apiVersion: string,
): AnswerOf<'VolumeCreate'> {
  if (request.ClusterVolumeSpec !== undefined && isAtLeast(apiVersion, '1.42')) throw noManager();
  return volumeObject(context.volumes.create(request));
}

/**
 * `DELETE /volumes/{name}`.
 *
 * @param force whether one that is not there is as good as removed
 * @throws NOT_FOUND; CONFLICT when a container uses it
 */
export function removeVolume(context: Context, name: string, force: boolean): void {
  if (force && context.volumes.find(name) === undefined) return;
  context.volumes.remove(context.volumes.get(name));
}

/**
 * `POST /volumes/prune`: removes what no container uses; named volumes only with `all`, or below 1.42.
 *
 * @throws INVALID_ARGUMENT for bad filters
 */
export function pruneVolumes(context: Context, filters: Filters, apiVersion: string): AnswerOf<'VolumePrune'> {
  const all = !isAtLeast(apiVersion, '1.42') || allOf(filters);
  checkKeys(filters, ['label', 'label!', 'all']);
  const doomed = context.volumes
    .list()
    .filter(({ users, options }) => users.size === 0 && Object.keys(options ?? {}).length === 0)
    .filter((volume) => (all || isAnonymous(volume)) && hasLabels(filters, volume));
  let reclaimed = 0;
  for (const volume of doomed) {
    reclaimed += volume.fileSystem.usage().root;
    context.volumes.remove(volume);
  }
  context.events.log('volume', 'prune', { id: '', attributes: { reclaimed: String(reclaimed) } });
  return { VolumesDeleted: doomed.map(({ name }) => name), SpaceReclaimed: reclaimed };
}

function allOf(filters: Filters): boolean {
  const values = valuesOf(filters, 'all');
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
