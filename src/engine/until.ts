import { AttestdError } from '../support/foundation/errors.js';
import type { Context } from './context.js';
import { type Filters, valuesOf } from './filters.js';
import { parseTime } from './timestamps.js';

/**
 * Parses the filter `until` of a prune.
 *
 * @returns milliseconds since 1970; only older objects are pruned. Undefined if the filter is not set.
 * @throws INVALID_ARGUMENT for several values or an invalid time
 */
export function untilFilter(context: Context, filters: Filters): number | undefined {
  if (!filters.has('until')) return undefined;
  const [text, ...more] = valuesOf(filters, 'until');
  if (text === undefined || more.length > 0)
    throw new AttestdError('INVALID_ARGUMENT', 'more than one until filter specified');
  return Number(parseTime(text, context.clock()) / 1_000_000n);
}
