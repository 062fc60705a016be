import { AttestdError } from '../../support/foundation/errors.js';

/** What a manager says of something that cannot be. */
export const invalid = (reason: string): AttestdError =>
  new AttestdError('INVALID_ARGUMENT', `rpc error: code = InvalidArgument desc = ${reason}`);
