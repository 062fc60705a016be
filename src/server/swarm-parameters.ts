import { type Filters, parseFilters } from '../engine/filters.js';
import { AttestdError } from '../support/foundation/errors.js';
import { parseBool, parseUnsigned } from '../support/go/strconv.js';
import type { OperationRequest } from './operation.js';

/** The filters of a request. @throws INVALID_ARGUMENT */
export const filtersOf = async (request: OperationRequest): Promise<Filters> =>
  parseFilters((await request.form()).get('filters'));

/**
 * A flag that must be a truth value when it is there.
 *
 * @param explain whether the error says why it is none
 * @throws INVALID_ARGUMENT
 */
export async function readFlag(request: OperationRequest, name: string, explain: boolean): Promise<boolean> {
  const text = (await request.form()).get(name);
  if (text === '') return false;
  try {
    return parseBool(text);
  } catch (error) {
    const why = `invalid value for ${name}: ${text}${explain ? `: ${(error as Error).message}` : ''}`;
    throw new AttestdError('INVALID_ARGUMENT', why, { cause: error });
  }
}

/**
 * The index of the thing that an update is meant for.
 *
 * @param explain whether the error says why it is none
 * @returns exact up to 2^53, which no index comes to
 * @throws INVALID_ARGUMENT
 */
export async function readVersion(request: OperationRequest, what: string, explain: boolean): Promise<number> {
  const text = (await request.form()).get('version');
  try {
    return Number(parseUnsigned(text));
  } catch (error) {
    const why = explain ? `invalid ${what} version '${text}': ${(error as Error).message}` : `invalid ${what} version`;
    throw new AttestdError('INVALID_ARGUMENT', why, { cause: error });
  }
}
