import { parseFilters } from '../../engine/filters.js';
import { AttestdError } from '../../errors.js';
import { atoi } from '../../go/strconv.js';
import { checkFilters } from '../filters.js';
import type { OperationHandlers } from '../operation.js';

const filters =
  'ancestor before exited expose health id isolation is-task label name network publish since status volume'.split(' ');

/**
 * What can be said of containers without having any, as `/info` and `/system/df` say too. `docker inspect NAME` asks for
 * a container of that name before it asks for an image.
 */
export const handlers: OperationHandlers = {
  async ContainerList(request) {
    const form = await request.form();
    checkFilters(parseFilters(form.get('filters')), filters);
    const limit = form.get('limit');
    if (limit !== '') atoi(limit);
    return { kind: 'json', value: [] };
  },

  ContainerInspect(request) {
    throw new AttestdError('NOT_FOUND', `No such container: ${request.params.id ?? ''}`);
  },
};
