import { AttestdError } from '../../../src/support/foundation/errors.js';

/** The error with which a promise is rejected; fails when it is not. */
export async function rejected(promise: Promise<unknown>): Promise<AttestdError | Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AttestdError || error instanceof Error) return error;
    throw error;
  }
  throw new Error('was not rejected');
}
