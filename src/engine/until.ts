import { AttestdError } from '../support/foundation/errors.js';
import type { Context } from './context.js';
import { type Filters, valuesOf } from './filters.js';
import { parseTime } from './timestamps.js';

/**
 * The filter `until` of a prune.
 *
 * @returns milliseconds since 1970 before which a thing must have been made; undefined without the filter
 * @throws INVALID_ARGUMENT for several values, or one that is no time
 */
export function untilFilter(context: Context, filters: Filters): number | undefined {
  if (!filters.has('until')) return undefined;
  const [text, ...more] = valuesOf(filters, 'until');
  if (text === undefined || more.length > 0)
    throw new AttestdError('INVALID_ARGUMENT', 'more than one until filter specified');
  return Number(parseTime(text, context.clock()) / 1_000_000n);
}
