import type { OperationEntry } from '../spec/table.js';
import { AttestdError } from '../support/foundation/errors.js';
import type { OperationHandler } from './operation.js';

/**
 * What answers an operation that has no handler: nothing is made up for it.
 *
 * @returns throws AttestdError NOT_IMPLEMENTED that names the operation
 */
export function notImplemented({ method, path, operationId }: OperationEntry): OperationHandler {
  return () => {
    throw new AttestdError('NOT_IMPLEMENTED', `${method} ${path}: this server has no handler for ${operationId}`);
  };
}
