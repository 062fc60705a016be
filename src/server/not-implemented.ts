import { AttestdError } from '../support/foundation/errors.js';
import type { OperationHandler } from './operation.js';

/**
 * Makes the handler of an operation that has none: it throws AttestdError NOT_IMPLEMENTED with the operation's name.
 */
export function notImplemented({
  method,
  path,
  operationId,
}: Readonly<Record<'method' | 'path' | 'operationId', string>>): OperationHandler {
  return () => {
    throw new AttestdError('NOT_IMPLEMENTED', `${method} ${path}: this server has no handler for ${operationId}`);
  };
}
