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
import type { DescribedHandlers, OperationRequest } from '../operation.js';
import { readVersion } from '../swarm-parameters.js';

function readFilters(text: string): Filters {
  try {
    return parseFilters(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttestdError('INVALID_ARGUMENT', `error reading volume filters: ${reason}`, { cause });
  }
}

const nameOf = (request: OperationRequest): string => request.params.name ?? '';

/** Volume operations (docs/reference/behavior/files.md#volumes). */
export const handlers: DescribedHandlers = {
  async VolumeList(request, context) {
    const filters = readFilters((await request.form()).get('filters'));
    return { kind: 'json', value: await listVolumes(context, filters) };
  },

  async VolumeCreate(request, context) {
    const wanted = await readJson(request, createVolumeType, () => ({}));
    return { kind: 'json', status: 201, value: createVolume(context, wanted, request.apiVersion) };
  },

  VolumeInspect: (request, context) => ({ kind: 'json', value: inspectVolume(context, nameOf(request)) }),

  VolumeUpdate: (request, context) =>
    updateVolume(context, nameOf(request), () => readVersion(request, 'swarm object', true)),

  async VolumeDelete(request, context) {
    removeVolume(context, nameOf(request), (await request.form()).flag('force'));
    return { kind: 'empty', status: 204 };
  },

  async VolumePrune(request, context) {
    const filters = parseFilters((await request.form()).get('filters'));
    return { kind: 'json', value: pruneVolumes(context, filters, request.apiVersion) };
  },
};
