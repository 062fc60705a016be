import { AttestdError } from '../errors.js';

/** Oldest and newest API version that the server speaks, as dockerd 29.7.2 does. */
export const minimumApiVersion = '1.40';
export const maximumApiVersion = '1.55';

/** Numbers of a version, part by part; a part that is no number counts as 0 (observed: `1.`, `..`, `1..55`). */
function parts(version: string): number[] {
  return version.split('.').map((part) => Number(part) || 0);
}

/**
 * Order two versions, part by part, a missing part counting as 0.
 *
 * @returns negative, 0 or positive
 */
export function compareVersions(a: string, b: string): number {
  const left = parts(a);
  const right = parts(b);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The API version that a request speaks (docs/behaviour.md#versions).
 *
 * @param prefix what stood after `/v` in the path; undefined without a prefix, which means the newest
 * @returns `major.minor`
 * @throws AttestdError INVALID_ARGUMENT for a version that the server does not speak
 */
export function negotiateVersion(prefix: string | undefined): string {
  if (prefix === undefined || prefix === maximumApiVersion) return maximumApiVersion;
  if (compareVersions(prefix, minimumApiVersion) < 0)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `client version ${prefix} is too old. Minimum supported API version is ${minimumApiVersion}, ` +
        'please upgrade your client to a newer version',
    );
  if (compareVersions(prefix, maximumApiVersion) > 0)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `client version ${prefix} is too new. Maximum supported API version is ${maximumApiVersion}`,
    );
  const [major = 0, minor = 0] = parts(prefix);
  return `${major}.${minor}`;
}

/** Whether a client of this version expects errors as plain text, as clients before 1.24 do. */
export function wantsPlainText(prefix: string | undefined): boolean {
  return prefix !== undefined && compareVersions(prefix, '1.24') < 0;
}
