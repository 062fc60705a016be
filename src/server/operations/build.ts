import { pruneBuildCache } from '../../engine/build/prune.js';
import { parseFilters } from '../../engine/filters.js';
import { AttestdError } from '../../errors.js';
import { atoi } from '../../go/strconv.js';
import type { Form } from '../form.js';
import type { OperationHandlers } from '../operation.js';

/** A number of bytes of the query; anything else is refused by name. */
function bytes(form: Form, name: string): void {
  const text = form.get(name);
  try {
    if (text !== '') atoi(text);
  } catch (error) {
    const why = `${name} is in bytes and expects an integer, got ${text}: ${(error as Error).message}`;
    throw new AttestdError('INVALID_ARGUMENT', why, { cause: error });
  }
}

/** Builder operations (docs/behaviour.md#the-classic-builder). */
export const handlers: OperationHandlers = {
  async BuildPrune(request, context) {
    const form = await request.form();
    const filters = parseFilters(form.get('filters'));
    for (const name of ['keep-storage', 'reserved-space', 'max-used-space', 'min-free-space']) bytes(form, name);
    return { kind: 'json', value: pruneBuildCache(context, filters) };
  },
};
