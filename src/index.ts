/** What every part of the package shares: the error class, the types of the Engine API, the versions. Loads nothing else. */
import { packageVersion } from './package.js';

export { currentRelease, type Release } from './engine/release.js';
export { AttestdError, type ErrorCode, errorKinds } from './errors.js';
export type * from './types.js';

/** The version of this package. */
export const version: string = packageVersion();
