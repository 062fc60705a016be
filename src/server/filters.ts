import type { Filters } from '../engine/filters.js';
import { AttestdError } from '../support/foundation/errors.js';

/**
 * Refuse filters that an operation does not know.
 *
 * @throws AttestdError INVALID_ARGUMENT with the daemon's text
 */
export function checkFilters(filters: Filters, known: readonly string[]): void {
  for (const name of filters.keys())
    if (!known.includes(name)) throw new AttestdError('INVALID_ARGUMENT', `invalid filter '${name}'`);
}
