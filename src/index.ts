/** What every part of the package shares: the error class, the types of the Engine API, the versions. Loads nothing else. */
import { packageVersion } from './support/foundation/package-files.js';

export { currentRelease, type Release } from './engine/release.js';
export { AttestdError, type ErrorCode, errorKinds } from './support/foundation/errors.js';
export type * from './support/foundation/types.js';

/** The version of this package. */
export const version: string = packageVersion();
