import type { Release } from '../engine/release.js';
import { compareVersions } from '../engine/versions.js';
import { AttestdError } from '../support/foundation/errors.js';

/** Split a version prefix off a path: `/v1.55/info` is `1.55` and `/info` (docs/reference/behavior/http.md#versions). */
export function splitVersion(path: string): { version: string | undefined; rest: string } {
  const found = /^\/v([0-9.]+)(\/[\s\S]*)$/.exec(path);
  return found ? { version: found[1], rest: found[2] as string } : { version: undefined, rest: path };
}

/**
 * The API version that a request speaks (docs/reference/behavior/http.md#versions).
 *
 * @param prefix what stood after `/v` in the path; undefined without a prefix, which means the newest
 * @param release whose versions are spoken
 * @returns `major.minor`
 * @throws AttestdError INVALID_ARGUMENT for a version that the release does not speak
 */
export function negotiateVersion(prefix: string | undefined, { api, minimumApi }: Release): string {
  if (prefix === undefined || prefix === api) return api;
  if (compareVersions(prefix, minimumApi) < 0)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `client version ${prefix} is too old. Minimum supported API version is ${minimumApi}, ` +
        'please upgrade your client to a newer version',
    );
  if (compareVersions(prefix, api) > 0)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `client version ${prefix} is too new. Maximum supported API version is ${api}`,
    );
  const [major = 0, minor = 0] = prefix.split('.').map((part) => Number(part) || 0);
  return `${major}.${minor}`;
}

/** Whether a client of this version expects errors as plain text, as clients before 1.24 do. */
export function wantsPlainText(prefix: string | undefined): boolean {
  return prefix !== undefined && compareVersions(prefix, '1.24') < 0;
}
