import { AttestdError } from '../../support/foundation/errors.js';

/** Returns a manager's error for invalid input. */
export const invalid = (reason: string): AttestdError =>
  new AttestdError('INVALID_ARGUMENT', `rpc error: code = InvalidArgument desc = ${reason}`);
