import { type Filters, parseFilters } from '../../engine/filters.js';
import { AttestdError } from '../../errors.js';
import { checkFilters } from '../filters.js';
import type { OperationHandlers } from '../operation.js';

const known = ['dangling', 'driver', 'label', 'name'];

function readFilters(text: string): Filters {
  try {
    return parseFilters(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttestdError('INVALID_ARGUMENT', `error reading volume filters: ${reason}`, { cause });
  }
}

/**
 * Volume operations: the server has none, so that the list is what a daemon without volumes has
 * (docs/behaviour.md#the-daemon-itself).
 */
export const handlers: OperationHandlers = {
  async VolumeList(request) {
    checkFilters(readFilters((await request.form()).get('filters')), known);
    return { kind: 'json', value: { Volumes: [], Warnings: null } };
  },
};
