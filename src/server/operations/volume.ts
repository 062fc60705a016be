import { type Filters, parseFilters } from '../../engine/filters.js';
import {
  createVolume,
  inspectVolume,
  listVolumes,
  pruneVolumes,
  removeVolume,
  updateVolume,
} from '../../engine/volumes/operations.js';
import { createVolumeType } from '../../engine/volumes/store.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers } from '../operation.js';
import { readVersion } from '../swarm-parameters.js';

function readFilters(text: string): Filters {
  try {
    return parseFilters(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttestdError('INVALID_ARGUMENT', `error reading volume filters: ${reason}`, { cause });
  }
}

/** Volume operations (docs/reference/behavior/files.md#volumes). */
export const handlers = {
  async VolumeList(request, context) {
    const filters = readFilters((await request.query()).filters);
    return { kind: 'json', value: await listVolumes(context, filters) };
  },

  async VolumeCreate(request, context) {
    const wanted = await readJson(request, createVolumeType, () => ({}));
    return { kind: 'json', status: 201, value: createVolume(context, wanted, request.apiVersion) };
  },

  VolumeInspect: (request, context) => ({ kind: 'json', value: inspectVolume(context, request.params.name) }),

  VolumeUpdate: (request, context) =>
    updateVolume(context, request.params.name, () => readVersion(request, 'swarm object', true)),

  async VolumeDelete(request, context) {
    removeVolume(context, request.params.name, (await request.query()).force);
    return { kind: 'empty', status: 204 };
  },

  async VolumePrune(request, context) {
    const filters = parseFilters((await request.query()).filters);
    return { kind: 'json', value: pruneVolumes(context, filters, request.apiVersion) };
  },
} satisfies DescribedHandlers;
