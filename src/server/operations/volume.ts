import { parseFilters } from '../../engine/filters.js';
import type { OperationHandlers } from '../operation.js';

/** Volume operations: the server has none, so that the list is what a daemon without volumes has (topics/system). */
export const handlers: OperationHandlers = {
  async VolumeList(request) {
    parseFilters((await request.form()).get('filters'));
    return { kind: 'json', value: { Volumes: [], Warnings: null } };
  },
};
