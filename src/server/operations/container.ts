import { parseFilters } from '../../engine/filters.js';
import { AttestdError } from '../../errors.js';
import type { OperationHandlers } from '../operation.js';

/**
 * What can be said of containers without having any, as `/info` and `/system/df` say too. `docker inspect NAME` asks for
 * a container of that name before it asks for an image.
 */
export const handlers: OperationHandlers = {
  async ContainerList(request) {
    parseFilters((await request.form()).get('filters'));
    return { kind: 'json', value: [] };
  },

  ContainerInspect(request) {
    throw new AttestdError('NOT_FOUND', `No such container: ${request.params.id ?? ''}`);
  },
};
